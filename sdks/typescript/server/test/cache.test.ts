/** The cache file, where there is no room for one. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CacheFile } from "../src/cache.js";

test("what is no file stays, and nothing is left beside it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "yardarm-cache-"));
  const path = join(folder, "flags");
  mkdirSync(path);
  const cache = new CacheFile(path, "k", 1e6, () => {});
  await expect(cache.write("{}")).rejects.toThrow("is not a file");
  expect(statSync(path).isDirectory()).toBe(true);
  // And where the file before would go.
  renameSync(path, `${path}.previous`);
  writeFileSync(path, "older");
  await expect(cache.write("{}")).rejects.toThrow();
  expect(readFileSync(path, "utf8")).toBe("older");
  expect(readdirSync(folder).sort()).toEqual(["flags", "flags.previous"]);
});
