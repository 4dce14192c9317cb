// S8: the cache file; S9: without a server.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { lstat, mkdir, readFile, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { flag, ruleset } from "../parts/ruleset.mjs";
import { KEY, USER, scenario } from "../parts/scenario.mjs";
import { sleep, until } from "../../parts/until.mjs";

const needs = ["cache_file"];
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const cacheOf = (body, key = KEY) => `yardarm-cache 1 ${sha256(body)} ${sha256(key).slice(0, 16)}\n${body}`;
const written = (path) => readFile(path, "utf8").catch(() => "");
const versionIn = (text) => (text ? JSON.parse(text.slice(text.indexOf("\n") + 1)).version.rev : null);

scenario("S8.1 S8.2 S8.3 S2.3: the file is written after changes and starts a client whose server is away", { needs }, async (stage) => {
  const directory = await stage.directory();
  const cache_file = join(directory, "deep", "flags.cache");
  const server = await stage.server(ruleset("a:1", { f: "one" }));
  const client = await stage.client(server, { cache_file });
  await client.at("a:1");
  await until("the first file", async () => versionIn(await written(cache_file)) === 1);
  server.change(ruleset("a:2", { f: "zwölf", g: 1 }));
  await client.at("a:2");
  await until("the second file", async () => versionIn(await written(cache_file)) === 2);
  const text = await written(cache_file);
  const body = text.slice(text.indexOf("\n") + 1);
  assert.equal(text, cacheOf(body));
  assert.equal((await stat(cache_file)).mode & 0o777, 0o600, "nobody else reads the rules");
  assert.deepEqual(JSON.parse(body).flags.f.variants, { v: "zwölf" });
  assert.equal(versionIn(await written(`${cache_file}.previous`)), 1);
  server.change(ruleset("a:3", { f: "three", g: 1 }));
  await client.at("a:3");
  assert.equal((await client.do("shutdown", { limit: 60_000 })).done, true);
  assert.equal(versionIn(await written(cache_file)), 3, "written at shutdown at the latest");
  assert.deepEqual((await readdir(join(directory, "deep"))).sort(), ["flags.cache", "flags.cache.previous"]);
  await server.stop();

  const second = await stage.client(server, { cache_file });
  const status = await second.status();
  assert.deepEqual([status.state, status.version], ["STALE", "a:3"]);
  assert.equal(await second.value("f", "default"), "three");
  server.ruleset = ruleset("a:4", { f: "four" });
  await server.start();
  assert.equal((await second.at("a:4")).state, "READY");
});

scenario("S8.1: changes that come while the file is written are written, too", { needs }, async (stage) => {
  const cache_file = join(await stage.directory(), "flags");
  const large = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`flag-${n}`, flag(`value ${n}`)]));
  const server = await stage.server(ruleset("a:1", { ...large, f: 1 }));
  const client = await stage.client(server, { cache_file });
  await client.at("a:1");
  for (let rev = 2; rev <= 60; rev++) {
    server.change(ruleset(`a:${rev}`, { ...large, f: rev }));
    await sleep(20);
  }
  await until("the last one", async () => {
    const text = await written(cache_file);
    return text.includes('"rev":60') && versionIn(text) === 60;
  }, { every: 100 });
});

scenario("S8.2: a file of another SDK is read, from a cold start, without the network", { needs }, async (stage) => {
  const cache_file = join(await stage.directory(), "flags");
  await writeFile(cache_file, cacheOf(JSON.stringify(ruleset("a:7", { f: "seven" }), null, 1)));
  const server = await stage.server();
  const client = await stage.client(server, { cache_file });
  assert.equal(await client.value("f", "default"), "seven");
  await until("it asks from there on", () => server.requests("stream")[0]?.headers["last-event-id"] === "a:7");
});

