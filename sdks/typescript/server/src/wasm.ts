import { base64 } from "./module.js";

let compiled: WebAssembly.Module | undefined;

/** The evaluator, compiled once for all clients of the process. */
export function evaluatorModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(bytes());
  return compiled;
}

function bytes(): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
