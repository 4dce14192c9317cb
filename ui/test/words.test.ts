import { describe, expect, test } from "vitest";
import type { Condition, Configuration, Json, Serve } from "../lib/api/types";
import { operatorText, operatorWords, readValue } from "../lib/operators";
import { conditionTokens, groupCondition, groupOf, ruleText, serveText, tokensText } from "../lib/sentence";
import { servesOf } from "../lib/serves";
import { keyProblem, slug } from "../lib/slug";

const attribute = (name: string, values: Json[]): Condition => ({ attribute: name, operator: "in", values });
const say = (condition: Condition) => tokensText(conditionTokens(condition));

describe("conditions read as sentences", () => {
  test.each<[Condition, string]>([
    [attribute("user.country", ["DE"]), "country is DE"],
    [attribute("country", ["DE", "AT"]), "country is one of DE AT"],
    [attribute("account.plan", [1, 2, 3, 4, 5, 6]), "account.plan is one of 1 2 3 4 and 2 more"],
    [{ ...attribute("country", ["DE"]), negate: true } as Condition, "country is not DE"],
    [
      { attribute: "email", operator: "ends_with", values: ["@a.example"], ignore_case: true },
      "email ends with @a.example (any case)",
    ],
    [{ attribute: "beta", operator: "present" }, "beta is present"],
    [{ attribute: "beta", operator: "present", negate: true }, "beta is missing"],
    [{ segment: "beta" }, "in segment beta"],
    [{ segment: "beta", negate: true }, "not in segment beta"],
    [{ all: [] }, "everyone"],
    [{ any: [] }, "nobody"],
    [
      { all: [attribute("a", [1]), { any: [attribute("b", [2]), { segment: "s" }] }] },
      "a is 1 and (b is 2 or in segment s)",
    ],
    [{ not: { segment: "s" } }, "not (in segment s)"],
    [attribute("a", [""]), "a is (empty)"],
    [{ exact: { test: {} }, text: "plan is pro or is missing" }, "plan is pro or is missing"],
    [
      { all: [{ segment: "s" }, { exact: { any: [{}, {}] }, text: "a is 1 or b is 2" }] },
      "in segment s and (a is 1 or b is 2)",
    ],
    [
      {
        all: [
          { segment: "s" },
          { exact: { test: {} }, text: "a is 1 or is missing" },
          { exact: { test: {} }, text: "b is 2" },
        ],
      },
      "in segment s and (a is 1 or is missing) and b is 2",
    ],
  ])("%j", (condition, text) => expect(say(condition)).toBe(text));

  test("every operator has words both ways", () => {
    for (const [name, words] of Object.entries(operatorWords)) {
      expect(words.is, name).not.toBe(words.not);
      expect(operatorText(name as keyof typeof operatorWords, true, 2)).toBe(words.not);
    }
  });

  test("a group goes through the editor unchanged", () => {
    const group: Condition = { any: [attribute("a", [1]), { segment: "s" }] };
    const { join, parts } = groupOf(group);
    expect(groupCondition(join, parts)).toEqual(group);
    const lone = attribute("a", [1]);
    expect(groupCondition("all", groupOf(lone).parts)).toEqual(lone);
  });
});

describe("serves read as sentences", () => {
  test.each<[Serve, string]>([
    [{ variant: "on" }, "serve on"],
    [{ rollout: { variant: "on", percent: 10 } }, "serve on to 10 % of users"],
    [{ rollout: { variant: "on", percent: 0.125, bucket_by: "account.key" } }, "serve on to 0.125 % of accounts"],
    [
      {
        split: {
          shares: [
            { variant: "A", percent: 50 },
            { variant: "B", percent: 50 },
          ],
        },
      },
      "serve A to 50 %, B to 50 % of users",
    ],
  ])("%j", (serve, text) => expect(serveText(serve)).toBe(text));
  test("the default says what the others get", () =>
    expect(serveText({ rollout: { variant: "on", percent: 10 } }, true, "off")).toBe(
      "serve on to 10 % of users, others get off",
    ));
  test("a rule for all", () =>
    expect(ruleText({ id: "r", if: { all: [] }, serve: { variant: "on" } })).toBe("Everyone: serve on"));
});

