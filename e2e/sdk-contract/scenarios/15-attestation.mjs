// S15.3 to S15.5, S17.7, S17.8: contexts that the application's server has signed.

import assert from "node:assert/strict";

import { sleep, until } from "../../parts/until.mjs";
import { signed, verified } from "../parts/attestation.mjs";
import { KEY, USER, scenario } from "../parts/scenario.mjs";
import { Failed } from "../parts/sdk.mjs";

const attest = async (client, context, ttl) => (await client.do("attest", { context, ttl })).token;

scenario("S15.3 S15.4: what an SDK signs is verified by another implementation, without a server at hand", async (stage) => {
  const server = await stage.server();
  const client = await stage.client(server);
  const contexts = [
    { targetingKey: "u" },
    { targetingKey: "ü/€ 👩‍🚀\u2028\"\\", country: "DE", age: 37.5, none: null, beta: true },
    { targetingKey: "u", account: { key: "a1", plan: "pro", seats: [1, 2, { n: 1e-7 }] }, user: { email: "a@b.example" } },
  ];
  for (const context of contexts) {
    const { header, claims } = verified(await attest(client, context, 3_600_900), KEY);
    assert.deepEqual(header, { alg: "HS256", typ: "JWT", kid: KEY.slice(0, 12) });
    const { iat, exp, ...rest } = claims;
    assert.deepEqual(rest, { context });
    assert.ok(Number.isInteger(iat) && Math.abs(iat - Date.now() / 1000) < 300, `${iat}`);
    assert.equal(exp - iat, 3600);
  }
});

scenario("S15.4 S13.6: it signs with the key that the client has now", async (stage) => {
  const client = await stage.client(await stage.server());
  verified(await attest(client, USER, 60_000), KEY);
  await client.do("set_sdk_key", { sdk_key: "yd_srv_another-one" });
  const token = await attest(client, USER, 60_000);
  assert.equal(verified(token, "yd_srv_another-one").header.kid, "yd_srv_anoth");
  assert.throws(() => verified(token, KEY));
});

scenario("S15.3 S15.4: what cannot be signed is refused", async (stage) => {
  const server = await stage.server();
  const client = await stage.client(server);
  // The limit is of bytes.
  const [fits, tooLong] = [2033, 2034].map((letters) => ({ targetingKey: "u", text: "é".repeat(letters) }));
  assert.deepEqual([fits, tooLong].map((context) => Buffer.byteLength(JSON.stringify(context))), [4096, 4098]);
  verified(await attest(client, fits, 86_400_000), KEY);
  verified(await attest(client, USER, 1_000), KEY);
  for (const [context, ttl] of [
    [{}, 60_000],
    [{ targetingKey: "" }, 60_000],
    [{ targetingKey: 7 }, 60_000],
    [{ targetingKey: null }, 60_000],
    [{ key: "u" }, 60_000],
    [tooLong, 60_000],
    [USER, 0],
    [USER, 999],
    [USER, 86_400_001],
  ]) {
    await assert.rejects(attest(client, context, ttl), Failed, `${JSON.stringify(context).slice(0, 60)} ${ttl}`);
  }
  const browser = await stage.client(server, { sdk_key: "yd_cli_scenario" });
  await assert.rejects(attest(browser, USER, 60_000), Failed, "a client key signs nothing");
});

scenario("S15.4 S9.2: the test double signs with a key that no server knows", async (stage) => {
  const double = await stage.double({ set: { f: true } });
  assert.equal(verified(await attest(double, USER, 60_000), "yd_srv_test").header.kid, "yd_srv_test");
});

scenario("S15.4 S14.3 S15.1: nothing that is signed is logged or sent", async (stage) => {
  const server = await stage.server();
  const service = await stage.own();
  const client = await stage.client(server, { service });
  const token = await attest(client, { targetingKey: "signed-user-4711", plan: "signed-plan-4711" }, 60_000);
  await attest(client, { plan: "signed-plan-4711" }, 60_000).catch(() => {});
  await client.do("flush", { limit: 60_000 });
  const told = service.log + JSON.stringify(server.log);
  for (const secret of [token, token.split(".")[1], "signed-user-4711", "signed-plan-4711"]) assert.ok(!told.includes(secret), secret);
});

/** A server for client keys that gives answers only to attestations of `KEY`, as the real one does. */
async function attesting(stage) {
  const server = await stage.server();
  server.answers = (context) => ({ f: `hello ${context.targetingKey}` });
  const refused = (reply, code) => reply.json({ type: `https://yardarm.dev/problems/${code}`, status: 403, code }, { "content-type": "application/problem+json" }, 403);
  server.always.bulk = (reply, request) => {
    const token = request.headers["x-yardarm-attestation"];
    if (!token) return refused(reply, "attestation_required");
    const { claims } = verified(token, KEY);
    if (claims.exp * 1000 < Date.now()) return refused(reply, "attestation_expired");
    if (claims.context.targetingKey !== request.json.context.targetingKey) return refused(reply, "attestation_mismatch");
    return server._bulk(reply, request);
  };
  return server;
}
const web = { kind: "web" };
const tokens = (server) => server.requests("bulk").map(({ headers }) => headers["x-yardarm-attestation"]);
const asked = async (client) => (await client.do("attestations")).asked;

