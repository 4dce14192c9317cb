import { describe, expect, test } from "vitest";
import type { Configuration, Rule } from "../lib/api/types";
import { authored, configurationChanges, merge } from "../lib/changes";
import { diffLines, equalJson } from "../lib/diff";
import { documentChanges, documentName } from "../lib/history-words";
import { configurationProblems } from "../lib/problems";
import { servesOf } from "../lib/serves";

const rule = (id: string, percent: number): Rule => ({
  id,
  if: { attribute: "country", operator: "in", values: ["DE"] },
  serve: { rollout: { variant: "on", percent, bucket_by: "user.key" } },
});
const base: Configuration = {
  on: true,
  rules: [rule("a", 10), rule("b", 20)],
  targets: [],
  prerequisites: [],
  default: { variant: "off" },
  off_variant: "off",
};

describe("differences in sentences", () => {
  test("nothing", () => expect(configurationChanges(base, structuredClone(base))).toEqual([]));
  test("a percentage is two numbers", () =>
    expect(configurationChanges(base, { ...base, rules: [rule("a", 25), rule("b", 20)] })).toEqual([
      { subject: "Rule 1", before: "10 %", after: "25 %" },
    ]));
  test("a new rule and one that went", () =>
    expect(configurationChanges(base, { ...base, rules: [rule("a", 10), rule("c", 5)] })).toEqual([
      { subject: "Rule 2", before: "If country is DE, serve on to 20 % of users" },
      { subject: "Rule 2", after: "If country is DE, serve on to 5 % of users" },
    ]));
  test("another order", () =>
    expect(configurationChanges(base, { ...base, rules: [rule("b", 20), rule("a", 10)] })).toEqual([
      { subject: "Order of rules", before: "1, 2", after: "2, 1" },
    ]));
  test("switch, default, off variant, targets, prerequisites", () => {
    const after: Configuration = {
      ...base,
      on: false,
      default: { variant: "on" },
      off_variant: "on",
      targets: [{ variant: "on", keys: ["u1"] }],
      prerequisites: [{ flag: "pay", variants: ["on", "trial"] }],
    };
    expect(configurationChanges(base, after).map((change) => [change.subject, change.before, change.after])).toEqual([
      ["Flag", "on", "off"],
      ["Prerequisite pay", undefined, "must serve on or trial"],
      ["Individual targets for on", undefined, "u1"],
      ["Default rule", "serve off", "serve on"],
      ["Off variant", "off", "on"],
    ]);
  });
  test("imported forms in the server's words", () => {
    const imported: Configuration = {
      ...base,
      default: { exact: { split: {} }, text: "b to 25 %, c to 75 % by user.key" },
      off: { exact: "caller_default", text: "the caller's default" },
      buckets: { legacy: { hash: "murmur3_32" } },
    };
    const { off: _, ...native } = { ...imported, default: { variant: "on" } };
    expect(configurationChanges(imported, native)).toEqual([
      { subject: "Default rule", before: "serve b to 25 %, c to 75 % by user.key", after: "serve on" },
      { subject: "Off variant", before: "the caller's default", after: "off" },
    ]);
    expect(servesOf(imported)).toEqual({ kind: "rules", text: "2 rules" });
    expect(servesOf({ ...imported, rules: [] }).text).toBe("b to 25 %, c to 75 % by user.key");
  });
  test("what nobody edits here stays in a draft", () => {
    const imported: Configuration = {
      ...base,
      off: { exact: "caller_default" },
      buckets: { legacy: { hash: "murmur3_32" } },
      unknown: "error",
      cycle: { exact: { variant: "off" } },
    };
    const mine = { ...imported, rules: [rule("a", 30), rule("b", 20)] };
    expect(merge(imported, imported, mine)).toEqual({ merged: mine, conflicts: [] });
    const { off: _, ...variant } = mine;
    expect(merge(imported, imported, variant).merged).toEqual({ ...variant, off: undefined });
  });
  test("ranges are the server's own", () => {
    const kept = {
      ...base,
      default: { rollout: { variant: "on", percent: 1, ranges: [[0, 5]] as [number, number][] } },
    };
    expect(authored(kept).default).toEqual({ rollout: { variant: "on", percent: 1 } });
  });
});

