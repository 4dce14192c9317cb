/** Attributes cross in several ways: by position, as bytes, as a number, as JSON. The answer is the same as for the whole context. */

import { expect, test } from "vitest";

import { type Context, TestClient } from "../src/index.js";
import { flag, ruleset } from "./parts/scripted.js";

const serve = { serve: { variant: "v" } };
const when = (condition: object) => ({
  ...flag("yes"),
  default: { serve: "caller_default" },
  rules: [{ id: "r", if: condition, ...serve }],
});
const is = (op: string, arg: unknown, more: object = {}) => ({
  test: { attr: ["a"], op, arg, missing: "false", invalid: "false", ...more },
});
const many = Array.from({ length: 300 }, (_, at) => `text ${at}`);
const FLAGS = {
  eq: when(is("eq", "NO")),
  in: when(is("in", ["NO", "", "Ü", "a text of more than sixteen bytes", 1, true])),
  nul: when(is("in", ["\0", "\0\0"])),
  not: when({ not: is("in", ["NO"]) }),
  present: when(is("present", null)),
  each: when(is("in", ["NO"], { each: true })),
  many: when(is("in", many)),
  lower: when(is("in", ["ü", "no"], { as: "string+lower" })),
  starts: when(is("starts", ["N"], { as: "string" })),
  both: when({ any: [is("eq", "SE"), is("lt", "5.0.0", { as: "version:loose" })] }),
  segment: when({ all: [is("in", ["NO", "SE"]), { segment: "s" }] }),
};
const SEGMENTS = { s: { if: { not: is("eq", "SE") } } };
const VALUES = [
  ...[
    "",
    "\0",
    "\0\0",
    "\0\0\0",
    "NO",
    "no",
    "SE",
    "Ü",
    "ü",
    "\ud800",
    "\\ud800",
    "4.1.2",
    "text 7",
    "text 299",
    "a text of more than sixteen bytes",
  ],
  ...["x".repeat(47), "x".repeat(48), "x".repeat(49), `${"x".repeat(47)}ü`, "x".repeat(9_000)],
  ...[0, 1, -0, Number.NaN, 1n, true, false, null, undefined, [], ["\ud800", "NO"], ["SE", "NO"], {}, { "\ud800": 1 }],
];

test("each way of handing over an attribute says what the whole context says", () => {
  const client = new TestClient();
  client.load(JSON.stringify({ ...ruleset("a", 1, "one", FLAGS), segments: SEGMENTS }));
  const seen = new Set<unknown>();
  for (const value of VALUES) {
    for (const context of [{ a: value }, { user: { a: value } }, { a: value, user: { a: "NO" } }] as Context[]) {
      const all = client.all(context);
      for (const key of Object.keys(FLAGS)) {
        const { variant, reason, rule, error } = client.jsonDetails(key, context, null);
        seen.add(`${key} ${variant}`);
        const whole = all[key];
        expect([variant, reason, rule, error], `${key} ${String(value)}`).toEqual([
          whole?.variant,
          whole?.reason,
          whole?.rule,
          whole?.error,
        ]);
      }
    }
  }
  // None of the flags is the same for all.
  expect(seen.size).toBe(Object.keys(FLAGS).length * 2);
});
