/** Every vector of spec/vectors through the public interface. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { type Context, type JsonValue, TestClient } from "../src/index.js";

const folder = join(import.meta.dirname, "../../../../spec/vectors");

interface File {
  readonly name: string;
  readonly cases: readonly Case[];
}

interface Case {
  readonly name: string;
  readonly flag: string;
  readonly context: Context;
  readonly now?: number;
  readonly expect: Readonly<Record<string, JsonValue>>;
}

/** The text of the ruleset: numbers beyond 2^53 do not survive `JSON.parse`. */
function rulesetText(text: string): string {
  const start = text.indexOf('"ruleset":') + 10;
  let [depth, quoted] = [0, false];
  for (let at = start; at < text.length; at++) {
    const sign = text[at];
    if (quoted) {
      if (sign === "\\") at++;
      else if (sign === '"') quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === "{") depth++;
    else if (sign === "}" && --depth === 0) return text.slice(start, at + 1);
  }
  throw new Error("a vector file has a ruleset");
}

/** An answer as the vectors write it: members that are absent are left out. */
function answer(client: TestClient, { flag, context }: Case) {
  const nothing = { "the caller's": "default" };
  const details = client.jsonDetails<JsonValue>(flag, context, nothing);
  const members: Record<string, unknown> = { reason: details.reason };
  if (details.value !== nothing) members.value = details.value;
  for (const name of ["variant", "rule", "error"] as const) if (details[name] !== null) members[name] = details[name];
  return members;
}

describe("vectors", () => {
  let ran = 0;
  const client = new TestClient();
  for (const path of readdirSync(folder).sort()) {
    const text = readFileSync(join(folder, path), "utf8");
    const file = JSON.parse(text) as File;
    test(file.name, () => {
      client.load(rulesetText(text));
      for (const one of file.cases) {
        client.at(one.now ?? 0);
        expect(answer(client, one), one.name).toEqual(one.expect);
        // One call for all flags says the same.
        const all = client.all(one.context)[one.flag];
        if (one.expect.error !== "FLAG_NOT_FOUND" && one.expect.error !== "INVALID_CONTEXT") {
          expect([all?.reason, all?.variant, all?.error], one.name).toEqual([
            one.expect.reason,
            one.expect.variant ?? null,
            one.expect.error ?? null,
          ]);
        }
        ran++;
      }
    });
  }
  test("there were many", () => expect(ran).toBeGreaterThan(900));
});