scenario("S8.4 S8.1: damaged files are ignored, and the one before is tried", { needs }, async (stage) => {
  const server = await stage.server();
  await server.stop();
  const good = cacheOf(JSON.stringify(ruleset("a:2", { f: "two" })));
  const before = cacheOf(JSON.stringify(ruleset("a:1", { f: "one" })));
  const cases = [
    ["a changed byte", good.replace('"two"', '"twO"'), before, "one"],
    ["cut", good.slice(0, -10), before, "one"],
    ["empty", "", before, "one"],
    ["no header", JSON.stringify(ruleset("a:2", { f: "two" })), before, "one"],
    ["another format", good.replace("yardarm-cache 1", "yardarm-cache 9"), before, "one"],
    ["another key", cacheOf(JSON.stringify(ruleset("a:2", { f: "two" })), "yd_srv_other"), before, "one"],
    ["no ruleset, but whole", cacheOf("[]"), before, "one"],
    ["bytes", Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0xff]), before, "one"],
    ["both damaged", good.slice(5), before.slice(5), "default"],
    ["the other one absent", good.slice(5), null, "default"],
    ["too large", cacheOf(JSON.stringify(ruleset("a:2", { f: "x".repeat(70_000) }))), before, "one"],
  ];
  for (const [name, file, previous, expected] of cases) {
    const cache_file = join(await stage.directory(), "flags");
    await writeFile(cache_file, file);
    if (previous !== null) await writeFile(`${cache_file}.previous`, previous);
    const client = await stage.client(server, { cache_file, max_payload: 65_536 });
    assert.equal(await client.value("f", "default"), expected, name);
  }
});

scenario("S8.4: a ruleset without flags is not written over one with flags", { needs }, async (stage) => {
  const cache_file = join(await stage.directory(), "flags");
  const server = await stage.server(ruleset("a:1", { f: "one" }));
  const client = await stage.client(server, { cache_file });
  await client.at("a:1");
  await until("the file", async () => versionIn(await written(cache_file)) === 1);
  server.change(ruleset("a:2", {}));
  await client.at("a:2");
  assert.equal((await client.do("shutdown", { limit: 60_000 })).done, true);
  assert.equal(versionIn(await written(cache_file)), 1);
});

scenario("S8.5: a place that cannot be written costs a warning", { needs }, async (stage) => {
  const directory = await stage.directory();
  const server = await stage.server(ruleset("a:1", { f: "one" }));
  // A file where a directory should be, directories where files should be, and where nobody can write.
  await writeFile(join(directory, "file"), "");
  await mkdir(join(directory, "folder", "x"), { recursive: true });
  await mkdir(join(directory, "empty"));
  await symlink(join(directory, "empty"), join(directory, "link"));
  await mkdir(join(directory, "before.previous", "x"), { recursive: true });
  await writeFile(join(directory, "before"), "older");
  const before = await readdir(directory);
  const places = ["file/flags", "folder", "empty", "link", "before"].map((name) => join(directory, name));
  for (const cache_file of [...places, "/proc/flags"]) {
    const client = await stage.client(server, { cache_file });
    await client.at("a:1");
    assert.equal(await client.value("f", "default"), "one");
    assert.equal((await client.status()).state, "READY", cache_file);
    // Now at the latest it is written.
    await client.do("shutdown", { limit: 60_000 });
    assert.deepEqual(await readdir(directory), before, `${cache_file}: nothing is gone, nothing was left`);
  }
  assert.deepEqual(await readdir(join(directory, "folder")), ["x"]);
  assert.deepEqual(await readdir(join(directory, "before.previous")), ["x"]);
  assert.equal(await written(join(directory, "before")), "older");
  assert.equal((await lstat(join(directory, "link"))).isSymbolicLink(), true);
});

