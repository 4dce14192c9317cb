// What released servers said on the wire, replayed byte for byte (record.mjs), one set for each version; and the cache
// files that released SDKs wrote (record-sdk.mjs).

import assert from "node:assert/strict";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { USER, scenario } from "../parts/scenario.mjs";
import { sleep, until } from "../../parts/until.mjs";

const FOLDER = new URL("../recordings/", import.meta.url);
const SDKS = new URL("sdks/", FOLDER);
const versions = (await readdir(FOLDER)).filter((name) => /^\d/.test(name)).sort();
const DEFAULTS = { boolean: false, string: "the default", number: -12345.5, json: { default: true } };

const again = ({ status, headers, body }) => (reply) => reply.status(status, headers, body);
const versionOf = (ruleset) => `${ruleset.version.epoch}:${ruleset.version.rev}`;

for (const release of versions) {
  const file = (name) => readFile(new URL(`${release}/${name}`, FOLDER), "utf8");
  const recorded = async (name) => JSON.parse(await file(name));
  const at = (clauses, text, options, play) => scenario(`${clauses}: server ${release}: ${text}`, { release, ...options }, play);

  at("S4.3 S5.3 S4.5", "the stream, as one piece and in pieces of a few bytes", {}, async (stage) => {
    const bytes = Buffer.from(await file("stream.sse"));
    const last = JSON.parse((await recorded("ruleset-last.json")).body);
    const whole = JSON.parse((await recorded("ruleset.json")).body);
    const still = await stage.client(await stage.server(), { bootstrap: last });
    const { answers: expected } = await still.do("evaluate_all", { context: USER });
    for (const piece of [bytes.length, 997, 61]) {
      const server = await stage.server(last);
      server.script("stream", async (reply) => {
        const stream = reply.stream();
        for (let from = 0; from < bytes.length; from += piece) {
          stream.raw(bytes.subarray(from, from + piece));
          if (from % 20 === 0) await new Promise(setImmediate);
        }
      });
      const client = await stage.client(server);
      await client.at(versionOf(last));
      // The recording ends with goodbye.
      await until("it comes back after goodbye", () => server.requests("stream").length === 2);
      assert.equal(server.requests("stream")[1].headers["last-event-id"], versionOf(last));
      assert.equal(server.requests("ruleset").length, 0, "every patch was applied");
      assert.deepEqual((await client.do("evaluate_all", { context: USER })).answers, expected);
      assert.ok(last.version.rev > whole.version.rev);
    }
  });

  at("S3.2", "its answers", {}, async (stage) => {
    const text = (await recorded("ruleset.json")).body;
    const { now, contexts, answers } = await recorded("answers.json");
    const client = await stage.double({ ruleset_text: text, now });
    let compared = 0;
    for (const [index, context] of contexts.entries()) {
      const { answers: got } = await client.do("evaluate_all", { context });
      for (const [flag, want] of Object.entries(answers[index])) {
        const { value, variant, reason, rule, error } = got[flag];
        const expected = { value: want.value ?? null, variant: want.variant ?? null, reason: want.reason, rule: want.rule ?? null, error: want.error ?? null };
        assert.deepEqual({ value, variant, reason, rule, error }, expected, `${flag} for context ${index}`);
        compared += 1;
      }
      const [flag, { type }] = Object.entries(answers[index])[index % Object.keys(answers[index]).length];
      const single = await client.details(flag, DEFAULTS[type], { type, context });
      assert.deepEqual([single.variant, single.reason, single.error], [got[flag].variant, got[flag].reason, got[flag].error], flag);
    }
    assert.ok(compared > 300, `${compared}`);
  });

  at("S7.1 S7.2", "the whole, and that it is unchanged", {}, async (stage) => {
    const server = await stage.server();
    const [whole, unchanged] = [await recorded("ruleset.json"), await recorded("ruleset-unchanged.json")];
    server.always.ruleset = (reply, { headers }) => again(headers["if-none-match"] === whole.headers.etag ? unchanged : whole)(reply);
    const client = await stage.client(server, { streaming: false });
    await client.at(versionOf(JSON.parse(whole.body)));
    await until("304", () => server.requests("ruleset").some(({ status }) => status === 304));
    assert.equal((await client.status()).state, "READY");
  });

  at("S6.4", "its refusals", {}, async (stage) => {
    for (const [name, refusal] of Object.entries(await recorded("refusals.json"))) {
      const server = await stage.server();
      server.always.stream = again(refusal);
      const client = await stage.client(server);
      assert.equal((await client.inState("ERROR")).version, null, name);
    }
  });

  at("S12.1 S12.3 S12.4", "what it answers to batches, and that it knew every member", {}, async (stage) => {
    const { accepted, wrong } = await recorded("events.json");
    const server = await stage.server(JSON.parse((await recorded("ruleset.json")).body));
    server.script("events", again(wrong), again(accepted));
    const client = await stage.client(server);
    await client.inState("READY");
    for (const done of [1, 2]) {
      await client.value("recorded", false);
      await client.do("track", { event: "purchase", context: USER, value: 1.5, data: { currency: "EUR" } });
      await client.do("flush", { limit: 60_000 });
      await until(`batch ${done}`, () => server.requests("events").length === done);
    }
    const status = await client.status();
    assert.deepEqual([status.dropped_counts, status.dropped_events], [1, 1], "the wrong one was given up, the other was not");
    const known = (record, sample) => assert.deepEqual(Object.keys(record).filter((name) => !(name in sample)), []);
    const [, { json }] = server.requests("events");
    known(json, accepted.sent);
    for (const kind of ["counts", "events"]) known(json[kind][0], accepted.sent[kind][0]);
  });

  at("S17.1 S17.2 S17.6", "answers for a client key, and its stream of changes", { kind: "web" }, async (stage) => {
    const bulk = await recorded("bulk.json");
    const server = await stage.server();
    const bytes = await file("changes.sse");
    server.script("bulk", again(bulk));
    server.always.changes = (reply) => void reply.stream().raw(bytes);
    server.answers = () => ({ recorded: "asked again" });
    const client = await stage.client(server, { context: bulk.context });
    const first = Object.fromEntries(JSON.parse(bulk.body).flags.map((flag) => [flag.key, flag.value]));
    await client.ready();
    await until("it asks again", async () => (await client.details("recorded", "", { type: "json" })).value === "asked again");
    assert.ok(Object.keys(first).length > 10);
    await sleep(50);
  });
}

for (const file of (await readdir(SDKS)).sort()) {
  scenario(`S8.2: the cache file of ${file.replace(".json", "")} is read`, { needs: ["cache_file"] }, async (stage) => {
    const { sdk_key, cache } = JSON.parse(await readFile(new URL(file, SDKS), "utf8"));
    const cache_file = join(await stage.directory(), "flags");
    await writeFile(cache_file, cache);
    const client = await stage.client(await stage.server(), { cache_file, sdk_key });
    assert.deepEqual([(await client.status()).version, await client.value("f", "default")], ["a:1", "one"]);
  });
}
