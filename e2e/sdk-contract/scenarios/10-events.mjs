// S10: counters; S11: exposures and events; S12: batches; S15: privacy.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { patch, ruleset, split } from "../parts/ruleset.mjs";
import { USER, scenario } from "../parts/scenario.mjs";
import { sleep, until } from "../../parts/until.mjs";

const HOUR = 3_600_000;
const unit = (n) => ({ targetingKey: `user-${n}` });
const flushed = async (client) => assert.equal((await client.do("flush", { limit: 60_000 })).done, true);

/** Acknowledged counts: `flag variant reason` → how often. */
function counted(server) {
  const sums = {};
  for (const { flag, variant, reason, count } of server.batches().flatMap(({ counts }) => counts ?? [])) {
    const key = `${flag} ${variant || "-"} ${reason}`;
    sums[key] = (sums[key] ?? 0) + count;
  }
  return sums;
}

scenario("S10.1 S12.1: calls are counted by flag, variant and reason", async (stage) => {
  const server = await stage.server();
  const client = await stage.client(server);
  await client.value("f", "before there is a ruleset");
  server.ruleset = ruleset("a:1", { f: "one", g: 1 });
  await client.at("a:1");
  const from = Date.now();
  for (let n = 0; n < 3; n++) await client.value("f", "default");
  await client.details("f", "default");
  await client.value("f", false);
  await client.value("f", "default", { context: [] });
  await client.value("unknown", false);
  await client.details("g", 0);
  await flushed(client);
  assert.deepEqual(counted(server), { "f v STATIC": 4, "f - ERROR": 2, "g v STATIC": 1 });
  const [{ headers, json }] = server.requests("events");
  assert.equal(headers.authorization, "Bearer yd_srv_scenario");
  assert.match(headers["content-type"], /^application\/json/);
  assert.deepEqual(json.sdk, { name: stage.service.is.sdk, version: stage.service.is.version });
  assert.match(json.batch, /^[0-9a-f-]{36}$/);
  assert.deepEqual(Object.keys(json).sort(), ["batch", "counts", "sdk"]);
  for (const { start } of json.counts) assert.ok(start <= Date.now() && start > from - 2 * HOUR, `${start}`);
  await flushed(client);
  assert.equal(server.requests("events").length, 1, "nothing to say");
});

scenario("S10.1: counting can be turned off", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one" }));
  const client = await stage.client(server, { count_evaluations: false });
  await client.at("a:1");
  await client.value("f", "default");
  await flushed(client);
  assert.equal(server.requests("events").length, 0);
});

scenario("S10.2 S10.3 S12.5: no call is lost or counted twice, on threads, while rulesets change", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one" }));
  const client = await stage.client(server, { timing: { flush: 30 } });
  await client.at("a:1");
  await client.do("load", { flags: ["f"], type: "string", default: "default", context: USER, threads: 4 });
  for (let rev = 2; rev <= 40; rev++) {
    server.change(ruleset(`a:${rev}`, { f: "one", [`other-${rev}`]: rev }));
    await sleep(10);
  }
  await client.at("a:40");
  const { calls, threw } = await client.do("load_end");
  await flushed(client);
  assert.equal(threw, 0);
  assert.deepEqual(counted(server), { "f v STATIC": calls });
  assert.ok(server.requests("events").length >= 2, "delivered in between");
});

scenario("S10.4: what waits is bounded, and the oldest go first", async (stage) => {
  const flags = Object.fromEntries(Array.from({ length: 26_500 }, (_, n) => [`flag-${n}`, n]));
  const server = await stage.server(ruleset("a:1", flags));
  server.always.events = (reply) => reply.status(503);
  const client = await stage.client(server);
  await client.at("a:1");
  const names = Object.keys(flags);
  const evaluate = (type, fallback) => client.do("load", { flags: names, type, default: fallback, context: USER, threads: 1 });
  for (let patience = 500, values = {}; Object.keys(values).length < names.length; patience *= 2) {
    await evaluate("number", 0);
    await sleep(patience);
    ({ values } = await client.do("load_end"));
  }
  await client.do("flush", { limit: 60_000 });
  assert.equal((await client.status()).dropped_counts, 0, "there is room for these");
  // Once each as a mismatch, too: 53,000 different counts, of which at most one batch is under way.
  await evaluate("string", "");
  await until("the oldest are dropped", async () => {
    await client.do("flush", { limit: 60_000 });
    return (await client.status()).dropped_counts > 0;
  }, { every: 500 });
  await client.do("load_end");
});

