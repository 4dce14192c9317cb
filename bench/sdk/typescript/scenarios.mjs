// What every SDK is asked: the scenarios of the Rust benchmark, with a context made anew for every call.

/** Users take turns; all of them are in the segment. */
const KEYS = Array.from({ length: 1024 }, (_, number) => `user-${number}`);
export const MEMBERS = Array.from({ length: 10_000 }, (_, number) => `user-${number}`);
export const COUNTRIES = ["SE", "DK", "FI", "IS", "NO", "DE", "AT", "CH", "NL", "BE"];

/** `[name, flag, what is right]`; nothing is right of a rollout but its share. */
export const SCENARIOS = [
  ["a on", "a", true],
  ["b 5 rules", "b", true],
  ["c rollout 50 %", "c", undefined],
  ["d segment of 10,000", "d", true],
];

/** Flags by name, for one call that asks all: 40 on, 30 with rules, 20 rollouts, 10 off. */
export const HUNDRED = Array.from({ length: 100 }, (_, at) => [
  `f${at}`,
  at < 40 ? "a" : at < 70 ? "b" : at < 90 ? "c" : "off",
]);

/** The attributes beside the key. */
export const attributes = () => ({
  email: "someone@example.com",
  country: "NO",
  plan: "pro",
  appVersion: "5.4.2",
  age: 37,
});

let turn = 0;
export const nextKey = () => KEYS[turn++ & 1023];

/** With the key among them, under the name that each SDK has for it. */
export const targeted = () => ({
  targetingKey: nextKey(),
  email: "someone@example.com",
  country: "NO",
  plan: "pro",
  appVersion: "5.4.2",
  age: 37,
});
export const identified = () => ({
  id: nextKey(),
  email: "someone@example.com",
  country: "NO",
  plan: "pro",
  appVersion: "5.4.2",
  age: 37,
});
export const ofKind = () => ({
  kind: "user",
  key: nextKey(),
  email: "someone@example.com",
  country: "NO",
  plan: "pro",
  appVersion: "5.4.2",
  age: 37,
});

/** The rules of `b` as plain data: the last one holds. */
export const RULES = [
  [["email", "in", ["a@example.org", "b@example.org"]]],
  [["plan", "in", ["free", "team"]]],
  [["appVersion", "semver <", "5.0.0"]],
  [["age", ">", 60]],
  [
    ["country", "in", COUNTRIES],
    ["appVersion", "semver >", "5.1.0"],
    ["age", ">=", 18],
  ],
];
