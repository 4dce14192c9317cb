// S13: flush, shutdown, fork, freeze; S14: hooks and logs; S16: OpenFeature.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { flag, ruleset, split } from "../parts/ruleset.mjs";
import { KEY, USER, scenario } from "../parts/scenario.mjs";
import { sleep, until } from "../../parts/until.mjs";

const one = ruleset("a:1", { f: "one" });

scenario("S13.2: after a shutdown flags answer from memory, and nothing more is asked", async (stage) => {
  const server = await stage.server(one);
  const client = await stage.client(server, { timing: { poll_after: 1, poll_interval: 5, flush: 5 } });
  await client.at("a:1");
  assert.equal((await client.do("shutdown", { limit: 60_000 })).done, true);
  await until("its stream is closed", () => server.streams.length === 0);
  await sleep(50);
  const asked = server.log.length;
  assert.equal(await client.value("f", "default"), "one");
  await client.do("track", { event: "e", context: USER });
  assert.equal((await client.do("shutdown", { limit: 60_000 })).done, true, "twice is harmless");
  await client.do("flush", { limit: 50 });
  await sleep(200);
  assert.equal(server.log.length, asked);
});

scenario("S13.2: a shutdown keeps its limit and says what it did not do", async (stage) => {
  const server = await stage.server(one);
  server.always.events = (reply) => reply.hang();
  const client = await stage.client(server);
  await client.at("a:1");
  await client.value("f", "default");
  assert.equal((await client.do("shutdown", { limit: 200 })).done, false);
  const refused = await stage.client(server);
  await refused.at("a:1");
  await refused.value("f", "default");
  server.always.events = (reply) => reply.status(500);
  assert.equal((await refused.do("shutdown", { limit: 60_000 })).done, false);
});

scenario("S13.2: a process ends with clients open, connected, waiting or polling", async (stage) => {
  const server = await stage.server(one);
  const away = await stage.server();
  const service = await stage.own();
  const client = await stage.client(server, { service });
  await client.at("a:1");
  await stage.client(away, { service, timing: { first_retry: 3_600_000 } });
  await stage.client(away, { service, streaming: false });
  await client.value("f", "default");
  assert.equal(await service.stop(), 0);
});

