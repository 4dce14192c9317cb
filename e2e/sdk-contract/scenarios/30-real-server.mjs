// The same SDKs against the real binary.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";

import { expected } from "../../parts/answers.mjs";
import { people } from "../../parts/people.mjs";
import { signed } from "../parts/attestation.mjs";
import { realServer } from "../parts/real.mjs";
import { USER, scenario as anyScenario } from "../parts/scenario.mjs";
import { Service } from "../parts/sdk.mjs";
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

const createKey = async (server, audience, environment = server.app.environment, ...words) =>
  JSON.parse(await server.cli("keys", "create", "attested", "--environment", environment, "--audience", audience, ...words));

/** Asks all flags with a client key; the status, or the code of the problem. */
async function bulk(server, { key }, token, context = USER) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", ...(token === undefined ? {} : { "x-yardarm-attestation": token }) };
  const answer = await fetch(`${server.app.url}/ofrep/v1/evaluate/flags`, { method: "POST", headers, body: JSON.stringify({ context }) });
  const body = await answer.json();
  return answer.ok ? answer.status : body.code;
}

scenario("S15.3 S15.4 S15.5: the real server takes what an SDK signs, and nothing else", async (stage, server) => {
  const client = await connect(stage, server);
  const context = { ...USER, plan: "pro", name: "Zoë €" };
  const { token } = await client.do("attest", { context, ttl: 60_000 });
  const asks = await createKey(server, "client", undefined, "--attested");
  const free = await createKey(server, "client");
  const staging = { client: await createKey(server, "client", "staging"), server: await createKey(server, "server", "staging") };
  const [head, claims, signature] = token.split(".");
  const other = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(claims, "base64url")), context: { ...context, plan: "free" } })).toString("base64url");
  const none = Buffer.from(JSON.stringify({ alg: "none", kid: server.app.server_key.slice(0, 12) })).toString("base64url");
  const own = (options) => signed(server.app.server_key, context, options);
  for (const key of [asks, free]) {
    for (const [what, sent, expected, asked] of [
      ["as it was signed", token, 200],
      ["by another implementation", own(), 200],
      ["for somebody else", token, "attestation_mismatch", { targetingKey: "user-2" }],
      ["tampered with", `${head}.${other}.${signature}`, "attestation_signature"],
      ["without a signature", `${none}.${claims}.`, "attestation_algorithm"],
      ["by another algorithm", own({ header: { alg: "HS512" }, hash: "sha512" }), "attestation_algorithm"],
      ["expired", own({ lifetime: -61 }), "attestation_expired"],
      ["for too long", own({ lifetime: 86_401 }), "attestation_claims"],
      ["of another environment", signed(staging.server.key, context), "attestation_key"],
      ["of another environment, under this one's name", signed(staging.server.key, context, { header: { kid: server.app.server_key.slice(0, 12) } }), "attestation_signature"],
      ["by a client key", signed(free.key, context), "attestation_key"],
    ]) {
      assert.equal(await bulk(server, key, sent, asked), expected, what);
    }
  }
  assert.deepEqual([await bulk(server, asks), await bulk(server, free)], ["attestation_required", 200]);
  assert.equal(await bulk(server, staging.client, token), "attestation_key", "replayed under a key of another environment");

  const second = await createKey(server, "server");
  const signer = await connect(stage, server, { sdk_key: second.key });
  const late = (await signer.do("attest", { context: USER, ttl: 60_000 })).token;
  assert.equal(await bulk(server, asks, late), 200);
  await server.cli("keys", "revoke", second.id);
  await until("the revocation is known", async () => (await bulk(server, asks, late)) === "attestation_key");
  await server.cli("keys", "update", asks.id, "--attested", "false");
  await until("it asks for none", async () => (await bulk(server, asks)) === 200);
});

scenario(
  "S17.7 S17.8 S15.4 S15.5: signed by a server's SDK, evaluated for a browser's, through a revoked key",
  async (stage, server) => {
    // Whatever the browser claims, it gets what the signed context gets.
    const signs = await Service.start(stage.command.replace(/web\.sh$/, "typescript.sh"));
    try {
      const first = await createKey(server, "server");
      const create = (client, sdk_key) => signs.do("create", { client, settings: { url: server.app.url, sdk_key, streaming: false } });
      const tokenOf = async (client, context) => (await signs.do("attest", { client, context, ttl: 3_600_000 })).token;
      await create("first", first.key);
      await create("second", server.app.server_key);
      const [liar, ...contexts] = people(200).filter(({ targetingKey }) => targetingKey).slice(0, 4);
      const { key } = await createKey(server, "client", undefined, "--attested");
      const wanted = await expected(server.app, contexts);
      let compared = 0;
      for (const [index, context] of contexts.entries()) {
        // What a context does not have is signed to be absent.
        const names = Object.keys({ ...liar, ...context });
        const whole = Object.fromEntries(names.map((name) => [name, context[name] ?? null]));
        const attestations = [await tokenOf("first", whole)];
        const client = await connect(stage, server, { sdk_key: key, attestations, context: { ...liar, targetingKey: context.targetingKey } });
        assert.equal((await client.ready()).state, "READY");
        const { answers } = await client.do("evaluate_all");
        for (const [flag, { value, variant }] of Object.entries(wanted[index])) {
          assert.deepEqual([answers[flag].value, answers[flag].variant], [value ?? null, variant ?? null], `${flag} ${index}`);
          compared += 1;
        }
      }
      assert.ok(compared > 50, `${compared}`);

      const attestations = [await tokenOf("first", USER)];
      const settings = { sdk_key: key, context: USER, attestations, streaming: false, timing: { poll_interval: 30, slow: 3_600_000 } };
      const client = await connect(stage, server, settings);
      await client.ready();
      const before = await client.do("evaluate_all");
      await client.do("attestations", { next: [await tokenOf("second", USER)] });
      await server.cli("keys", "revoke", first.id);
      await until("another attestation", async () => (await client.do("attestations")).asked.length === 2);
      await client.inState("READY");
      assert.deepEqual(Object.keys((await client.do("evaluate_all")).answers), Object.keys(before.answers));
    } finally {
      await signs.stop();
    }
  },
  "web",
);
