import { describe, expect, test } from "vitest";
import type { Configuration, Count, Rule, Serve } from "../lib/api/types";
import { withChanges } from "../lib/control-diff";
import { type Impact, impactOf } from "../lib/impact";

const counts = (...rows: [string, string, number][]): Count[] =>
  rows.map(([variant, reason, count]) => ({
    environment: "production",
    flag: "a",
    variant,
    reason,
    sdk: "ofrep",
    hour: 0,
    count,
  }));
const rollout = (percent: number, bucket_by = "user.key"): Serve => ({
  rollout: { variant: "on", percent, bucket_by },
});
const split = (on: number): Serve => ({
  split: {
    shares: [
      { variant: "on", percent: on },
      { variant: "off", percent: 100 - on },
    ],
  },
});
const rule = (serve: Serve, id = "r"): Rule => ({ id, if: { segment: "beta" }, serve });
const serving = (last: Serve, rules: Rule[] = [], on = true): Configuration => ({
  on,
  rules,
  default: last,
  off_variant: "off",
});
const off = { variant: "off" };
const on = { variant: "on" };
const short = (impact: Impact | null) =>
  impact && [impact.sure, impact.changed, ...impact.moves.map(({ from, to, count }) => `${from}>${to} ${count}`)];

describe("the impact of a change by the counts of a day", () => {
  const day = counts(["on", "SPLIT", 100], ["off", "SPLIT", 850], ["", "ERROR", 50]);
  const matched = counts(["on", "TARGETING_MATCH", 200], ["off", "DEFAULT", 800]);
  const taken = counts(["on", "SPLIT", 20], ["off", "DEFAULT", 980]);
  const rows: [string, Configuration, Configuration, Count[], (string | number)[]][] = [
    [
      "off for all",
      serving(rollout(10)),
      serving(rollout(10), [], false),
      day,
      ["exactly", 150, "on>off 100", "(code default)>off 50"],
    ],
    ["on for all", serving(on, [], false), serving(on), counts(["off", "DISABLED", 70]), ["exactly", 70, "off>on 70"]],
    ["on, but the same", serving(off, [], false), serving(off), counts(["off", "DISABLED", 70]), ["exactly", 0]],
    [
      "on for a part",
      serving(on, [], false),
      serving(rollout(10)),
      counts(["off", "DISABLED", 70]),
      ["about", 7, "off>on 7"],
    ],
    [
      "on with rules",
      serving(on, [], false),
      serving(off, [rule(on)]),
      counts(["off", "DISABLED", 70]),
      ["at most", 70],
    ],
    ["off and stays off", serving(on, [], false), serving(off, [rule(on)], false), day, ["exactly", 0]],
    ["a larger part", serving(rollout(10)), serving(rollout(25)), day, ["about", 143, "off>on 143"]],
    ["a smaller part", serving(rollout(10)), serving(rollout(0)), day, ["about", 95, "on>off 95"]],
    [
      "all drawn anew",
      serving(rollout(50)),
      serving(rollout(50, "account.key")),
      day,
      ["about", 475, "on>off 238", "off>on 238"],
    ],
    [
      "a part of a fixed default",
      serving(off),
      serving(rollout(50, "account.key")),
      counts(["off", "STATIC", 10]),
      ["about", 5, "off>on 5"],
    ],
    [
      "another default",
      serving(off, [rule(on)]),
      serving({ variant: "new" }, [rule(on)]),
      matched,
      ["exactly", 800, "off>new 800"],
    ],
    [
      "another answer of a rule",
      serving(off, [rule(on)]),
      serving(off, [rule({ variant: "new" })]),
      matched,
      ["exactly", 200, "on>new 200"],
    ],
    [
      "a rule for fewer",
      serving(off, [rule(on)]),
      serving(off, [rule(rollout(25))]),
      matched,
      ["about", 150, "on>off 150"],
    ],
    // Twenty were a tenth of those who matched.
    [
      "a rule for more",
      serving(off, [rule(rollout(10))]),
      serving(off, [rule(rollout(25))]),
      taken,
      ["about", 30, "off>on 30"],
    ],
    [
      "a rule for nobody yet",
      serving(off, [rule(rollout(0))]),
      serving(off, [rule(rollout(25))]),
      taken,
      ["at most", 1000],
    ],
    [
      "reasons mixed",
      serving(rollout(5), [rule(rollout(10))]),
      serving(rollout(5), [rule(rollout(25))]),
      taken,
      ["at most", 1000],
    ],
    ["a new rule", serving(off), serving(off, [rule(on)]), matched, ["at most", 1000]],
    ["two places", serving(off, [rule(on)]), serving(on, [rule(off)]), matched, ["at most", 1000]],
    [
      "one of two rules",
      serving(off, [rule(on), rule(on, "s")]),
      serving(off, [rule(off), rule(on, "s")]),
      matched,
      ["at most", 1000],
    ],
    [
      "a split",
      serving(split(50)),
      serving(split(80)),
      counts(["on", "SPLIT", 50], ["off", "SPLIT", 50]),
      ["about", 30, "off>on 30"],
    ],
    [
      "only words",
      serving(off, [rule(on)]),
      serving(off, [{ ...rule(on), description: "why" }]),
      matched,
      ["exactly", 0],
    ],
    [
      "a reason of its own",
      serving(off, [{ ...rule(on), reason: "DEFAULT" }]),
      serving(on, [{ ...rule(on), reason: "DEFAULT" }]),
      matched,
      ["at most", 1000],
    ],
  ];
  test.each(rows)("%s", (_, before, after, seen, expected) =>
    expect(short(impactOf(before, after, seen))).toEqual(expected),
  );

  test("imported forms are not taken for variants", () => {
    const exact = { exact: { variant: "on" } };
    const odd = { exact: { caller_default: true } };
    expect(short(impactOf(serving(exact), serving(off), day))).toEqual(["at most", 1000]);
    expect(short(impactOf(serving(on), { ...serving(on, [], false), off: odd }, day))).toEqual(["at most", 1000]);
    expect(short(impactOf(serving(on), { ...serving(on, [], false), off: exact }, day))).toEqual([
      "exactly",
      900,
      "off>on 850",
      "(code default)>on 50",
    ]);
    const [unchanged, still] = [
      { ...serving(on, [], false), off: odd },
      { ...serving(off, [], false), off: odd },
    ];
    expect(short(impactOf(unchanged, still, day))).toEqual(["exactly", 0]);
  });

  test("nobody asked", () => expect(impactOf(serving(off), serving(on), [])).toBeNull());
  test("what the server keeps for itself is no difference", () => {
    const ranges = {
      rollout: { variant: "on", percent: 10, bucket_by: "user.key", ranges: [[0, 5]] as [number, number][] },
    };
    expect(short(impactOf({ ...serving(ranges), revision: 3 } as Configuration, serving(rollout(10)), day))).toEqual([
      "exactly",
      0,
    ]);
  });
});

test("a plan's places make the document that it would leave", () => {
  const before = { on: true, default: { variant: "off" }, rules: [{ id: "a/b" }], "a/b": { "c~d": 1 } };
  const changes = [
    { pointer: "/default/variant", before: "off", after: null },
    { pointer: "/default/rollout", before: null, after: { percent: 10 } },
    { pointer: "/rules/0/id", before: "a/b", after: "c" },
    { pointer: "/a~1b/c~0d", before: 1, after: 2 },
    { pointer: "/new/member", before: null, after: true },
  ];
  expect(withChanges(before, changes)).toEqual({
    on: true,
    default: { rollout: { percent: 10 } },
    rules: [{ id: "c" }],
    "a/b": { "c~d": 2 },
    new: { member: true },
  });
  expect(before.default).toEqual({ variant: "off" });
  expect(withChanges(before, [{ pointer: "", before: null, after: { on: false } }])).toEqual({ on: false });
});
