// S4: the stream; S5: versions.

import assert from "node:assert/strict";

import { flag, patch, ruleset } from "../parts/ruleset.mjs";
import { KEY, scenario } from "../parts/scenario.mjs";
import { sleep, until } from "../../parts/until.mjs";

const one = ruleset("a:1", { f: "one" });

/** Frames for the first stream, and what the second one gets: the correct little server. */
const first = (...frames) => (reply) => {
  const stream = reply.stream();
  for (const frame of frames) frame(stream);
};
const put = (version, value) => (stream) => stream.put(ruleset(version, { f: value }));
const follow = (from, to, value) => (stream) => stream.patch(patch(from, to, { f: value }));
const raw = (bytes) => (stream) => stream.raw(bytes);

scenario("S4.1 S4.2: how a stream is asked for, and resumed", async (stage) => {
  const server = await stage.server(one);
  const client = await stage.client(server);
  await client.at("a:1");
  const [asked] = server.requests("stream");
  assert.equal(asked.headers.authorization, `Bearer ${KEY}`);
  assert.match(asked.headers.accept, /text\/event-stream/);
  assert.match(asked.headers["user-agent"], new RegExp(`^yardarm-${stage.service.is.sdk}/${stage.service.is.version.replaceAll(".", "\\.")}`));
  assert.equal(asked.headers["last-event-id"], undefined);
  const [stream] = server.streams;
  stream.frame("patch", patch("a:1", "a:2", { f: "two" }), "some:99");
  await client.at("a:2");
  server.ruleset = ruleset("a:2", { f: "two" });
  stream.cut();
  await until("a second stream", () => server.requests("stream").length === 2);
  assert.equal(server.requests("stream")[1].headers["last-event-id"], "a:2");
  await client.inState("READY");
});

scenario("S4.1: a captive portal, a redirect and other answers are not read as streams", async (stage) => {
  const page = "<!doctype html><title>Welcome</title>event: put\ndata: " + JSON.stringify(ruleset("z:9", { f: "portal" })) + "\n\n";
  const elsewhere = await stage.server(ruleset("z:9", { f: "elsewhere" }));
  const answers = [
    (reply) => reply.status(200, { "content-type": "text/html" }, page),
    (reply) => reply.status(200, {}, page),
    (reply) => reply.json(ruleset("z:9", { f: "json" })),
    (reply) => reply.status(302, { location: `${elsewhere.url}/sdk/v1/stream` }),
    (reply) => reply.status(307, { location: `${elsewhere.url}/sdk/v1/stream` }),
    (reply) => reply.status(204, { "content-type": "text/event-stream" }),
  ];
  for (const [number, answer] of answers.entries()) {
    const server = await stage.server(one);
    server.script("stream", answer);
    const client = await stage.client(server);
    await client.at("a:1");
    assert.equal(await client.value("f", "default"), "one", `answer ${number}`);
    assert.equal(server.requests("stream").length, 2, `answer ${number}`);
  }
  assert.equal(elsewhere.log.length, 0, "redirects are not followed");
});

scenario("S4.1 S7.1: a captive portal in front of the polls changes nothing", async (stage) => {
  const server = await stage.server(one);
  const client = await stage.client(server, { timing: { poll_after: 10, poll_interval: 10 } });
  await client.at("a:1");
  server.always.stream = (reply) => reply.status(200, { "content-type": "text/html" }, "<p>Please sign in");
  server.always.ruleset = server.always.stream;
  for (const stream of server.streams) stream.cut();
  await client.inState("STALE");
  await until("polls", () => server.requests("ruleset").length >= 3);
  assert.equal(await client.value("f", "default"), "one");
});

