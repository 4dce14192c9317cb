// S1: settings; S2: states.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ruleset } from "../parts/ruleset.mjs";
import { KEY, QUICK, scenario } from "../parts/scenario.mjs";
import { sleep, until } from "../../parts/until.mjs";

scenario("S1.1: an address works with a path and with a trailing slash", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one" }));
  const path = "/flags/sdk/v1/stream";
  server.always[path] = (reply) => reply.stream().put(server.ruleset);
  for (const [suffix, asked] of [["/", "/sdk/v1/stream"], ["/flags", path], ["/flags/", path]]) {
    const client = await stage.client({ url: server.url + suffix });
    await client.at("a:1");
    assert.equal(server.log.filter((request) => request.path === asked).at(-1)?.method, "GET", `${suffix}: ${asked}`);
  }
});

scenario("S1.2 S1.3: the environment says what code does not", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one" }));
  const other = await stage.server(ruleset("b:1", { f: "other" }));
  const directory = await stage.directory();
  const environment = {
    YARDARM_URL: server.url,
    YARDARM_SDK_KEY: "yd_srv_from_environment",
    YARDARM_STREAMING: "0",
    YARDARM_CACHE_FILE: join(directory, "cache"),
    YARDARM_COUNT_EVALUATIONS: "false",
    YARDARM_PROJECT: "not read",
  };
  const service = await stage.own({ environment });
  const client = await stage.client(null, { service, command: "create_from_environment" });
  await client.at("a:1");
  assert.equal(server.requests("stream").length, 0, "it polls");
  assert.equal(server.requests("ruleset")[0].headers.authorization, "Bearer yd_srv_from_environment");
  assert.equal(await client.value("f", "default"), "one");
  assert.equal((await client.do("flush", { limit: 60_000 })).done, true);
  assert.equal(server.requests("events").length, 0, "nothing is counted");
  const winning = await stage.client(null, { service, command: "create_from_environment", url: other.url, streaming: true });
  await winning.at("b:1");
  assert.equal(other.requests("stream").length, 1, "code wins");
});

scenario("S1.2 S1.3: a missing or unreadable variable is refused", async (stage) => {
  for (const environment of [{}, { YARDARM_URL: "http://127.0.0.1:9" }, { YARDARM_URL: "http://127.0.0.1:9", YARDARM_SDK_KEY: "k", YARDARM_STREAMING: "maybe" }]) {
    const service = await stage.own({ environment });
    const answer = await service.ask("create_from_environment", { client: "x", settings: {} });
    assert.ok(answer.failed, JSON.stringify(environment));
  }
});

scenario("S1.2 S9.1: an offline file from the environment needs neither address nor key", { needs: ["offline_file"] }, async (stage) => {
  const path = join(await stage.directory(), "ruleset.json");
  await writeFile(path, JSON.stringify(ruleset("a:1", { f: "one" })));
  const service = await stage.own({ environment: { YARDARM_OFFLINE_FILE: path } });
  const client = stage.named(service);
  await client.do("create_from_environment", { settings: {} });
  assert.equal(await client.value("f", "default"), "one");
});

scenario("S1.3: settings that cannot work are refused, a server that is away is not", async (stage) => {
  const good = { url: "http://127.0.0.1:9", sdk_key: KEY, timing: QUICK };
  const bad = [
    { url: "" },
    { url: "localhost:3524" },
    { url: "ftp://localhost" },
    { url: "/var/run/yardarm" },
    { sdk_key: "a\nb" },
    { bootstrap: { nonsense: true } },
    { bootstrap: [] },
    { bootstrap: "text" },
  ];
  for (const settings of bad) {
    const answer = await stage.service.ask("create", { client: "refused", settings: { ...good, ...settings } });
    assert.ok(answer.failed, `${JSON.stringify(settings)}: ${JSON.stringify(answer)}`);
  }
  const client = stage.named();
  await client.do("create", { settings: good });
  assert.equal((await client.status()).state, "NOT_READY");
});

scenario("S1.3 S9.1: an offline file that is no ruleset is refused", { needs: ["offline_file"] }, async (stage) => {
  const path = join(await stage.directory(), "ruleset.json");
  for (const [name, text] of [["absent", null], ["empty", ""], ["no ruleset", '{"a":1}'], ["cut", '{"format":1,"pro']]) {
    if (text !== null) await writeFile(path, text);
    const answer = await stage.service.ask("create", { client: "refused", settings: { offline_file: path } });
    assert.ok(answer.failed, name);
  }
});

scenario("S1.4 S6.1: waits are as long as they are set", async (stage) => {
  const server = await stage.server();
  const hour = 3_600_000;
  const client = await stage.client(server, { timing: { first_retry: 1, retry_floor: hour } });
  await client.when("the first failure", (status) => status.failures === 1);
  await sleep(300);
  assert.equal(server.requests("stream").length, 1, "no wait is shorter than retry_floor");
});

scenario("S2.1 S2.2 S2.3: states and errors follow the server", async (stage) => {
  const server = await stage.server();
  const client = await stage.client(server);
  const before = await client.when("a failure", (status) => status.failures >= 2);
  assert.equal(before.state, "NOT_READY");
  assert.equal(before.version, null);
  assert.match(before.error, /503/);
  server.ruleset = ruleset("a:1", { f: "one" });
  const ready = await client.inState("READY");
  assert.deepEqual([ready.version, ready.error, ready.failures], ["a:1", null, 0]);
  server.ruleset = null;
  for (const stream of server.streams) stream.cut();
  const stale = await client.inState("STALE");
  assert.equal(stale.version, "a:1");
  assert.ok(stale.error);
  assert.equal(await client.value("f", "default"), "one");
  server.always.stream = (reply) => reply.status(401);
  await client.inState("ERROR");
  assert.equal(await client.value("f", "default"), "one");
  server.always = {};
  server.ruleset = ruleset("a:2", { f: "two" });
  const again = await client.at("a:2");
  assert.equal(again.state, "READY");
});

scenario("S2.4: waiting returns in time, and at once when waiting makes no sense", async (stage) => {
  const server = await stage.server();
  server.always.stream = (reply) => reply.hang();
  const silent = await stage.client(server);
  assert.equal((await silent.do("wait", { limit: 50 })).state, "NOT_READY");

  const refusing = await stage.server();
  refusing.always.stream = (reply) => reply.status(403);
  const refused = await stage.client(refusing);
  const hour = 3_600_000;
  const soon = (client) => Promise.race([client.do("wait", { limit: hour }), sleep(60_000).then(() => ({ state: "still waiting" }))]);
  assert.equal((await soon(refused)).state, "ERROR");

  const away = await stage.server();
  const stale = await stage.client(away, { bootstrap: ruleset("a:1", { f: "one" }) });
  assert.equal((await soon(stale)).state, "STALE");

  const late = await stage.server();
  const client = await stage.client(late);
  const waiting = soon(client);
  await client.when("a failure", (status) => status.failures > 0);
  late.ruleset = ruleset("a:1", { f: "one" });
  assert.equal((await waiting).state, "READY");
});

scenario("S2.5: observers are told of changes, and one that throws disturbs nothing", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one" }));
  const client = await stage.client(server, { observer: "throw" });
  await client.at("a:1");
  server.change(ruleset("a:2", { f: "two" }));
  await client.at("a:2");
  await until("the observer hears of a:2", async () => (await client.do("seen")).observed.at(-1)?.version === "a:2");
  server.ruleset = null;
  for (const stream of server.streams) stream.cut();
  await client.inState("STALE");
  await until("the observer hears of STALE", async () => (await client.do("seen")).observed.some(({ state }) => state === "STALE"));
});