scenario("S9.1 S2.3: an offline file answers without a server", { needs: ["offline_file"] }, async (stage) => {
  const offline_file = join(await stage.directory(), "ruleset.json");
  await writeFile(offline_file, JSON.stringify(ruleset("a:1", { f: "one" })));
  const server = await stage.server(ruleset("a:2", { f: "two" }));
  const client = stage.named();
  await client.do("create", { settings: { offline_file, url: server.url, sdk_key: KEY } });
  const status = await client.status();
  assert.deepEqual([status.state, status.version], ["READY", "a:1"]);
  assert.equal((await client.ready()).state, "READY");
  assert.equal(await client.value("f", "default"), "one");
  await client.do("track", { event: "e", context: USER });
  assert.equal((await client.do("flush", { limit: 60_000 })).done, true);
  assert.equal((await client.do("shutdown", { limit: 60_000 })).done, true);
  assert.equal(server.log.length, 0);
});

scenario("S9.2 S2.3: the test double", async (stage) => {
  const client = await stage.double();
  const { count } = await stage.service.do("threads");
  assert.equal((await client.status()).state, "READY");
  assert.equal((await client.details("f", false)).error, "FLAG_NOT_FOUND");
  await client.do("double", { set: { f: true, g: "x", h: 1.5, j: [1] } });
  assert.equal(await client.value("f", false), true);
  await client.do("double", { set_for: [["f", "user-7", false]] });
  assert.equal(await client.value("f", true, { context: { targetingKey: "user-7" } }), false);
  assert.equal(await client.value("f", false), true);
  const details = await client.details("f", true, { context: { targetingKey: "user-7" } });
  assert.equal(details.reason, "TARGETING_MATCH");
  await client.do("double", { set: { f: false } });
  assert.equal(await client.value("f", true), false);
  await client.do("double", { remove: ["f"] });
  assert.equal((await client.details("f", false)).error, "FLAG_NOT_FOUND");
  assert.deepEqual([await client.value("g", ""), await client.value("h", 0), await client.value("j", {})], ["x", 1.5, [1]]);
  // Fewer: those of clients before it may have ended meanwhile.
  assert.ok((await stage.service.do("threads")).count <= count, "no threads");
});

scenario("S9.2: the test double takes a whole ruleset and a fixed clock", async (stage) => {
  const after = { test: { attr: ["$now"], as: "number", op: "gte", arg: 1_000 } };
  const timed = { ...flag("before"), variants: { v: "before", w: "after" }, rules: [{ id: "r", if: after, serve: { variant: "w" } }] };
  const client = await stage.double({ ruleset: ruleset("a:1", { f: timed }), now: 999 });
  assert.equal(await client.value("f", "default"), "before");
  await client.do("double", { now: 1_000 });
  assert.equal(await client.value("f", "default"), "after");
});

scenario("S9.3 S2.3: a bootstrap answers until the server is heard", async (stage) => {
  const server = await stage.server();
  const bootstrap = ruleset("a:5", { f: "five" });
  const client = await stage.client(server, { bootstrap });
  assert.deepEqual([(await client.status()).state, await client.value("f", "default")], ["STALE", "five"]);
  server.ruleset = ruleset("a:6", { f: "six" });
  assert.equal((await client.at("a:6")).state, "READY");
  const restored = await stage.server(ruleset("b:1", { f: "restored" }));
  const other = await stage.client(restored, { bootstrap });
  await other.at("b:1");
});

scenario("S9.3 S8.1: a cache file comes before a bootstrap, which is not written to it", { needs }, async (stage) => {
  const directory = await stage.directory();
  const server = await stage.server();
  const bootstrap = ruleset("a:9", { f: "bootstrap" });
  const cache_file = join(directory, "flags");
  const only = await stage.client(server, { bootstrap, cache_file });
  assert.equal(await only.value("f", "default"), "bootstrap");
  await only.do("shutdown", { limit: 60_000 });
  assert.equal(await written(cache_file), "");
  await writeFile(cache_file, cacheOf(JSON.stringify(ruleset("a:3", { f: "cached" }))));
  const both = await stage.client(server, { bootstrap, cache_file });
  assert.equal(await both.value("f", "default"), "cached");
});
