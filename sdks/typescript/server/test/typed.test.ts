/** The typed flags of the demo's project, as `yardarm flags types --lang ts` makes them: compiled and used. */

import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

import { TestClient } from "../src/index.js";
import { Flags } from "./typed/flags.js";

const USER = { targetingKey: "user-1" };
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const options = [
  "--ignoreConfig",
  "--noEmit",
  "--strict",
  "--noUncheckedIndexedAccess",
  "--noUnusedLocals",
  "--module",
  "nodenext",
  "--target",
  "es2022",
  "--skipLibCheck",
];

/** What the compiler complains about in a program that uses the module. */
async function complaints(program: string): Promise<string[]> {
  const path = join(import.meta.dirname, `typed/program-${process.pid}.mts`);
  const lines = [
    'import { TestClient } from "@yardarm/server";',
    'import { Flags } from "./flags.js";',
    "const flags = new Flags(new TestClient());",
    program,
  ];
  await writeFile(path, lines.join("\n"));
  try {
    await promisify(execFile)(process.execPath, [tsc, ...options, path]);
    return [];
  } catch (error) {
    return (error as { stdout: string }).stdout.split("\n").filter((line) => line.includes("error TS"));
  } finally {
    await rm(path);
  }
}

test("the module compiles, and knows the types", async () => {
  expect(await complaints('export const on: boolean = flags.newCheckout({ targetingKey: "u" }, false);')).toEqual([]);
  expect(
    await complaints('export const engine: "legacy" | "shadow" | "novo" = flags.taxEngine({}, "legacy");'),
  ).toEqual([]);
  for (const wrong of [
    'flags.newCheckout({}, "no");',
    "flags.newCheckout({});",
    'flags.taxEngine({}, "other");',
    "flags.noSuchFlag({}, 1);",
  ]) {
    expect(await complaints(wrong), wrong).toHaveLength(1);
  }
});

test("a text that is none of the variants is the fallback", () => {
  const client = new TestClient().set("tax-engine", "novo").set("new-checkout", true);
  const flags = new Flags(client as never);
  expect([flags.taxEngine(USER, "legacy"), flags.newCheckout(USER, false)]).toEqual(["novo", true]);
  client.set("tax-engine", "added since");
  expect(flags.taxEngine(USER, "legacy")).toBe("legacy");
});