/** libfaketime: only the wall clock is false. */
function falseClock(path) {
  const libraries = readdirSync("/usr/lib").map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`);
  const library = libraries.find((name) => {
    try {
      return readdirSync(join(name, "..")).length > 0;
    } catch {
      return false;
    }
  });
  assert.ok(library, "libfaketime is not installed");
  return { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: path, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

scenario("S13.3: jumps of the wall clock cause neither storms nor silence", async (stage) => {
  const path = join(await stage.directory(), "clock");
  await writeFile(path, "+0");
  const service = await stage.own({ environment: falseClock(path) });
  const server = await stage.server(one);
  const client = await stage.client(server, { service, timing: { heartbeat: 20_000, poll_interval: 1_000, flush: 50 } });
  const away = await stage.server();
  const retrying = await stage.client(away, { service, timing: { first_retry: 3_600_000, retry_floor: 600_000 } });
  await client.at("a:1");
  await retrying.when("a failure", ({ failures }) => failures === 1);
  for (const jump of ["+1d", "-2d", "+400d", "-1h"]) {
    await writeFile(path, jump);
    await client.value("f", "default");
    const batches = server.batches().length;
    await until(`a batch after ${jump}`, () => server.batches().length > batches);
  }
  assert.equal(server.requests("stream").length, 1, "no reconnection");
  assert.equal(away.requests("stream").length, 1, "no early retry");
  assert.equal(server.requests("ruleset").length, 0);
  server.change(ruleset("a:2", { f: "two" }));
  await client.at("a:2");
});

scenario("S13.4 S4.7: a process that was stopped goes on when it is resumed", async (stage) => {
  const server = await stage.server(one);
  const service = await stage.own();
  const client = await stage.client(server, { service, timing: { heartbeat: 300 } });
  const patient = await stage.client(server, { service });
  for (const each of [client, patient]) {
    await each.at("a:1");
    await each.value("f", "default");
  }
  service.kill("SIGSTOP");
  await sleep(1_500);
  server.change(ruleset("a:2", { f: "two" }));
  service.kill("SIGCONT");
  for (const each of [client, patient]) {
    await each.at("a:2");
    assert.equal((await each.do("flush", { limit: 60_000 })).done, true);
  }
  const counts = server.batches().flatMap(({ counts }) => counts);
  assert.equal(counts.reduce((sum, { count }) => sum + count, 0), 2);
});

scenario("S13.4: a server that cut everything while the process was stopped is found again", async (stage) => {
  const server = await stage.server(one);
  const service = await stage.own();
  const client = await stage.client(server, { service });
  await client.at("a:1");
  service.kill("SIGSTOP");
  await server.stop();
  server.ruleset = ruleset("a:2", { f: "two" });
  await server.start();
  service.kill("SIGCONT");
  await client.at("a:2");
});

scenario("S13.5: a child after fork answers at once and lives on its own", { needs: ["fork"] }, async (stage) => {
  const server = await stage.server(one);
  const service = await stage.own();
  const client = await stage.client(server, { service });
  await client.at("a:1");
  for (let n = 0; n < 5; n++) await client.value("f", "default");
  await client.do("load", { flags: ["f"], type: "string", default: "default", context: USER, threads: 2 });
  for (let n = 0; n < 3; n++) {
    const child = await client.do("fork", { flag: "f", type: "string", default: "default", context: USER, limit: 60_000 });
    assert.equal(child.first.value, "one", "at once");
    assert.deepEqual([child.second.value, child.state, child.version, child.flushed], ["one", "READY", "a:1", true]);
  }
  const { calls, threw } = await client.do("load_end");
  assert.equal(threw, 0);
  assert.equal((await client.do("flush", { limit: 60_000 })).done, true);
  assert.ok(server.batches().length >= 4, "each child has delivered its own");
  const counts = server.batches().flatMap(({ counts }) => counts);
  // Two calls in each child, five and the load in the parent: none twice, none lost.
  assert.equal(counts.reduce((sum, { count }) => sum + count, 0), 3 * 2 + 5 + calls);
  server.change(ruleset("a:2", { f: "two" }));
  await client.at("a:2");
});

scenario("S13.6: a new key is used at once, and out of the slow regime", async (stage) => {
  const server = await stage.server(one);
  const hour = 3_600_000;
  const client = await stage.client(server, { timing: { slow: hour, retry_floor: hour } });
  await client.at("a:1");
  await client.do("set_sdk_key", { sdk_key: "yd_srv_second" });
  await until("a second stream", () => server.requests("stream").length === 2);
  const second = server.requests("stream")[1];
  assert.deepEqual([second.headers.authorization, second.headers["last-event-id"]], ["Bearer yd_srv_second", "a:1"]);
  assert.equal(await client.value("f", "default"), "one");
  await until("one stream is left", () => server.streams.length === 1);
  server.always.stream = (reply, { headers }) =>
    headers.authorization === "Bearer yd_srv_third" ? server._stream(reply, { headers }) : reply.status(401);
  server.streams[0].frame("goodbye", { retry_ms: 0 });
  const quick = await stage.client(server, { timing: { slow: hour } });
  await quick.inState("ERROR");
  await quick.do("set_sdk_key", { sdk_key: "yd_srv_third" });
  await quick.at("a:1");
  const refused = await stage.service.ask("set_sdk_key", { client: quick.name, sdk_key: "a\nb" });
  assert.ok(refused.failed);
  await quick.value("f", "default");
  assert.equal((await quick.do("flush", { limit: 60_000 })).done, true);
  assert.equal(server.requests("events").at(-1).headers.authorization, "Bearer yd_srv_third", "the old one is kept");
});

scenario("S14.1: hooks hear of every flag call, and one that throws disturbs nothing", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one", n: 1 }));
  const client = await stage.client(server, { hooks: ["throw", "record", "throw"] });
  await client.at("a:1");
  assert.equal(await client.value("f", "default"), "one");
  assert.equal((await client.details("n", 0)).value, 1);
  assert.equal(await client.value("none", true), true);
  assert.equal(await client.value("f", false), false);
  const { calls } = await client.do("hooked");
  assert.deepEqual(calls, [
    { flag: "f", value: "one", reason: "STATIC", type: "string" },
    { flag: "n", value: 1, reason: "STATIC", type: "number" },
    { flag: "none", value: true, reason: "ERROR", type: "boolean" },
    { flag: "f", value: false, reason: "ERROR", type: "boolean" },
  ]);
});

scenario("S14.2: OpenTelemetry events", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one", s: split("A", "B") }));
  const client = await stage.client(server, { hooks: ["otel"] });
  await client.at("a:1");
  await client.value("f", "default");
  const { variant } = await client.details("s", "default");
  await client.value("f", false);
  await client.value("none", "mine");
  const { otel } = await client.do("hooked");
  const common = { "feature_flag.provider.name": "yardarm", "feature_flag.context.id": "user-1", "feature_flag.set.id": "p/e", "feature_flag.version": "a:1" };
  const error = (key, type) => ({ ...common, "feature_flag.key": key, "feature_flag.result.reason": "error", "error.type": type });
  const texts = otel.map(({ name, attributes }) => {
    assert.equal(name, "feature_flag.evaluation");
    const given = Object.entries(attributes).filter(([, value]) => value !== null && value !== undefined);
    return Object.fromEntries(given.map(([key, value]) => [key, String(value)]));
  });
  assert.deepEqual(texts, [
    { ...common, "feature_flag.key": "f", "feature_flag.result.variant": "v", "feature_flag.result.reason": "static" },
    { ...common, "feature_flag.key": "s", "feature_flag.result.variant": variant, "feature_flag.result.reason": "split" },
    { ...error("f", "type_mismatch"), "feature_flag.result.value": "false" },
    { ...error("none", "flag_not_found"), "feature_flag.result.value": "mine" },
  ]);
});

scenario("S14.3 S15.1: logs keep keys and contexts to themselves", async (stage) => {
  const server = await stage.server();
  const service = await stage.own();
  const cache_file = join(await stage.directory(), "flags");
  await writeFile(cache_file, "damaged");
  const client = await stage.client(server, { service, cache_file, sdk_key: "yd_srv_canarykey" });
  const context = { targetingKey: "canary-unit", email: "canary-email" };
  await client.when("failures", ({ failures }) => failures >= 3);
  server.ruleset = ruleset("a:1", { f: "one", bad: { broken: true } });
  await client.at("a:1");
  for (const [flag, fallback] of [["f", false], ["bad", "x"], ["none", 1]]) await client.value(flag, fallback, { context });
  await client.do("track", { event: "", context, data: { email: "canary-data" } });
  server.script("events", (reply) => reply.status(422));
  await client.do("track", { event: "e", context, data: { email: "canary-data" } });
  await client.do("flush", { limit: 60_000 });
  server.ruleset = null;
  for (const stream of server.streams) stream.raw("event: put\ndata: {\n\n");
  await client.inState("STALE");
  await client.do("set_sdk_key", { sdk_key: "yd_srv_canarynew" });
  await service.stop();
  assert.ok(service.log.length > 0, "it logs something");
  assert.ok(!service.log.includes("canary"), service.log.split("\n").find((line) => line.includes("canary")));
});

scenario("S16.1 S16.2: the OpenFeature provider gives the same answers", { needs: ["openfeature"] }, async (stage) => {
  const rule = { test: { attr: ["country"], op: "in", arg: ["DE"] } };
  const targeted = { ...flag("no"), variants: { v: "no", w: "yes" }, rules: [{ id: "dach", if: rule, serve: { variant: "w" } }] };
  const server = await stage.server(ruleset("a:1", { f: "one", n: 1.5, i: 3, b: true, s: split("A", "B"), t: targeted, off: { ...flag("x"), on: false } }));
  const client = await stage.client(server);
  await client.at("a:1");
  const context = { targetingKey: "user-1", country: "DE", account: { plan: "pro" } };
  for (const [flag, fallback] of [["f", "d"], ["n", 0], ["b", false], ["s", "d"], ["t", "d"], ["off", "d"], ["none", "d"], ["f", true], ["none", 7]]) {
    const type = typeof fallback;
    const ours = await client.details(flag, fallback, { context });
    const { metadata, ...theirs } = await client.do("evaluate_openfeature", { flag, type, default: fallback, context });
    const { value, variant, reason, error } = ours;
    assert.deepEqual({ variant: null, error: null, ...theirs }, { value, variant, reason, error }, flag);
    if (error) continue;
    assert.equal(metadata.version, "a:1");
    assert.equal(metadata.ruleId, ours.rule ?? undefined);
  }
});

scenario("S16.3 S16.4: the provider starts when the client does, and tracks", { needs: ["openfeature"] }, async (stage) => {
  const server = await stage.server();
  const client = await stage.client(server);
  const before = await client.do("evaluate_openfeature", { flag: "f", type: "string", default: "mine", context: USER });
  assert.deepEqual([before.value, before.error], ["mine", "PROVIDER_NOT_READY"]);
  server.ruleset = one;
  const after = client.do("evaluate_openfeature", { flag: "f", type: "string", default: "mine", context: USER });
  assert.equal((await after).value, "one", "it waits until ready");
  if (stage.service.is.without?.includes("openfeature_track")) return;
  await client.do("track_openfeature", { event: "signup", context: USER, value: 3 });
  assert.equal((await client.do("flush", { limit: 60_000 })).done, true);
  const events = server.batches().flatMap(({ events }) => events ?? []);
  assert.deepEqual(events.map(({ name, unit, value }) => [name, unit, value]), [["signup", "user-1", 3]]);
});

scenario("S13.2 S2.4: clients come and go without leaving threads or connections", async (stage) => {
  const server = await stage.server(one);
  const service = await stage.own();
  const before = (await service.do("threads")).count;
  for (let n = 0; n < 10; n++) {
    const client = stage.named(service);
    await client.do("create", { settings: { url: server.url, sdk_key: KEY } });
    assert.equal((await client.ready()).state, "READY");
    assert.equal((await client.do("shutdown", { limit: 60_000 })).done, true);
  }
  await until("no stream is left", () => server.streams.length === 0);
  await until("no thread is left", async () => (await service.do("threads")).count <= before);
});
