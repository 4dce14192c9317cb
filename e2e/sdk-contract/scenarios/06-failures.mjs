// S6: failures and waits; S7: polling.

import assert from "node:assert/strict";

import { ruleset } from "../parts/ruleset.mjs";
import { QUICK, USER, scenario } from "../parts/scenario.mjs";
import { sleep, until } from "../../parts/until.mjs";

const one = ruleset("a:1", { f: "one" });
const HOUR = 3_600_000;

scenario("S6.1 S2.3 S13.2: a server that is absent at the start is found later", async (stage) => {
  const server = await stage.server(one);
  await server.stop();
  const client = await stage.client(server);
  await client.when("three failures", ({ failures }) => failures >= 3);
  assert.equal((await client.status()).state, "NOT_READY");
  assert.equal(await client.value("f", "default"), "default");
  await server.start();
  await client.at("a:1");
  assert.equal(await client.value("f", "default"), "one");
});

scenario("S6.1 S5.1 S2.3: a server that dies later and comes back", async (stage) => {
  const server = await stage.server(one);
  const client = await stage.client(server);
  await client.at("a:1");
  for (const rev of [2, 3]) {
    await server.stop();
    await client.inState("STALE");
    await client.when("many failures", ({ failures }) => failures >= 10);
    assert.equal((await client.value("f", "default")).length > 0, true);
    assert.notEqual(await client.value("f", "default"), "default");
    server.ruleset = ruleset(`a:${rev}`, { f: `value ${rev}` });
    await server.start();
    const status = await client.at(`a:${rev}`);
    assert.deepEqual([status.state, status.failures], ["READY", 0]);
  }
});

scenario("S6.1: waits are random, and not the same in two clients", async (stage) => {
  const server = await stage.server();
  const timing = { first_retry: 0, retry_base: 1_200, retry_max: 1_200, retry_floor: 1 };
  const paths = ["/one", "/two", "/three", "/four"];
  for (const path of paths) server.always[`${path}/sdk/v1/stream`] = (reply) => reply.status(503);
  const clients = await Promise.all(paths.map((path) => stage.client({ url: server.url + path }, { timing })));
  await Promise.all(clients.map((client) => client.when("nine failures", ({ failures }) => failures >= 9)));
  const gaps = paths.map((path) => {
    const times = server.log.filter((request) => request.path.startsWith(path)).map(({ at }) => at);
    return times.slice(2).map((at, n) => at - times[n + 1]);
  });
  const all = gaps.flat();
  const half = 600;
  // Each is on either side with the same chance, so all of them on one side is once in 2^28.
  assert.ok(all.some((gap) => gap < half), `no short wait in ${all.map(Math.round)}`);
  assert.ok(all.some((gap) => gap > half), `no long wait in ${all.map(Math.round)}`);
  const rounded = gaps.map((each) => each.slice(0, 5).map((gap) => Math.round(gap / 20)).join());
  assert.equal(new Set(rounded).size, 4, "clients in step with each other");
});

scenario("S6.1: waits grow to the greatest and are forgotten only after a healthy stream", async (stage) => {
  const server = await stage.server(one);
  const cutAtOnce = (reply) => reply.stream().put(one).end();
  server.always.stream = cutAtOnce;
  const timing = { first_retry: 1, retry_base: 2, retry_max: HOUR, retry_floor: 1, healthy: HOUR };
  const client = await stage.client(server, { timing });
  await client.at("a:1");
  await until("eight streams", () => server.requests("stream").length >= 8);
  const count = server.requests("stream").length;
  await sleep(1_500);
  // 2 ms × 2^n: a client that forgot its failures with each connection would have connected hundreds of times.
  assert.ok(server.requests("stream").length < count + 8, `${server.requests("stream").length} streams`);
});

