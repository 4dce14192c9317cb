// S3: flag calls.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";

import { flag, ruleset } from "../parts/ruleset.mjs";
import { memberText } from "../parts/json.mjs";
import { USER, scenario } from "../parts/scenario.mjs";

const VECTORS = new URL("../../../spec/vectors/", import.meta.url);
const ABSENT = { value: null, variant: null, reason: null, rule: null, error: null };

for (const file of (await readdir(VECTORS)).filter((name) => name.endsWith(".json")).sort()) {
  scenario(`S3.2: vectors ${file}`, async (stage) => {
    const text = await readFile(new URL(file, VECTORS), "utf8");
    const { cases } = JSON.parse(text);
    // As text: numbers of rulesets need not fit into those of this language.
    const client = await stage.double({ ruleset_text: memberText(text, "ruleset"), now: 0 });
    const own = { "the caller's": "default" };
    const wrong = [];
    let now = 0;
    for (const one of cases) {
      if ((one.now ?? 0) !== now) await client.do("double", { now: (now = one.now ?? 0) });
      const { version, ...got } = await client.details(one.flag, own, { type: "json", context: one.context });
      const expected = { ...ABSENT, ...one.expect, value: "value" in one.expect ? one.expect.value : own };
      try {
        assert.deepEqual(got, expected);
      } catch {
        wrong.push(`${one.name}\n  expected ${JSON.stringify(expected)}\n  answered ${JSON.stringify(got)}`);
      }
    }
    assert.ok(cases.length > 0 && !wrong.length, `${wrong.length} of ${cases.length} are wrong:\n${wrong.slice(0, 5).join("\n")}`);
  });
}

scenario("S3.1 S3.3: whatever is wrong is an answer with the caller's default", async (stage) => {
  const server = await stage.server();
  const client = await stage.client(server);
  const ask = (flag, fallback, options) => client.details(flag, fallback, options);
  const error = (details) => [details.value, details.variant, details.reason, details.error];
  assert.deepEqual(error(await ask("f", "mine")), ["mine", null, "ERROR", "PROVIDER_NOT_READY"]);
  assert.deepEqual((await client.do("evaluate_all", { context: USER })).answers, {});
  server.ruleset = ruleset("a:1", {
    f: "one",
    broken: { on: true, type: "string", variants: {}, broken: true },
    leaves: { ...flag("x"), default: { serve: "caller_default" } },
    odd: { ...flag("x"), rules: [{ id: "r", if: { from_the_future: 1 }, serve: { variant: "v" } }] },
  });
  await client.at("a:1");
  assert.deepEqual(error(await ask("f", "mine")), ["one", "v", "STATIC", null]);
  assert.deepEqual(error(await ask("none", "mine")), ["mine", null, "ERROR", "FLAG_NOT_FOUND"]);
  assert.deepEqual(error(await ask("f", true)), [true, null, "ERROR", "TYPE_MISMATCH"]);
  assert.deepEqual(error(await ask("f", 7)), [7, null, "ERROR", "TYPE_MISMATCH"]);
  assert.deepEqual(error(await ask("broken", "mine")), ["mine", null, "ERROR", "PARSE_ERROR"]);
  assert.deepEqual(error(await ask("odd", "mine")), ["mine", null, "ERROR", "PARSE_ERROR"]);
  assert.deepEqual(error(await ask("leaves", "mine")), ["mine", null, "STATIC", null]);
  for (const context of [[], "text", 7, true]) {
    assert.deepEqual(error(await ask("f", "mine", { context })), ["mine", null, "ERROR", "INVALID_CONTEXT"], JSON.stringify(context));
  }
  for (const odd of ["", " ", "\0", "__proto__", "constructor", "ü".repeat(10_000)]) {
    assert.deepEqual(error(await ask(odd, "mine")), ["mine", null, "ERROR", "FLAG_NOT_FOUND"], odd.slice(0, 20));
  }
  assert.equal(await client.value("none", false), false);
  assert.equal(await client.value("f", "default", { context: [] }), "default");
  assert.equal((await ask("f", "mine")).version, "a:1");
});