scenario("S4.3: frames cut at every byte, in every kind of line, with comments and unknowns between them", async (stage) => {
  const server = await stage.server(ruleset("a:4", { f: "four" }));
  const frame = (name, data, end) => [`event: ${name}`, "id: x", `data: ${JSON.stringify(data)}`, "", ""].join(end);
  const bytes = Buffer.from(
    "\ufeff: hello\n\n" +
      "retry: 1\n\n" +
      frame("put", { ...one, from_the_future: [1] }, "\n") +
      "event: from-the-future\ndata: not json at all {\n\n" +
      "event: patch\nid\ndata:" + JSON.stringify(patch("a:1", "a:2", { f: "zwölf", g: "ü" })).replace(',"to"', '\ndata: ,"to"') + "\n\n" +
      frame("ping", {}, "\r\n") +
      frame("patch", { ...patch("a:2", "a:3", { f: "three" }), unknown: { a: 1 } }, "\r\n") +
      frame("patch", patch("a:3", "a:4", { f: "four", g: null }), "\r"),
  );
  server.script("stream", async (reply) => {
    const stream = reply.stream();
    for (let at = 0; at < bytes.length; at += 7) {
      stream.raw(bytes.subarray(at, at + 7));
      await new Promise(setImmediate);
    }
    // The last CR could be the first half of a CR LF.
    stream.raw(": end\n");
  });
  const client = await stage.client(server);
  await client.at("a:4");
  assert.equal(await client.value("f", "default"), "four");
  assert.equal((await client.details("g", "default")).error, "FLAG_NOT_FOUND");
  assert.equal(server.requests("stream").length, 1);
});

for (const [name, frame] of [
  ["a gap", follow("a:3", "a:4", "wrong")],
  ["a patch into another epoch", follow("a:1", "b:2", "wrong")],
  ["a patch from another epoch", follow("b:1", "b:2", "wrong")],
  ["resync", (stream) => stream.frame("resync", "{}")],
]) {
  scenario(`S4.4 S5.3: ${name} makes it fetch the whole and reconnect`, async (stage) => {
    const server = await stage.server(ruleset("a:7", { f: "seven" }));
    server.script("stream", first(put("a:1", "one"), frame));
    const client = await stage.client(server);
    await client.at("a:7");
    await until("a second stream", () => server.requests("stream").length === 2);
    assert.equal(server.requests("stream")[1].headers["last-event-id"], "a:7");
    assert.equal(server.requests("ruleset").length, 1);
    await until("a stream that is held", () => server.streams.length === 1);
    server.change(ruleset("a:8", { f: "eight" }));
    await client.at("a:8");
    const { observed } = await client.do("seen");
    assert.deepEqual(observed.filter(({ state }) => state === "STALE"), []);
  });
}

scenario("S4.4 S6.2: when the whole cannot be fetched either, it tries again", async (stage) => {
  const server = await stage.server(ruleset("a:7", { f: "seven" }));
  server.script("stream", first(put("a:1", "one"), follow("a:3", "a:4", "wrong")));
  server.script("ruleset", (reply) => reply.status(500));
  const client = await stage.client(server);
  await client.at("a:7");
  assert.equal(await client.value("f", "default"), "seven");
});

scenario("S4.5: goodbye means come back when the server says, and nothing is stale", async (stage) => {
  const server = await stage.server(ruleset("a:2", { f: "two" }));
  server.script("stream", first(put("a:1", "one"), (stream) => stream.frame("goodbye", { retry_ms: 30 })));
  const client = await stage.client(server);
  await client.at("a:2");
  const { observed } = await client.do("seen");
  assert.deepEqual(observed.filter(({ state }) => state === "STALE"), []);
  const status = await client.status();
  assert.deepEqual([status.state, status.failures], ["READY", 0]);

  const patient = await stage.server(one);
  patient.script("stream", first(put("a:1", "one"), (stream) => stream.frame("goodbye", { retry_ms: 86_400_000 })));
  const waiting = await stage.client(patient, { timing: { slow: 3_600_000, retry_floor: 1 } });
  await waiting.at("a:1");
  await sleep(300);
  assert.equal(patient.requests("stream").length, 1, "an hour at least");
});

const whole = JSON.stringify(ruleset("a:2", { f: "two" }));
for (const [name, bytes] of [
  ["no JSON", "event: put\ndata: {nonsense\n\n"],
  ["half a put, dispatched", `event: put\ndata: ${whole.slice(0, whole.length / 2)}\n\n`],
  ["a put of another shape", "event: put\ndata: {}\n\n"],
  ["a put of null", "event: put\ndata: null\n\n"],
  ["a put with a version of another type", 'event: put\ndata: {"format":1,"project":"p","environment":"e","version":7,"flags":{}}\n\n'],
  ["a put without flags that are an object", 'event: put\ndata: {"format":1,"project":"p","environment":"e","version":{"epoch":"a","rev":9},"flags":[]}\n\n'],
  ["a patch of another shape", "event: patch\ndata: []\n\n"],
  ["a patch without versions", 'event: patch\ndata: {"flags":{}}\n\n'],
  ["bytes that are no UTF-8", Buffer.from("event: put\ndata: \xff\xfe\n\n", "latin1")],
  ["a frame that is too large", `event: put\ndata: ${"x".repeat(70_000)}`],
  ["too many lines of data", "data: 12345678\n".repeat(10_000)],
]) {
  scenario(`S4.6 S5.1: ${name} ends the connection and changes nothing`, async (stage) => {
    const server = await stage.server();
    server.script("stream", first(put("a:1", "one"), raw(bytes)));
    const client = await stage.client(server, { max_payload: 65_536 });
    const status = await client.when("the failure", ({ failures, version }) => failures >= 1 && version === "a:1");
    assert.equal(status.state, "STALE");
    assert.equal(await client.value("f", "default"), "one");
    server.ruleset = ruleset("a:3", { f: "three" });
    await client.at("a:3");
  });
}