for (const [code, headers, state] of [
  [503, { "retry-after": "0" }, "NOT_READY"],
  [503, { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, "NOT_READY"],
  [500, {}, "NOT_READY"],
  [502, {}, "NOT_READY"],
  [429, { "retry-after": "0" }, "NOT_READY"],
  [408, {}, "NOT_READY"],
  [400, {}, "NOT_READY"],
  [302, { location: "http://example.invalid/" }, "ERROR"],
  [401, {}, "ERROR"],
  [403, { "retry-after": "0" }, "ERROR"],
  [404, {}, "ERROR"],
  [405, {}, "ERROR"],
  [410, {}, "ERROR"],
]) {
  const clause = state === "ERROR" ? "S6.4" : headers["retry-after"] === "0" ? "S6.3" : "S6.2";
  scenario(`${clause} S2.3: ${code} ${JSON.stringify(headers)} at the start is reported and outlived`, async (stage) => {
    const server = await stage.server(one);
    server.always.stream = (reply) => reply.status(code, headers);
    const client = await stage.client(server, { timing: { slow: 30 } });
    const status = await client.when("three failures", ({ failures }) => failures >= 3);
    assert.equal(status.state, state);
    assert.match(status.error, new RegExp(code));
    assert.equal(await client.value("f", "default"), "default");
    server.always = {};
    await client.inState("READY");
    assert.equal(await client.value("f", "default"), "one");
  });
}

scenario("S6.3: Retry-After is obeyed, up to the slow regime", async (stage) => {
  const patient = await stage.server();
  patient.always.stream = (reply) => reply.status(503, { "retry-after": "3600" });
  const waiting = await stage.client(patient, { timing: { slow: HOUR } });
  await waiting.when("a failure", ({ failures }) => failures === 1);
  const bounded = await stage.server(one);
  bounded.script("stream", (reply) => reply.status(503, { "retry-after": "99999999999" }));
  const client = await stage.client(bounded, { timing: { slow: 20 } });
  await client.at("a:1");
  await sleep(300);
  assert.equal(patient.requests("stream").length, 1);
});

scenario("S6.4 S6.5 S5.1: 401 in the middle of a life slows down, never stops, and takes nothing away", async (stage) => {
  const server = await stage.server(one);
  const slow = await stage.client(server, { timing: { slow: HOUR } });
  const quick = await stage.client(server, { timing: { slow: 30 } });
  for (const client of [slow, quick]) await client.at("a:1");
  server.always.stream = (reply) => reply.status(401);
  for (const stream of server.streams) stream.cut();
  for (const client of [slow, quick]) {
    await client.inState("ERROR");
    assert.equal(await client.value("f", "default"), "one");
  }
  await quick.when("it goes on trying", ({ failures }) => failures >= 5);
  const before = (await slow.status()).failures;
  await sleep(300);
  assert.equal((await slow.status()).failures, before, "half an hour at least");
  server.always = {};
  server.ruleset = ruleset("a:2", { f: "two" });
  await quick.at("a:2");
});

scenario("S6.5 S3.1: flag calls under load do not hold up reconnecting, nor the other way", async (stage) => {
  const server = await stage.server(one);
  const client = await stage.client(server);
  await client.at("a:1");
  await client.do("load", { flags: ["f"], type: "json", default: "default", context: USER, threads: 2 });
  server.always.stream = (reply) => reply.hang();
  for (const stream of server.streams) stream.cut();
  await client.inState("STALE");
  server.always = {};
  await server.stop();
  server.ruleset = ruleset("a:2", { f: "one" });
  await server.start();
  await client.at("a:2");
  const { threw, values } = await client.do("load_end");
  assert.deepEqual([threw, Object.keys(values)], [0, ['"one"']]);
});

scenario("S7.1 S7.2: polling stands in for the stream and ends with its first frame", async (stage) => {
  const server = await stage.server(one);
  server.always.stream = (reply) => reply.status(503);
  const client = await stage.client(server, { timing: { poll_after: 10, poll_interval: 20 } });
  await client.inState("READY");
  assert.equal(await client.value("f", "default"), "one");
  await until("five polls", () => server.requests("ruleset").length >= 5);
  assert.equal(server.requests("ruleset").filter(({ headers }) => !headers["if-none-match"]).length, 1);
  assert.ok(server.requests("ruleset").some(({ status }) => status === 304));
  const streams = server.requests("stream").length;
  await until("it goes on trying to stream", () => server.requests("stream").length > streams);
  server.ruleset = ruleset("a:2", { f: "two" });
  await client.at("a:2");
  server.always = {};
  await until("a stream", () => server.streams.length === 1);
  await client.when("no failure", ({ error }) => error === null);
  await sleep(100);
  const polls = server.requests("ruleset").length;
  await sleep(400);
  assert.equal(server.requests("ruleset").length, polls, "polling goes on beside the stream");
});

scenario("S7.1: a stream that opens and says nothing does not end polling", async (stage) => {
  const server = await stage.server(one);
  server.always.stream = (reply) => reply.stream();
  const client = await stage.client(server, { timing: { poll_after: 10, poll_interval: 20 } });
  await client.inState("READY");
  await until("five polls", () => server.requests("ruleset").length >= 5);
});

scenario("S7.3 S5.4: the late answer to a poll does not undo what the stream brought", async (stage) => {
  const server = await stage.server(ruleset("new:1", { f: "fresh" }));
  const held = {};
  server.always.ruleset = (reply) => (held.poll = reply);
  server.always.stream = (reply) => reply.status(503);
  const client = await stage.client(server, { timing: { poll_after: 1 } });
  await until("a poll", () => held.poll);
  server.always.stream = null;
  await client.at("new:1");
  held.poll.json(ruleset("old:99", { f: "stale" }));
  await sleep(200);
  assert.equal(await client.value("f", "default"), "fresh");
  assert.deepEqual((await client.status()).state, "READY");
});

scenario("S7.4 S6.4: a refused poll slows down, a failing one keeps the rhythm", async (stage) => {
  const server = await stage.server();
  server.always = { stream: (reply) => reply.status(503), ruleset: (reply) => reply.status(403) };
  const refused = await stage.client(server, { timing: { poll_after: 1, poll_interval: 1, slow: HOUR, retry_max: HOUR } });
  await until("a poll", () => server.requests("ruleset").length === 1);
  await sleep(300);
  assert.equal(server.requests("ruleset").length, 1);
  assert.equal(await refused.value("f", "default"), "default");

  const failing = await stage.server();
  failing.always = { stream: (reply) => reply.hang(), ruleset: (reply) => reply.status(500) };
  await stage.client(failing, { timing: { poll_after: 1, poll_interval: 200, first_retry: 1, retry_base: 1, retry_max: 1, retry_floor: 1 } });
  await until("three polls", () => failing.requests("ruleset").length >= 3);
  const from = performance.now();
  const polls = failing.requests("ruleset").length;
  await sleep(2_000);
  // A hundred milliseconds each on average; one that retried at its backoff alone would have asked a thousand times.
  const most = ((performance.now() - from) / 100) * 3;
  const asked = failing.requests("ruleset").length - polls;
  assert.ok(asked < most, `${asked} polls`);
});

scenario("S7.5: without streaming it polls at once, and only that", async (stage) => {
  const server = await stage.server(one);
  const client = await stage.client(server, { streaming: false, timing: { poll_after: HOUR, poll_interval: 20 } });
  assert.equal((await client.ready()).state, "READY");
  server.ruleset = ruleset("a:2", { f: "two" });
  await client.at("a:2");
  assert.equal(server.requests("stream").length, 0);
  await server.stop();
  await client.inState("STALE");
  server.ruleset = ruleset("a:3", { f: "three" });
  await server.start();
  await client.at("a:3");
});

scenario("S6.2 S1.4: a server that takes the question and never answers", async (stage) => {
  const server = await stage.server(one);
  server.script("stream", (reply) => reply.hang());
  const client = await stage.client(server, { timing: { response: 300 } });
  await client.at("a:1");
  assert.ok(server.requests("stream").length >= 2);
});

scenario("S6.2: a host that takes the connection and says nothing", async (stage) => {
  const server = await stage.server(one);
  const proxy = await stage.proxy(server);
  proxy.silent = true;
  const client = await stage.client(proxy, { timing: { connect: 300, response: 300 } });
  await client.when("a failure", ({ failures }) => failures >= 1);
  proxy.silent = false;
  proxy.cut();
  await client.at("a:1");
});

scenario("S6.1 S6.2: connections that are cut again and again", async (stage) => {
  const server = await stage.server(one);
  const proxy = await stage.proxy(server);
  const client = await stage.client(proxy, { timing: QUICK });
  for (let rev = 1; rev <= 20; rev++) {
    server.ruleset = ruleset(`a:${rev}`, { f: `value ${rev}` });
    proxy.cut();
    await client.at(`a:${rev}`);
  }
  assert.equal(await client.value("f", "default"), "value 20");
});
