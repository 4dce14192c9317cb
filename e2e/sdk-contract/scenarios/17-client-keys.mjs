// S17: client keys. The SDK holds answers for one context.

import assert from "node:assert/strict";

import { CLIENT_KEY, USER, scenario as anyScenario } from "../parts/scenario.mjs";
import { sleep, until } from "../../parts/until.mjs";

const scenario = (title, options, play) => (play ? anyScenario(title, { kind: "web", ...options }, play) : anyScenario(title, { kind: "web" }, options));
const constant = (answers) => () => answers;
const greeting = (context) => ({ f: `hello ${context.targetingKey ?? "nobody"}` });

async function serverWith(stage, answers) {
  const server = await stage.server();
  server.answers = answers;
  return server;
}

scenario("S17.1 S17.6 S3.4: answers of one context, by type", async (stage) => {
  const list = [1, { a: null }];
  const server = await serverWith(stage, constant({ f: "one", b: true, n: 0.5, j: list, bad: { errorCode: "PARSE_ERROR", errorDetails: "x" }, none: { reason: "DEFAULT", variant: "" } }));
  const client = await stage.client(server, { context: USER });
  assert.equal((await client.ready()).state, "READY");
  const [asked] = server.requests("bulk");
  assert.deepEqual([asked.method, asked.headers.authorization, asked.json.context], ["POST", `Bearer ${CLIENT_KEY}`, USER]);
  const { value, variant, reason, error } = await client.details("f", "default");
  assert.deepEqual([value, variant, reason, error], ["one", "v", "STATIC", null]);
  assert.deepEqual([await client.value("b", false), await client.value("n", 7), await client.value("j", {})], [true, 0.5, list]);
  assert.equal((await client.details("f", 7)).error, "TYPE_MISMATCH");
  assert.equal((await client.details("b", 7)).error, "TYPE_MISMATCH");
  assert.deepEqual([(await client.details("bad", "mine")).error, await client.value("bad", "mine")], ["PARSE_ERROR", "mine"]);
  assert.deepEqual([(await client.details("none", "mine")).error, await client.value("none", "mine")], [null, "mine"]);
  assert.equal((await client.details("unknown", "mine")).error, "FLAG_NOT_FOUND");
});

scenario("S17.1 S17.2: changes are told by the stream, and asked for once", async (stage) => {
  const server = await serverWith(stage, constant({ f: "one" }));
  const client = await stage.client(server, { context: USER });
  await client.ready();
  await until("it listens", () => server.listeners.length === 1);
  assert.equal(server.requests("changes")[0].path, "/ofrep/v1/stream?ticket=t");
  server.answerNow(constant({ f: "two" }));
  await until("the new answer", async () => (await client.value("f", "default")) === "two");
  const held = [];
  server.always.bulk = (reply, request) => void held.push([reply, request]);
  const asked = server.requests("bulk").length;
  for (let n = 0; n < 10; n++) server.answerNow(constant({ f: "three" }));
  await until("one question", () => held.length === 1);
  await sleep(200);
  assert.equal(held.length, 1);
  server.always = {};
  server._bulk(...held[0]);
  await until("the newest answer", async () => (await client.value("f", "default")) === "three");
  await sleep(200);
  assert.ok(server.requests("bulk").length <= asked + 2, "several at once become one question more");
  const [, second] = server.requests("bulk");
  assert.ok(second.headers["if-none-match"], "it says what it has");
});

scenario("S17.2 S6.1: a broken stream is opened again, and what was missed is asked for", async (stage) => {
  const server = await serverWith(stage, constant({ f: "one" }));
  const client = await stage.client(server, { context: USER });
  await client.ready();
  for (const value of ["two", "three"]) {
    await until("it listens", () => server.listeners.length === 1);
    server.answers = constant({ f: value });
    server.listeners[0].cut();
    await until(value, async () => (await client.value("f", "default")) === value);
  }
});

scenario("S17.3: without a stream it asks at intervals", async (stage) => {
  const server = await serverWith(stage, constant({ f: "one" }));
  server.always.changes = (reply) => reply.status(503);
  const client = await stage.client(server, { context: USER, timing: { poll_after: 10, poll_interval: 20 } });
  await client.ready();
  server.answers = constant({ f: "two" });
  await until("the new answer", async () => (await client.value("f", "default")) === "two");
  await until("304", () => server.requests("bulk").some(({ status }) => status === 304));
});

scenario("S17.3 S17.6 S6.4 S5.1 S2.1: failures and refusals take nothing away", async (stage) => {
  const server = await serverWith(stage, constant({ f: "one" }));
  const client = await stage.client(server, { context: USER, streaming: false, timing: { poll_interval: 10, slow: 30 } });
  await client.ready();
  const wrongs = [
    [(reply) => reply.status(503), "STALE"],
    [(reply) => reply.status(200, { "content-type": "text/html" }, "<p>sign in"), "STALE"],
    [(reply) => reply.json("null"), "STALE"],
    [(reply) => reply.json("{}"), "STALE"],
    [(reply) => reply.json({ flags: "x" }), "STALE"],
    [(reply) => reply.status(401), "ERROR"],
    [(reply) => reply.status(403), "ERROR"],
  ];
  for (const [number, [wrong, state]] of wrongs.entries()) {
    server.always.bulk = wrong;
    await client.when(`${state} after answer ${number}`, (status) => status.state === state);
    assert.equal(await client.value("f", "default"), "one");
    server.always = {};
    await client.inState("READY");
  }
});