scenario("S4.7: a stream that says nothing any more is given up and resumed", async (stage) => {
  const server = await stage.server(one);
  const proxy = await stage.proxy(server);
  const client = await stage.client(proxy, { timing: { heartbeat: 400 } });
  await client.at("a:1");
  proxy.freeze();
  server.ruleset = ruleset("a:2", { f: "two" });
  await client.at("a:2");
  assert.equal(server.requests("stream")[1].headers["last-event-id"], "a:1");
});

scenario("S4.7: comments and unknown events are signs of life", async (stage) => {
  const server = await stage.server(one);
  const client = await stage.client(server, { timing: { heartbeat: 2_000 } });
  await client.at("a:1");
  const [stream] = server.streams;
  const beats = [": comment\n", "event: ping\ndata: {}\n\n", "event: tomorrow\ndata: x\n\n", ":\n\n"];
  for (let n = 0; n < 28; n++) {
    stream.raw(beats[n % beats.length]);
    await sleep(250);
  }
  stream.patch(patch("a:1", "a:2", { f: "two" }));
  await client.at("a:2");
  assert.equal(server.requests("stream").length, 1);
});

scenario("S4.8: a frame that the connection's end cuts off is not applied", async (stage) => {
  for (const end of ["end", "cut"]) {
    const server = await stage.server();
    const bytes = `event: put\ndata: ${whole}\n`;
    const held = {};
    server.script("stream", (reply) => (held.stream = reply.stream().put(one)));
    const client = await stage.client(server);
    await client.at("a:1");
    held.stream.raw(bytes);
    await sleep(50);
    held.stream[end]();
    await client.when("a failure", ({ failures }) => failures >= 1);
    assert.equal((await client.status()).version, "a:1", end);
    assert.equal(await client.value("f", "default"), "one", end);
  }
});

scenario("S4.8 S4.7: a slow link is no silence", async (stage) => {
  // One frame of at least seven seconds, and five of silence are too many: a busy machine may take any piece late by
  // almost as much, and whoever waits for whole frames ends the connection all the same.
  const heartbeat = 2_000;
  const server = await stage.server(ruleset("a:1", { f: "one", filler: "x".repeat(14_000) }));
  const proxy = await stage.proxy(server);
  proxy.slow(200, 100);
  const client = await stage.client(proxy, { timing: { heartbeat } });
  await until("the stream", () => server.requests("stream").length);
  const began = performance.now();
  await client.at("a:1");
  assert.ok(performance.now() - began > 2.5 * heartbeat, "the frame was longer on its way than silence may last");
  assert.equal(server.requests("stream").length, 1);
});

scenario("S4.8 S4.3: a huge ruleset arrives whole", async (stage) => {
  const flags = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`flag-${n}`, flag(`value ${n}`)]));
  const server = await stage.server(ruleset("a:1", { ...flags, f: "one" }));
  const client = await stage.client(server);
  await client.at("a:1");
  assert.equal(await client.value("flag-19999", "default"), "value 19999");
  server.change(ruleset("a:2", { ...flags, f: "two" }));
  await client.at("a:2");
  assert.equal(await client.value("f", "default"), "two");
  assert.equal(server.requests("stream").length, 1);
});