describe("two people's edits", () => {
  test("different rules merge", () => {
    const theirs = { ...base, rules: [rule("a", 50), rule("b", 20)] };
    const mine = { ...base, rules: [rule("a", 10), rule("b", 30)] };
    expect(merge(base, theirs, mine)).toEqual({
      merged: { ...base, rules: [rule("a", 50), rule("b", 30)] },
      conflicts: [],
    });
  });
  test("their switch is not undone by my draft", () => {
    const mine = { ...base, off_variant: "on" };
    expect(merge(base, { ...base, on: false }, mine)).toEqual({
      merged: { ...base, on: false, off_variant: "on" },
      conflicts: [],
    });
  });
  test("the same rule is a conflict, and mine is kept", () => {
    const result = merge(
      base,
      { ...base, rules: [rule("a", 50), rule("b", 20)] },
      { ...base, rules: [rule("a", 5), rule("b", 20)] },
    );
    expect(result.conflicts).toEqual(["rule 1"]);
    expect(result.merged.rules?.[0]).toEqual(rule("a", 5));
  });
  test("a rule each added stays, one each deleted goes", () => {
    const theirs = { ...base, rules: [rule("a", 10), rule("b", 20), rule("t", 1)] };
    const mine = { ...base, rules: [rule("m", 2), rule("b", 20)] };
    expect(merge(base, theirs, mine).merged.rules?.map((r) => r.id)).toEqual(["m", "b", "t"]);
  });
  test("deleting what they changed is a conflict", () => {
    const theirs = { ...base, rules: [rule("a", 99), rule("b", 20)] };
    expect(merge(base, theirs, { ...base, rules: [rule("b", 20)] }).conflicts).toEqual(["rule 1"]);
  });
});

describe("line differences", () => {
  test("only what differs, with its surroundings", () => {
    const before = { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 };
    const lines = diffLines(before, { ...before, d: 40 }, 1);
    expect(lines.map((line) => (line.mark === "…" ? `…${line.count}` : `${line.mark}${line.text.trim()}`))).toEqual([
      "…3",
      '"c": 3,'.replace(/^/, " "),
      '-"d": 4,',
      '+"d": 40,',
      ' "e": 5,',
      "…3",
    ]);
  });
  test("created and removed", () => {
    expect(diffLines(null, { a: 1 }).every((line) => line.mark === "+")).toBe(true);
    expect(diffLines({ a: 1 }, null).every((line) => line.mark === "-")).toBe(true);
  });
  test("equality ignores the order of members and missing ones", () => {
    expect(equalJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(equalJson({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
    expect(equalJson({ a: 1 }, { b: 1 })).toBe(false);
    expect(equalJson([1, 2], [2, 1])).toBe(false);
  });
});

describe("documents of the history", () => {
  test("names", () => {
    expect(documentName("configuration", "production/new-checkout")).toBe("new-checkout in production");
    expect(documentName("sdk_key", "key_1")).toBe("SDK key key_1");
  });
  test("secrets and salts are not shown", () =>
    expect(documentChanges("flag", { name: "A", salt: "x" }, { name: "B", salt: "y" })).toEqual([
      { subject: "name", before: "A", after: "B" },
    ]));
  test("list members by difference", () =>
    expect(documentChanges("segment_list", { keys: ["a", "b"] }, { keys: ["b", "c"] })).toEqual([
      { subject: "Members", after: "c" },
      { subject: "Members", before: "a" },
    ]));
});

test("a draft says what is missing before it is reviewed", () => {
  const draft: Configuration = {
    ...base,
    rules: [
      { id: "x", if: { all: [{ attribute: "", operator: "in", values: [] }] }, serve: { variant: "on" } },
      {
        id: "y",
        if: { attribute: "country", operator: "in", values: [] },
        serve: {
          split: {
            shares: [
              { variant: "on", percent: 60 },
              { variant: "off", percent: 30.5 },
            ],
          },
        },
      },
    ],
    prerequisites: [{ flag: "", variants: [] }],
  };
  expect(configurationProblems(draft)).toEqual([
    "Rule 1: choose an attribute.",
    "Rule 2: give country a value to compare with.",
    "Rule 2: the split adds up to 90.5 %, it must be 100 %.",
    "Prerequisites: choose a flag.",
  ]);
});
