import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { measure } from "../scripts/first-load.mjs";

type Page = { page: string; scripts: number; bytes: number };

const MOST = 250_000;

/** Pages of the app, as the export names them: a folder with a page, without the groups in brackets. */
function routes(folder = path.resolve(import.meta.dirname, "../app"), route = ""): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "page.tsx") return [route === "" ? "index" : route];
    if (!entry.isDirectory() || entry.name.startsWith("_")) return [];
    const part = entry.name.startsWith("(") ? route : path.posix.join(route, entry.name);
    return routes(path.join(folder, entry.name), part);
  });
}

test("no page needs more than 250 kB of compressed scripts before it works", () => {
  const pages = measure() as Page[];
  // All of them were measured, and something was found in each.
  expect(pages.map(({ page }) => page)).toEqual(expect.arrayContaining(routes()));
  expect(routes().length).toBeGreaterThan(10);
  expect(pages.filter(({ bytes }) => bytes < 50_000)).toEqual([]);
  expect(pages.filter(({ bytes }) => bytes > MOST)).toEqual([]);
});