scenario("S5.1: nothing that goes wrong takes away what is known", async (stage) => {
  const server = await stage.server(one);
  const client = await stage.client(server, { timing: { poll_after: 1, poll_interval: 5 } });
  await client.at("a:1");
  const wrongs = [
    (reply) => reply.status(200),
    (reply) => reply.json("null"),
    (reply) => reply.json("[]"),
    (reply) => reply.json("{}"),
    (reply) => reply.json({ ...one, version: null }),
    (reply) => reply.status(500, {}, "oops"),
    (reply) => reply.status(404),
    (reply) => reply.status(401),
  ];
  for (const wrong of wrongs) {
    server.always = { ruleset: wrong, stream: wrong };
    for (const stream of server.streams) stream.cut();
    const asked = server.requests("ruleset").length;
    await until("polls", () => server.requests("ruleset").length > asked + 1);
    assert.equal(await client.value("f", "default"), "one");
    assert.equal((await client.status()).version, "a:1");
  }
  server.always = {};
  server.ruleset = ruleset("a:2", {});
  await client.at("a:2");
  assert.equal((await client.details("f", "default")).error, "FLAG_NOT_FOUND", "a ruleset without flags is a value");
});

scenario("S5.2 S5.3: repeated, reordered and older states are ignored, and the stream goes on", async (stage) => {
  const server = await stage.server();
  const frames = [
    put("a:5", "five"),
    put("a:3", "three"),
    put("a:5", "another five"),
    follow("a:4", "a:5", "patched five"),
    follow("a:2", "a:3", "patched three"),
    follow("a:5", "a:6", "six"),
    follow("a:5", "a:6", "another six"),
    put("a:1", "one"),
    follow("a:6", "a:7", "seven"),
  ];
  server.script("stream", first(...frames));
  const client = await stage.client(server);
  await client.at("a:7");
  assert.equal(await client.value("f", "default"), "seven");
  assert.deepEqual([server.requests("stream").length, server.requests("ruleset").length], [1, 0]);
  const { observed } = await client.do("seen");
  const revs = observed.filter(({ version }) => version).map(({ version }) => Number(version.split(":")[1]));
  assert.deepEqual(revs, [...revs].sort((a, b) => a - b), "never back");
});

scenario("S5.3: a patch is applied at once, members replace and null removes", async (stage) => {
  const server = await stage.server();
  const segment = { rules: [], included: ["user-1"] };
  const inside = { test: { attr: ["targetingKey"], op: "in", arg: ["user-1"] } };
  const frames = [
    put("a:1", "one"),
    (stream) => stream.patch({ ...patch("a:1", "a:2", { f: null, g: "new", h: "new" }), segments: { s: { if: inside, ...segment } } }),
    (stream) => stream.patch({ ...patch("a:2", "a:3", { h: null }), segments: { s: null }, lists: { "s/included/0001": null } }),
    (stream) => stream.patch({ from: { epoch: "a", rev: 3 }, to: { epoch: "a", rev: 4 } }),
  ];
  server.script("stream", first(...frames));
  const client = await stage.client(server);
  await client.at("a:4");
  assert.deepEqual(Object.keys((await client.do("evaluate_all", { context: {} })).answers), ["g"]);
});

scenario("S5.4: a restored server is followed into its new epoch, whatever its revision", async (stage) => {
  const server = await stage.server();
  server.script("stream", first(put("a:900", "before"), put("b:3", "restored"), follow("b:3", "b:4", "after")));
  const client = await stage.client(server);
  await client.at("b:4");
  assert.equal(await client.value("f", "default"), "after");
  assert.equal(server.requests("stream").length, 1);
  const moved = await stage.server(ruleset("c:1", { f: "polled" }));
  const polling = await stage.client(moved, { streaming: false, bootstrap: ruleset("a:900", { f: "before" }) });
  await polling.at("c:1");
});

scenario("S5.4: another environment behind the same address is taken", async (stage) => {
  const server = await stage.server();
  const other = { ...ruleset("a:2", { f: "other" }), environment: "staging" };
  server.script("stream", first(put("a:5", "five"), (stream) => stream.put(other)));
  const client = await stage.client(server);
  await client.at("a:2");
  assert.equal(await client.value("f", "default"), "other");
});

scenario("S5.5: a flag that cannot be compiled spoils only itself", async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one", bad: { broken: true }, worse: { broken: true, on: "perhaps" } }));
  const client = await stage.client(server);
  await client.at("a:1");
  assert.equal(await client.value("f", "default"), "one");
  assert.equal((await client.details("bad", "default")).error, "PARSE_ERROR");
  server.script("stream");
  server.streams[0].patch({ from: { epoch: "a", rev: 1 }, to: { epoch: "a", rev: 2 }, flags: { f: { broken: 1 }, bad: flag("good") } });
  await client.at("a:2");
  assert.equal((await client.details("f", "default")).error, "PARSE_ERROR");
  assert.equal(await client.value("bad", "default"), "good");
});