scenario("S17.7 S15.5: a text is sent with each question", web, async (stage) => {
  const server = await attesting(stage);
  const token = signed(KEY, USER);
  const client = await stage.client(server, { context: USER, attestation: token, streaming: false, timing: { poll_interval: 10 } });
  assert.equal((await client.ready()).state, "READY");
  assert.equal(await client.value("f", ""), "hello user-1");
  await until("more questions", () => tokens(server).length > 3);
  assert.deepEqual(new Set(tokens(server)), new Set([token]));
  assert.ok(server.requests("bulk").some(({ status }) => status === 304));
  assert.ok(server.log.filter(({ kind }) => kind !== "bulk").every(({ headers }) => !("x-yardarm-attestation" in headers)));
});

scenario("S17.7 S17.4: the function is asked for each context, and once as long as its token is good", web, async (stage) => {
  const server = await attesting(stage);
  const [ann, bob] = [{ targetingKey: "ann" }, { targetingKey: "bob" }];
  const attestations = [signed(KEY, ann), signed(KEY, bob)];
  const client = await stage.client(server, { context: ann, attestations, streaming: false, timing: { poll_interval: 10 } });
  await client.ready();
  await until("more questions", () => tokens(server).length > 3);
  assert.deepEqual(await asked(client), [ann]);
  await client.do("set_context", { context: bob, limit: 60_000 });
  assert.equal(await client.value("f", ""), "hello bob");
  assert.deepEqual(await asked(client), [ann, bob]);
  assert.equal(tokens(server).at(-1), attestations[1]);
});

scenario("S17.7: a token is replaced before it ends", web, async (stage) => {
  const server = await attesting(stage);
  // Good for an hour by the server's clock; by its own account it lives for a tenth of a second.
  const brief = () => signed(KEY, USER, { claims: { iat: Date.now() / 1000 + 3_599.9, exp: Date.now() / 1000 + 3_600 } });
  const attestations = [brief(), signed(KEY, USER)];
  const client = await stage.client(server, { context: USER, attestations, streaming: false, timing: { poll_interval: 10 } });
  await client.ready();
  await until("the second", () => tokens(server).at(-1) === attestations[1]);
  const refused = server.requests("bulk").filter(({ status }) => status === 403);
  assert.deepEqual([refused.length, (await asked(client)).length], [0, 2]);
});

scenario("S17.8 S5.1 S6.1: a token that was refused is replaced at once, and the answers stay", web, async (stage) => {
  const server = await attesting(stage);
  const attestations = [signed(KEY, USER)];
  const client = await stage.client(server, { context: USER, attestations, streaming: false, timing: { poll_interval: 10, slow: 3_600_000 } });
  await client.ready();
  const before = tokens(server).length;
  const fresh = signed(KEY, USER, { claims: { jti: "fresh" } });
  await client.do("attestations", { next: [fresh] });
  const serve = server.always.bulk;
  server.always.bulk = (reply, request) => {
    if (request.headers["x-yardarm-attestation"] === fresh) return serve(reply, request);
    return reply.json({ code: "attestation_expired" }, {}, 403);
  };
  await until("the fresh one", () => tokens(server).slice(before).includes(fresh));
  await client.inState("READY");
  assert.equal(await client.value("f", ""), "hello user-1");
  assert.equal((await asked(client)).length, 2);
});

scenario("S17.8 S6.4 S5.1: when a new token is refused as well, nothing is urgent", web, async (stage) => {
  const server = await attesting(stage);
  const client = await stage.client(server, { context: USER, attestations: [signed(KEY, USER)], streaming: false, timing: { poll_interval: 10, slow: 3_600_000 } });
  await client.ready();
  server.always.bulk = (reply) => reply.json({ code: "attestation_key" }, {}, 403);
  const status = await client.inState("ERROR");
  assert.match(status.error, /403/);
  const questions = tokens(server).length;
  await sleep(300);
  assert.equal(tokens(server).length, questions, "it waits as for a refusal");
  assert.equal((await asked(client)).length, 2);
  assert.equal(await client.value("f", ""), "hello user-1");
});

scenario("S17.8 S6.4: a text that is refused is a refusal, and asked again slowly", web, async (stage) => {
  const server = await attesting(stage);
  const client = await stage.client(server, { context: USER, attestation: signed(KEY, USER, { lifetime: -100 }), streaming: false, timing: { slow: 30 } });
  await client.inState("ERROR");
  await until("again", () => tokens(server).length > 2);
  server.always = {};
  await client.inState("READY");
});

scenario("S17.7 S6.1: a function that gives no token is a failure that passes", web, async (stage) => {
  const server = await attesting(stage);
  const attestations = [null, "", "<p>sign in</p>", signed(KEY, USER)];
  const client = await stage.client(server, { context: USER, attestations });
  await client.inState("READY");
  assert.deepEqual([(await asked(client)).length, tokens(server).length], [4, 1]);
});

scenario("S17.7 S17.5: answers are kept only for a context that says who it is", { kind: "web", needs: ["storage"] }, async (stage) => {
  const server = await stage.server();
  server.answers = () => ({ f: "for one user" });
  const attestation = signed(KEY, { targetingKey: `signed-${Date.now()}` });
  const first = await stage.client(server, { context: { page: "cart" }, attestation, storage: true });
  await first.ready();
  assert.equal(await first.value("f", "mine"), "for one user");
  await first.do("shutdown", { limit: 60_000 });
  server.answers = null;
  const second = await stage.client(server, { context: { page: "cart" }, attestation, storage: true });
  await until("a failure", async () => (await second.status()).failures > 0);
  assert.equal(await second.value("f", "mine"), "mine");
});