// The same cases as in crates/model/src/serves.rs: the chip for a draft and the chip of the server agree.
describe("what a configuration serves", () => {
  const off: Serve = { variant: "off" };
  const rollout = (percent: number): Serve => ({ rollout: { variant: "on", percent } });
  const split = (a: number, b: number): Serve => ({
    split: {
      shares: [
        { variant: "A", percent: a },
        { variant: "B", percent: b },
      ],
    },
  });
  const rule = (condition: Condition, serve: Serve) => ({ id: "r", if: condition, serve });
  const country = (...values: Json[]) => attribute("user.country", values);
  const targets = (count: number) => [{ variant: "on", keys: Array.from({ length: count }, (_, i) => String(i)) }];
  test.each<[Partial<Configuration>, string, string]>([
    [{ on: false, default: { variant: "on" } }, "off", "off"],
    [{ default: { variant: "on" } }, "all", "on"],
    [{ default: off }, "all", "off"],
    [{ default: rollout(10) }, "partial", "10 %"],
    [{ default: rollout(0.125) }, "partial", "0.125 %"],
    [{ default: rollout(100) }, "all", "on"],
    [{ default: rollout(0) }, "all", "off"],
    [{ default: { rollout: { variant: "B", percent: 5, otherwise: "A" } } }, "partial", "B 5 %"],
    [{ default: split(50, 50) }, "split", "A 50 / B 50"],
    [{ default: split(100, 0) }, "all", "A"],
    [{ default: off, rules: [rule(country("DE"), rollout(10))] }, "partial", "10 % · user.country in DE"],
    [
      { default: off, rules: [rule(country(1, 2, 3, 4, 5), { variant: "on" })] },
      "partial",
      "on · user.country in 1, 2, 3 and 2 more",
    ],
    [{ default: off, rules: [rule({ segment: "beta" }, split(50, 50))] }, "partial", "A 50 / B 50 · in beta"],
    [
      { default: off, rules: [rule({ all: [{ segment: "beta" }, country("DE")] }, { variant: "on" })] },
      "partial",
      "on · in beta and user.country in DE",
    ],
    [
      { default: off, rules: [rule(country("a very long value of a country that nobody reads"), rollout(1))] },
      "partial",
      "1 % · 1 rule",
    ],
    [{ default: { variant: "on" }, rules: [rule({ segment: "beta" }, off)] }, "rules", "1 rule"],
    [
      { default: off, rules: [rule({ all: [] }, off), rule({ all: [] }, off), rule({ all: [] }, off)] },
      "rules",
      "3 rules",
    ],
    [{ default: off, targets: targets(2) }, "partial", "off + 2 targets"],
    [
      { default: off, rules: [rule({ segment: "beta" }, rollout(5))], targets: targets(1) },
      "rules",
      "1 rule + 1 target",
    ],
  ])("%j", (change, kind, text) => {
    expect(servesOf({ on: true, default: off, off_variant: "off", ...change })).toEqual({ kind, text });
  });
});

describe("values as typed", () => {
  test.each<[Parameters<typeof readValue>[0], string, unknown]>([
    ["in", "DE", "DE"],
    ["in", "42", 42],
    ["in", '"42"', "42"],
    ["in", "007", "007"],
    ["in", "9007199254740993", "9007199254740993"],
    ["in", "true", true],
    ["starts_with", "42", "42"],
    ["at_least", " 1.5 ", 1.5],
    ["semver_at_least", "2.0", "2.0"],
  ])("%s %s", (operator, typed, value) => expect(readValue(operator, typed)).toBe(value));
});

describe("keys", () => {
  test.each([
    ["New checkout", "new-checkout"],
    ["  Größe: neu! ", "grosse-neu"],
    ["Crème brûlée", "creme-brulee"],
    ["v2.1_beta", "v2.1_beta"],
    ["--", ""],
    ["a".repeat(200), "a".repeat(128)],
  ])("%s", (name, key) => expect(slug(name)).toBe(key));
  test.each([
    ["ok-1", null],
    ["", "A key is needed."],
    ["-a", "Start with a letter or a digit."],
    ["a b", "Only letters, digits, dots, underscores and hyphens."],
    ["a".repeat(129), "At most 128 characters."],
  ])("%s", (key, problem) => expect(keyProblem(key)).toBe(problem));
});
