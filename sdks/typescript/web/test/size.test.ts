/** The promise: under 8 kB, gzipped, without dependencies. */

import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

import packageJson from "../package.json" with { type: "json" };
import { VERSION } from "../src/version.js";

test("the bundle stays small", async () => {
  const entry = join(import.meta.dirname, "../src/index.ts");
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { Client } from ${JSON.stringify(entry)}`, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    metafile: true,
  });
  expect(Object.keys(metafile.inputs).filter((path) => path.includes("node_modules"))).toEqual([]);
  expect(outputFiles[0]?.contents.length).toBeGreaterThan(5_000);
  expect(gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length).toBeLessThan(8_000);
});

test("the version is that of the package", () => expect(VERSION).toBe(packageJson.version));