scenario("S17.6 S2.4 S3.3: before the first answer", async (stage) => {
  const server = await stage.server();
  const client = await stage.client(server, { context: USER });
  assert.equal((await client.do("wait", { limit: 50 })).state, "NOT_READY");
  assert.equal((await client.details("f", "mine")).error, "PROVIDER_NOT_READY");
  server.answers = constant({ f: "one" });
  await client.inState("READY");
  assert.equal(await client.value("f", "mine"), "one");
});

scenario("S17.4: another context is asked for, and late answers for the one before are thrown away", async (stage) => {
  const server = await serverWith(stage, greeting);
  const client = await stage.client(server, { context: { targetingKey: "a" } });
  await client.ready();
  assert.equal(await client.value("f", ""), "hello a");
  const held = [];
  server.script("bulk", (reply, request) => void held.push([reply, request]));
  const changing = client.do("set_context", { context: { targetingKey: "b" }, limit: 60_000 });
  await until("the question for b", () => held.length === 1);
  assert.equal(await client.value("f", ""), "hello a", "the old ones answer meanwhile");
  await client.do("set_context", { context: { targetingKey: "c" }, limit: 60_000 });
  assert.equal(await client.value("f", ""), "hello c");
  server._bulk(...held[0]);
  await changing;
  await sleep(200);
  assert.equal(await client.value("f", ""), "hello c");
});

scenario("S17.5: stored answers start the next client of this key and context", { needs: ["storage"] }, async (stage) => {
  const server = await serverWith(stage, greeting);
  const context = { targetingKey: `stored-${Date.now()}` };
  const first = await stage.client(server, { context, storage: true });
  await first.ready();
  await first.do("shutdown", { limit: 60_000 });
  server.answers = null;
  const second = await stage.client(server, { context, storage: true });
  await second.inState("STALE");
  assert.equal(await second.value("f", ""), `hello ${context.targetingKey}`);
  const other = await stage.client(server, { context: { targetingKey: "somebody else" }, storage: true });
  assert.equal(await other.value("f", "mine"), "mine");
  const otherKey = await stage.client(server, { context, storage: true, sdk_key: "yd_cli_other" });
  assert.equal(await otherKey.value("f", "mine"), "mine");
  server.answers = constant({ f: "fresh" });
  await second.inState("READY");
  assert.equal(await second.value("f", ""), "fresh");
});

scenario("S17.5: storage that throws disturbs nothing", { needs: ["storage"] }, async (stage) => {
  const server = await serverWith(stage, constant({ f: "one" }));
  const client = await stage.client(server, { context: USER, storage: "throw" });
  assert.equal((await client.ready()).state, "READY");
  assert.equal(await client.value("f", ""), "one");
});

scenario("S17.6 S11.3 S12.1 S12.3 S13.1: events are tracked and repeated until acknowledged", async (stage) => {
  const server = await serverWith(stage, constant({ f: "one" }));
  const client = await stage.client(server, { context: USER, timing: { flush: 20 } });
  await client.ready();
  server.script("events", (reply) => reply.status(503), (reply) => reply.status(500));
  await client.do("track", { event: "purchase", context: USER, value: 9.5, data: { currency: "EUR" } });
  await until("an acknowledged batch", () => server.batches().some(({ events }) => events));
  const [batch] = server.batches().filter(({ events }) => events);
  const sent = server.requests("events").filter(({ json }) => json.batch === batch.batch);
  assert.equal(new Set(sent.map(({ body }) => body)).size, 1);
  assert.equal(batch.sdk.name, "web");
  assert.deepEqual(batch.events.map(({ at, ...event }) => event), [{ name: "purchase", unit: "user-1", value: 9.5, data: { currency: "EUR" } }]);
  assert.equal((await client.do("flush", { limit: 60_000 })).done, true);
});

scenario("S17.6 S14.1 S3.1: hooks hear of calls, and one that throws disturbs nothing", async (stage) => {
  const server = await serverWith(stage, constant({ f: "one" }));
  const client = await stage.client(server, { context: USER, hooks: ["throw", "record"] });
  await client.ready();
  assert.equal(await client.value("f", "default"), "one");
  const { calls } = await client.do("hooked");
  assert.deepEqual(calls, [{ flag: "f", value: "one", reason: "STATIC", type: "string" }]);
});

scenario("S17.6 S13.2: after a shutdown nothing more is asked, and the answers stay", async (stage) => {
  const server = await serverWith(stage, constant({ f: "one" }));
  const client = await stage.client(server, { context: USER, timing: { poll_after: 1, poll_interval: 5 } });
  await client.ready();
  assert.equal((await client.do("shutdown", { limit: 60_000 })).done, true);
  await until("the stream is closed", () => server.listeners.length === 0);
  const asked = server.log.length;
  await sleep(200);
  assert.deepEqual([server.log.length, await client.value("f", "default")], [asked, "one"]);
});