scenario("S3.1: contexts of any shape are answered", async (stage) => {
  const test = { test: { attr: ["account", "plan"], op: "in", arg: ["pro"] } };
  const client = await stage.double({
    ruleset: ruleset("a:1", { f: { ...flag("no"), variants: { v: "no", w: "yes" }, rules: [{ id: "r", if: test, serve: { variant: "w" } }] } }),
  });
  let deep = {};
  for (let n = 0; n < 60; n++) deep = { deep };
  const contexts = [
    [{ account: { plan: "pro" } }, "yes"],
    [{ account: { plan: null } }, "no"],
    [{ account: null }, "no"],
    [{ account: [] }, "no"],
    [{ account: "pro" }, "no"],
    [{}, "no"],
    [{ targetingKey: "u", account: { plan: "pro" }, deep }, "yes"],
    [{ targetingKey: "\u{1f4b6}\u0000", account: { plan: "pro", key: "x".repeat(100_000) } }, "yes"],
    [{ targetingKey: "u", many: Array(10_000).fill(1.5), account: { plan: "pro" } }, "yes"],
  ];
  for (const [context, expected] of contexts) assert.equal(await client.value("f", "default", { context }), expected, JSON.stringify(context).slice(0, 80));
});

scenario("S3.4: numbers, integers and JSON", async (stage) => {
  const client = await stage.double({ set: { one: 1, half: 0.5, big: 2 ** 53, bigger: 2 ** 60, yes: true, text: "1", list: [1, { a: null }] } });
  const ask = async (flag, fallback, type) => {
    const { value, error } = await client.details(flag, fallback, { type });
    return error ?? value;
  };
  assert.equal(await ask("one", 7, "number"), 1);
  assert.equal(await ask("half", 7, "number"), 0.5);
  assert.equal(await ask("one", true, "boolean"), "TYPE_MISMATCH");
  assert.equal(await ask("yes", 7, "number"), "TYPE_MISMATCH");
  assert.equal(await ask("text", 7, "number"), "TYPE_MISMATCH");
  assert.deepEqual(await ask("list", {}, "json"), [1, { a: null }]);
  assert.equal(await ask("one", {}, "json"), 1);
  assert.equal(await ask("yes", {}, "json"), true);
  assert.equal(await ask("text", {}, "json"), "1");
});

scenario("S3.4: integer calls", { needs: ["integer"] }, async (stage) => {
  const client = await stage.double({ set: { one: 1, half: 0.5, big: 2 ** 53, bigger: 2 ** 60, yes: true } });
  const ask = async (flag) => {
    const { value, error } = await client.details(flag, 7, { type: "integer" });
    return error ?? value;
  };
  assert.deepEqual([await ask("one"), await ask("big")], [1, 2 ** 53]);
  for (const flag of ["half", "yes"]) assert.equal(await ask(flag), "TYPE_MISMATCH", flag);
});

scenario("S3.5: all flags come from one ruleset and are not counted", async (stage) => {
  const server = await stage.server(ruleset("a:1", { one: 1, two: "zwei", three: { ...flag(true), default: { serve: "caller_default" } } }));
  const client = await stage.client(server);
  await client.at("a:1");
  const { answers } = await client.do("evaluate_all", { context: USER });
  const short = Object.entries(answers).map(([key, { value, variant, reason, error, version }]) => [key, value, variant, reason, error, version]);
  assert.deepEqual(short.sort(), [
    ["one", 1, "v", "STATIC", null, "a:1"],
    ["three", null, null, "STATIC", null, "a:1"],
    ["two", "zwei", "v", "STATIC", null, "a:1"],
  ]);
  assert.deepEqual((await client.do("evaluate_all", { context: [] })).answers, {});
  await client.do("flush", { limit: 60_000 });
  assert.equal(server.requests("events").length, 0);
});

scenario("S3.6 S3.1 S2.5: 1,000 rapid flips under load tear nothing and none is lost", async (stage) => {
  const flags = ["f", "g", "h"];
  const state = (rev) => ruleset(`a:${rev}`, Object.fromEntries(flags.map((key) => [key, rev % 2 ? "odd" : "even"])));
  const server = await stage.server(state(1));
  const client = await stage.client(server);
  await client.at("a:1");
  await client.do("load", { flags, type: "json", default: "default", context: USER, threads: 2 });
  for (let rev = 2; rev <= 1001; rev++) server.change(state(rev));
  await client.at("a:1001");
  const { calls, threw, torn, values } = await client.do("load_end");
  assert.deepEqual([threw, torn], [0, 0]);
  assert.ok(calls > 0);
  assert.deepEqual(Object.keys(values).filter((value) => !['"odd"', '"even"'].includes(value)), []);
  assert.equal(await client.value("f", "default"), "odd");
  assert.deepEqual([server.requests("stream").length, server.requests("ruleset").length], [1, 0], "every patch was applied");
});