scenario("S11.1 S11.2 S12.1: exposures of splits, once each", async (stage) => {
  const server = await stage.server(ruleset("a:1", { s: split("A", "B"), f: "one" }));
  const client = await stage.client(server, { exposures: true });
  await client.at("a:1");
  const expected = {};
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 20; n++) {
      const { variant, reason } = await client.details("s", "default", { context: unit(n) });
      assert.equal(reason, "SPLIT");
      expected[`user-${n}`] = variant;
    }
  }
  await client.value("f", "default");
  await client.value("s", 7);
  await client.do("evaluate_all", { context: unit(99) });
  await flushed(client);
  const exposures = server.batches().flatMap(({ exposures }) => exposures ?? []);
  assert.deepEqual(Object.fromEntries(exposures.map(({ unit, variant }) => [unit, variant])), expected);
  assert.equal(exposures.length, 20);
  const { flag, version, at } = exposures[0];
  assert.deepEqual([flag, version], ["s", "a:1"]);
  assert.ok(Number.isInteger(at) && Math.abs(Date.now() - at) < HOUR);
});

scenario("S11.1: there are no exposures unless they are asked for", async (stage) => {
  const server = await stage.server(ruleset("a:1", { s: split("A", "B") }));
  const client = await stage.client(server);
  await client.at("a:1");
  await client.value("s", "default");
  await flushed(client);
  assert.equal(server.batches().length, 1);
  assert.equal(server.batches()[0].exposures, undefined);
});

scenario("S11.3 S12.1: events", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one" }));
  const client = await stage.client(server);
  await client.do("track", { event: "signup", context: USER });
  await client.do("track", { event: "purchase ü", context: { ...USER, email: "secret@example.com" }, value: 49.5, data: { currency: "EUR", items: [1, { a: null }] } });
  const dropped = [
    { event: "", context: USER },
    { event: "x".repeat(129), context: USER },
    { event: "e", context: {} },
    { event: "e", context: { targetingKey: "" } },
    { event: "e", context: [] },
    { event: "e", context: USER, data: { text: "x".repeat(5_000) } },
  ];
  for (const one of dropped) await client.do("track", one);
  await flushed(client);
  const events = server.batches().flatMap(({ events }) => events ?? []);
  assert.deepEqual(
    events.map(({ at, ...event }) => event),
    [
      { name: "signup", unit: "user-1" },
      { name: "purchase ü", unit: "user-1", value: 49.5, data: { currency: "EUR", items: [1, { a: null }] } },
    ],
  );
  assert.ok(events.every(({ at }) => Number.isInteger(at) && Math.abs(Date.now() - at) < HOUR));
  assert.equal((await client.status()).dropped_events, dropped.length);
});

scenario("S11.4 S12.2: what waits is bounded, batches too", async (stage) => {
  const server = await stage.server(ruleset("a:1", { s: split("A", "B") }));
  const client = await stage.client(server, { exposures: true });
  await client.at("a:1");
  server.always.events = (reply) => reply.status(503);
  const many = 10_050;
  const data = { text: "x".repeat(200) };
  for (let n = 0; n < many; n += 500) {
    const some = Array.from({ length: Math.min(500, many - n) }, (_, k) => n + k);
    await Promise.all(some.map((k) => client.do("track", { event: `event-${k}`, context: unit(k), data })));
  }
  assert.ok((await client.status()).dropped_events >= 50);
  server.always = {};
  await flushed(client);
  const batches = server.batches();
  const events = batches.flatMap(({ events }) => events ?? []);
  assert.equal(events.length + (await client.status()).dropped_events, many);
  assert.ok(events.some(({ name }) => name === `event-${many - 1}`), "the oldest go first");
  for (const batch of batches) {
    assert.ok((batch.events ?? []).length <= 1_000);
    assert.ok(JSON.stringify(batch).length < 1 << 20);
  }
  assert.equal(new Set(batches.map(({ batch }) => batch)).size, batches.length);
});

scenario("S12.3 S13.1: a batch is repeated unchanged until it is acknowledged", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one", s: split("A", "B") }));
  const client = await stage.client(server, { exposures: true, timing: { flush: 20, slow: 50 } });
  server.script(
    "events",
    (reply) => reply.status(503, { "retry-after": "0" }),
    (reply) => reply.status(500),
    (reply) => reply.status(429),
    (reply) => reply.status(401),
    (reply) => reply.status(403),
    (reply) => reply.response.socket.resetAndDestroy(),
  );
  await client.at("a:1");
  await client.value("f", "default");
  await client.value("s", "default");
  await client.do("track", { event: "e", context: USER });
  await until("a batch under way", () => server.requests("events").length >= 1);
  await client.value("f", "default");
  await until("the second batch", () => server.batches().length >= 2);
  const bodies = server.requests("events").map(({ body }) => body);
  const first = bodies.findLastIndex((body) => body === bodies[0]) + 1;
  assert.ok(first >= 7, `${first} times`);
  assert.equal(new Set(bodies.slice(0, first)).size, 1, "one at a time, unchanged");
  assert.deepEqual(counted(server)["f v STATIC"], 2);
  const status = await client.status();
  assert.deepEqual([status.state, status.dropped_counts, status.failures], ["READY", 0, 0], "the state does not depend on batches");
});

