// The same SDKs against the real binary.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";

import { expected } from "../../parts/answers.mjs";
import { people } from "../../parts/people.mjs";
import { realServer } from "../parts/real.mjs";
import { USER, scenario as anyScenario } from "../parts/scenario.mjs";
import { until } from "../../parts/until.mjs";

const scenario = (title, play, kind = "server") =>
  anyScenario(title, { kind, needsServer: true }, async (stage) => {
    const server = await realServer();
    try {
      await play(stage, server);
    } finally {
      await server.close();
    }
  });

const connect = (stage, { app }, settings = {}) =>
  stage.client(null, { url: app.url, sdk_key: stage.service.is.kind === "web" ? app.client_key : app.server_key, ...settings });
const turn = (server, on) => server.cli("flags", on ? "on" : "off", "switch", "--environment", server.app.environment);
const create = (server) => server.cli("flags", "create", "switch");

scenario("S2.3 S3.2 S4.3: the real server's flags answer as it says", async (stage, server) => {
  const client = await connect(stage, server);
  assert.equal((await client.ready()).state, "READY");
  const contexts = people(60);
  const wanted = await expected(server.app, contexts);
  let compared = 0;
  for (const [index, context] of contexts.entries()) {
    const { answers } = await client.do("evaluate_all", { context });
    for (const [flag, want] of Object.entries(wanted[index])) {
      const { value, variant, reason, rule, error } = answers[flag];
      assert.deepEqual([value, variant, reason, rule, error], [want.value ?? null, want.variant ?? null, want.reason, want.rule ?? null, want.error ?? null], `${flag} ${index}`);
      compared += 1;
    }
  }
  assert.ok(compared > 1_000, `${compared}`);
});

scenario("S4.3 S5.3 S5.1 S6.1: changes arrive, through kill -9 and a restart", async (stage, server) => {
  await create(server);
  const client = await connect(stage, server);
  await client.ready();
  const sees = (on) => until(`switch is ${on}`, async () => (await client.value("switch", null, { type: "json" })) === on);
  await sees(false);
  for (const on of [true, false, true]) {
    await turn(server, on);
    await sees(on);
  }
  await server.kill("SIGKILL");
  await client.inState("STALE");
  assert.equal(await client.value("switch", false), true);
  await server.restart();
  await client.inState("READY");
  await turn(server, false);
  await sees(false);
});

scenario("S4.5 S2.3: a server that is stopped in good order says goodbye", async (stage, server) => {
  await create(server);
  const client = await connect(stage, server);
  await client.ready();
  await server.kill("SIGTERM");
  assert.equal((await client.details("switch", true)).error, null);
  await server.restart();
  await turn(server, true);
  await until("the change", async () => (await client.value("switch", false)) === true);
});

scenario("S6.4 S13.6 S5.1: a revoked key ends the stream, and another one opens it", async (stage, server) => {
  await create(server);
  const made = JSON.parse(await server.cli("keys", "create", "--environment", server.app.environment, "--audience", "server", "rotated"));
  const client = await connect(stage, server, { sdk_key: made.key ?? made.secret ?? made.sdk_key });
  assert.equal((await client.ready()).state, "READY");
  await server.cli("keys", "revoke", made.id);
  await client.inState("ERROR");
  assert.equal((await client.details("switch", true)).error, null);
  await client.do("set_sdk_key", { sdk_key: server.app.server_key });
  await client.inState("READY");
});

scenario("S10.1 S11.1 S11.3 S12.1: what is counted and tracked arrives", async (stage, server) => {
  await create(server);
  const client = await connect(stage, server, { exposures: true });
  await client.ready();
  for (let n = 0; n < 5; n++) await client.value("switch", false);
  const { answers } = await client.do("evaluate_all", { context: USER });
  const [split] = Object.entries(answers).find(([, { reason }]) => reason === "SPLIT");
  await client.details(split, {}, { type: "json" });
  await client.do("track", { event: "purchase", context: USER, value: 9.5, data: { currency: "EUR" } });
  assert.equal((await client.do("flush", { limit: 60_000 })).done, true);
  assert.deepEqual(
    [await server.metric("yardarm_reported_evaluations_total"), await server.metric("yardarm_reported_exposures_total"), await server.metric("yardarm_reported_events_total")],
    [6, 1, 1],
  );
  const status = await client.status();
  assert.deepEqual([status.dropped_counts, status.dropped_exposures, status.dropped_events], [0, 0, 0]);
});

scenario("S12.1: batches of released SDKs are taken", async (_, server) => {
  const folder = new URL("../recordings/sdks/", import.meta.url);
  const now = Date.now();
  const files = await readdir(folder);
  for (const file of files) {
    const { batch } = JSON.parse(await readFile(new URL(file, folder), "utf8"));
    // All of it as it was sent, but today: no server keeps what is a month old.
    for (const count of batch.counts) count.start = now;
    for (const record of [...batch.exposures, ...batch.events]) record.at = now;
    const headers = { authorization: `Bearer ${server.app.server_key}`, "content-type": "application/json" };
    const answer = await fetch(`${server.app.url}/sdk/v1/events`, { method: "POST", headers, body: JSON.stringify(batch) });
    assert.equal(answer.status, 202, `${file}: ${await answer.text()}`);
  }
  assert.equal(await server.metric("yardarm_reported_evaluations_total"), files.length * 3);
  assert.equal(await server.metric("yardarm_reported_events_total"), files.length);
});

scenario("S6.4 S2.1: a client key may not read rules", async (stage, server) => {
  const client = await connect(stage, server, { sdk_key: server.app.client_key });
  const status = await client.inState("ERROR");
  assert.match(status.error, /403/);
});

scenario(
  "S17.1 S17.2 S17.4 S17.6: the real server's answers for a client key, and their changes",
  async (stage, server) => {
    await create(server);
    const client = await connect(stage, server, { context: USER });
    assert.equal((await client.ready()).state, "READY");
    for (const on of [true, false]) {
      await turn(server, on);
      await until(`switch is ${on}`, async () => (await client.value("switch", null, { type: "json" })) === on);
    }
    await client.do("track", { event: "purchase", context: USER, value: 9.5 });
    assert.equal((await client.do("flush", { limit: 60_000 })).done, true);
    assert.equal(await server.metric("yardarm_reported_events_total"), 1);
  },
  "web",
);
