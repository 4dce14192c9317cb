// What a browser must load before a page works: the scripts that its exported HTML names, each compressed as the server
// compresses (gzip at its usual level). Scripts with `nomodule` are left out, because no browser that the console runs in
// asks for them, and so is what comes later by `import()`. `npm run first-load` prints a line for each page.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const OUT = path.resolve(import.meta.dirname, "../out");

/** Bytes of compressed JavaScript by page of the last build; throws where there is none. */
export function measure() {
  if (!existsSync(OUT)) throw new Error("There is no ui/out to measure: run `make console`, or `npm run build` here.");
  const sizes = new Map();
  const compressed = (source) => {
    if (!sizes.has(source)) sizes.set(source, gzipSync(readFileSync(path.join(OUT, source))).length);
    return sizes.get(source);
  };
  return readdirSync(OUT)
    .filter((file) => file.endsWith(".html"))
    .map((file) => {
      const tags = [
        ...readFileSync(path.join(OUT, file), "utf8").matchAll(/<script\b[^>]*\bsrc="([^"?]+)[^"]*"[^>]*>/g),
      ];
      const scripts = new Set(tags.filter(([tag]) => !/\bnomodule\b/i.test(tag)).map(([, source]) => source));
      const bytes = [...scripts].reduce((sum, source) => sum + compressed(source), 0);
      return { page: file.replace(/\.html$/, ""), scripts: scripts.size, bytes };
    })
    .sort((a, b) => b.bytes - a.bytes);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const { page, scripts, bytes } of measure()) {
    console.log(`${(bytes / 1_000).toFixed(1).padStart(7)} kB in ${scripts} scripts  ${page}`);
  }
}