scenario("S12.3 S13.1: a flush that is not acknowledged says so, and keeps the batch", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one" }));
  const client = await stage.client(server);
  await client.at("a:1");
  await client.value("f", "default");
  server.script("events", (reply) => reply.status(503));
  assert.equal((await client.do("flush", { limit: 60_000 })).done, false);
  server.script("events", (reply) => reply.hang());
  assert.equal((await client.do("flush", { limit: 100 })).done, false);
  const hanging = await stage.client(server, { timing: { response: 200 } });
  await hanging.at("a:1");
  await hanging.value("f", "default");
  server.script("events", (reply) => reply.hang());
  assert.equal((await hanging.do("flush", { limit: 60_000 })).done, false);
  await flushed(hanging);
});

for (const code of [400, 404, 413, 422]) {
  scenario(`S12.4: a batch that is answered ${code} is given up, and the next one goes`, async (stage) => {
    const server = await stage.server(ruleset("a:1", { f: "one", s: split("A", "B") }));
    server.script("events", (reply) => reply.status(code));
    const client = await stage.client(server, { exposures: true });
    await client.at("a:1");
    await client.value("f", "default");
    await client.value("s", "default");
    await client.do("track", { event: "e", context: USER });
    await client.do("flush", { limit: 60_000 });
    const status = await client.status();
    assert.deepEqual([status.dropped_counts, status.dropped_exposures, status.dropped_events], [2, 1, 1]);
    assert.equal(status.state, "READY");
    await client.value("f", "default");
    await flushed(client);
    assert.deepEqual(counted(server), { "f v STATIC": 1 });
  });
}

scenario("S12.2: many counts go in several batches", async (stage) => {
  const flags = Object.fromEntries(Array.from({ length: 2_500 }, (_, n) => [`flag-${n}`, n]));
  const server = await stage.server(ruleset("a:1", flags));
  const client = await stage.client(server);
  await client.at("a:1");
  await client.do("load", { flags: Object.keys(flags), type: "number", default: 0, context: USER, threads: 1 });
  await until("each was asked", async () => {
    await client.do("flush", { limit: 60_000 });
    return Object.keys(counted(server)).length === 2_500;
  });
  await client.do("load_end");
  for (const { counts } of server.batches()) assert.ok(counts.length <= 2_000, `${counts.length}`);
});

scenario("S12.5 S13.2: batches go at intervals, and the last one at shutdown", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one" }));
  const client = await stage.client(server, { timing: { flush: 20 } });
  await client.at("a:1");
  await client.value("f", "default");
  await until("the first batch", () => server.batches().length === 1);
  const last = await stage.client(server);
  await last.at("a:1");
  await last.value("f", "default");
  await last.do("track", { event: "e", context: USER });
  assert.equal((await last.do("shutdown", { limit: 60_000 })).done, true);
  assert.equal(server.batches().length, 2);
});

scenario("S15.1 S15.2: nothing of a context leaves but what was asked for", async (stage) => {
  const server = await stage.server(ruleset("a:1", { s: split("A", "B"), f: "one" }));
  const secrets = { email: "canary-email", phone: { deep: ["canary-deep"] }, targetingKey: "canary-key" };
  const context = { ...secrets, plan: "canary-plan" };
  const settings = { exposures: true, hooks: ["otel"] };
  const open = await stage.client(server, settings);
  const closed = await stage.client(server, { ...settings, private_attributes: ["email", "deep", "targetingKey"] });
  for (const client of [open, closed]) {
    await client.at("a:1");
    for (const flag of ["s", "f"]) await client.details(flag, "default", { context });
    await client.do("track", { event: "e", context, data: { email: "canary-data", more: [{ email: "canary-nested", ok: 1 }] } });
    await flushed(client);
  }
  const sent = server.log.map(({ path, headers, body }) => JSON.stringify([path, headers, body]));
  const all = sent.join("\n");
  for (const canary of ["canary-email", "canary-deep", "canary-plan"]) assert.ok(!all.includes(canary), canary);
  const [first, second] = server.batches();
  assert.equal(first.exposures[0].unit, "canary-key");
  assert.equal(first.events[0].data.email, "canary-data");
  const digest = `sha256:${createHash("sha256").update("canary-key").digest("hex").slice(0, 32)}`;
  assert.equal(second.exposures[0].unit, digest);
  assert.deepEqual([second.events[0].unit, second.events[0].data], [digest, { more: [{ ok: 1 }] }]);
  assert.ok(!JSON.stringify(second).includes("canary"));
  const { otel } = await closed.do("hooked");
  assert.ok(otel.length === 2 && !JSON.stringify(otel).includes("canary"), JSON.stringify(otel));
});

scenario("S10.3: counts of a flag that was removed are not lost", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one", g: 2 }));
  const client = await stage.client(server);
  await client.at("a:1");
  await client.value("f", "default");
  server.streams[0].patch(patch("a:1", "a:2", { f: null }));
  await client.at("a:2");
  await client.value("g", 0);
  await flushed(client);
  assert.deepEqual(counted(server), { "f v STATIC": 1, "g v STATIC": 1 });
});
