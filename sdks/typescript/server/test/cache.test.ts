/** The cache file, where there is no room for one. */

import { mkdirSync, mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CacheFile } from "../src/cache.js";

test("a directory in its place stays there", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "y")), "d");
  mkdirSync(path);
  await expect(new CacheFile(path, "k", 1e6, () => {}).write("{}")).rejects.toThrow("is not a file");
  expect(statSync(path).isDirectory()).toBe(true);
});
