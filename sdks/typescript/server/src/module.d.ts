/** The WebAssembly module, made by scripts/build.mjs. */
export declare const base64: string;
