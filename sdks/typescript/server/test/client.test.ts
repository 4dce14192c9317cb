/** What the server, the network and the disk can do to a client, through its public interface. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";

import { Client, type Settings, SettingsError, type Status, type Timing } from "../src/index.js";
import {
  type Answer,
  EVENTS,
  flag,
  frame,
  patch,
  RULESET,
  ruleset,
  Scripted,
  STREAM,
  stream,
  until,
} from "./parts/scripted.js";

const USER = { targetingKey: "u" };
const QUICK: Partial<Timing> = {
  firstRetry: 20,
  retryBase: 5,
  retryMax: 40,
  retryFloor: 2,
  slow: 60,
  pollAfter: 3_600_000,
  pollInterval: 20,
  flush: 3_600_000,
};

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function server(answer?: Answer): Promise<Scripted> {
  const server = await Scripted.start(answer);
  opened.push(() => server.stop());
  return server;
}

function client(server: Scripted, { timing = {}, ...settings }: Settings = {}): Client {
  const client = new Client({
    url: server.url,
    sdkKey: "yd_srv_test",
    logger: null,
    ...settings,
    timing: { ...QUICK, ...timing },
  });
  opened.push(() => client.shutdown(0));
  return client;
}

const value = (client: Client) => client.string("f", USER, "default");
const rev = (client: Client, version: string) => until(version, () => client.status.version === version);
const only =
  (path: string, answer: Answer): Answer =>
  (asked, response) =>
    asked.path === path ? answer(asked, response) : response.writeHead(503).end();

describe("the start", () => {
  test("a server that is absent is found later, and until then the default answers", async () => {
    const scripted = await server();
    await scripted.stop();
    const flags = client(scripted);
    expect(await flags.waitReady(20)).toBe("NOT_READY");
    expect(flags.stringDetails("f", USER, "default")).toMatchObject({
      value: "default",
      reason: "ERROR",
      error: "PROVIDER_NOT_READY",
    });
    expect(flags.all(USER)).toEqual({});
    scripted.answer = (_, response) => stream(response, frame("put", ruleset("a", 1, "one")));
    await scripted.listen();
    expect(await flags.waitReady(30_000)).toBe("READY");
    expect(value(flags)).toBe("one");
    expect(flags.status).toEqual({ state: "READY", version: "a:1", error: null, failures: 0 });
  });

  test("settings that cannot work are refused, and nothing else", () => {
    for (const bad of [
      { url: "ftp://x", sdkKey: "k" },
      { url: "nonsense", sdkKey: "k" },
      { url: "http://x", sdkKey: "a\nb" },
      { url: "http://x" },
    ]) {
      expect(() => new Client(bad)).toThrow(SettingsError);
    }
    expect(() => new Client({ offlineFile: "/nowhere" })).toThrow(SettingsError);
    expect(() => new Client({ url: "http://x", sdkKey: "k", bootstrap: "[]" })).toThrow(SettingsError);
  });

  test("refusals are reported and outlived", async () => {
    for (const [status, state] of [
      [503, "NOT_READY"],
      [429, "NOT_READY"],
      [302, "ERROR"],
      [401, "ERROR"],
      [403, "ERROR"],
      [404, "ERROR"],
    ] as const) {
      const scripted = await server((_, response) => response.writeHead(status, { location: "/elsewhere" }).end());
      const flags = client(scripted);
      await until(`${status}`, () => flags.status.failures >= 2);
      expect(flags.status.state).toBe(state);
      expect(flags.status.error).toContain(String(status));
      scripted.answer = (_, response) => stream(response, frame("put", ruleset("a", 1, "one")));
      await until("it is well again", () => flags.status.state === "READY");
      expect(value(flags)).toBe("one");
    }
  });
});

describe("the stream", () => {
  test("puts and patches are taken by the rules of versions", async () => {
    let send: (frame: string) => void = () => {};
    const scripted = await server((asked, response) => {
      if (asked.path === RULESET) return void response.end(JSON.stringify(ruleset("b", 9, "whole")));
      if (scripted.of(STREAM).length > 1) return stream(response, frame("ping", {}));
      stream(response, frame("put", ruleset("a", 3, "three")));
      send = (text) => response.write(text);
    });
    const flags = client(scripted);
    const seen: Status[] = [];
    flags.observe((status) => seen.push(status));
    flags.observe(() => {
      throw new Error("of the application");
    });
    await rev(flags, "a:3");
    send(frame("put", ruleset("a", 2, "older")));
    send(frame("patch", patch(["a", 2], ["a", 3], "again")));
    send(frame("news", "not JSON"));
    send(frame("patch", patch(["a", 3], ["a", 4], "four")));
    await rev(flags, "a:4");
    expect(value(flags)).toBe("four");
    send(frame("put", ruleset("b", 1, "restored")));
    await rev(flags, "b:1");
    send(frame("patch", patch(["b", 7], ["b", 8], "a gap")));
    await rev(flags, "b:9");
    expect(value(flags)).toBe("whole");
    await until("it is back", () => scripted.of(STREAM).length === 2);
    expect(scripted.of(STREAM).map((asked) => asked.headers["last-event-id"])).toEqual([undefined, "b:9"]);
    expect(scripted.of(STREAM)[0]?.headers).toMatchObject({
      authorization: "Bearer yd_srv_test",
      "user-agent": "yardarm-typescript/0.1.0",
    });
    expect(seen.map(({ version }) => version)).toEqual(["a:3", "a:4", "b:1", "b:9"]);
    expect(flags.status.failures).toBe(0);
  });

  test("what cannot be read ends the connection and nothing else", async () => {
    const bad = [
      "event: put\ndata: {\n\n",
      frame("patch", { from: 1 }),
      Buffer.from([100, 97, 116, 97, 58, 0xff, 10, 10]),
      frame("put", "[]"),
    ];
    const scripted = await server(
      only(STREAM, (_, response) => {
        const at = scripted.of(STREAM).length - 1;
        stream(response, frame("put", ruleset("a", at + 1, `v${at + 1}`)));
        const frame_ = bad[at];
        if (frame_) response.write(frame_);
      }),
    );
    const flags = client(scripted);
    await rev(flags, "a:5");
    expect(value(flags)).toBe("v5");
    expect(scripted.of(STREAM)).toHaveLength(5);
  });

  test("frames may be cut anywhere and end in any line end", async () => {
    const text = `event: put\r\ndata: ${JSON.stringify(ruleset("a", 1, "grüße 🚩"))}\r\r\nevent: ping\rdata: {}\r\n\r\n`;
    const bytes = Buffer.from(text);
    const scripted = await server(
      only(STREAM, async (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (const byte of bytes) {
          response.write(Buffer.of(byte));
          await new Promise((resolve) => setImmediate(resolve));
        }
      }),
    );
    const flags = client(scripted);
    await rev(flags, "a:1");
    expect(value(flags)).toBe("grüße 🚩");
  });

  test("silence ends a stream, and what is held goes on answering", async () => {
    const scripted = await server(
      only(STREAM, (_, response) => {
        if (scripted.of(STREAM).length === 1) stream(response, frame("put", ruleset("a", 1, "one")));
        // Later ones are taken and never answered.
      }),
    );
    const flags = client(scripted, { timing: { heartbeat: 40, response: 50 } });
    await until("it is stale", () => flags.status.state === "STALE" && flags.status.failures > 1);
    expect(value(flags)).toBe("one");
  });

  test("a body that is too large is given up", async () => {
    const scripted = await server(
      only(STREAM, (_, response) => stream(response, frame("put", ruleset("a", 1, "x".repeat(10_000))))),
    );
    const flags = client(scripted, { maxPayload: 5_000 });
    await until("it failed", () => flags.status.failures > 0);
    expect(flags.status.error).toContain("5000 bytes");
  });

  test("a goodbye is no failure", async () => {
    const scripted = await server(
      only(STREAM, (_, response) => {
        const first = scripted.of(STREAM).length === 1;
        stream(response, frame("put", ruleset("a", first ? 1 : 2, "v")));
        if (first) response.end(frame("goodbye", { retry_ms: 5 }));
      }),
    );
    const flags = client(scripted);
    const states: string[] = [];
    flags.observe(({ state }) => states.push(state));
    await rev(flags, "a:2");
    expect(new Set(states)).toEqual(new Set(["READY"]));
  });

  test("another key is used at once, out of the slow regime", async () => {
    const scripted = await server(
      only(STREAM, (asked, response) => {
        if (asked.headers.authorization === "Bearer yd_srv_new") stream(response, frame("put", ruleset("a", 1, "one")));
        else response.writeHead(401).end();
      }),
    );
    const flags = client(scripted, { timing: { slow: 3_600_000 } });
    await until("it is refused", () => flags.status.state === "ERROR");
    expect(() => flags.setSdkKey("a b")).toThrow(SettingsError);
    flags.setSdkKey("yd_srv_new");
    await rev(flags, "a:1");
  });
});

describe("polling", () => {
  test("goes on beside a stream that does not deliver and ends with its first frame", async () => {
    let streams = false;
    const scripted = await server((asked, response) => {
      if (asked.path === STREAM && streams) return stream(response, frame("put", ruleset("a", 7, "streamed")));
      if (asked.path !== RULESET) return void response.writeHead(503).end();
      if (asked.headers["if-none-match"] === '"tag"') return void response.writeHead(304).end();
      response.writeHead(200, { etag: '"tag"' }).end(JSON.stringify(ruleset("a", 5, "polled")));
    });
    const flags = client(scripted, { timing: { pollAfter: 10, pollInterval: 10 } });
    await rev(flags, "a:5");
    await until("it asked with the tag", () =>
      scripted.of(RULESET).some((asked) => asked.headers["if-none-match"] === '"tag"'),
    );
    expect(flags.status.state).toBe("READY");
    streams = true;
    await rev(flags, "a:7");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const polls = scripted.of(RULESET).length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(scripted.of(RULESET)).toHaveLength(polls);
  });

  test("is all there is without streaming", async () => {
    const scripted = await server((asked, response) => {
      if (asked.path === RULESET) response.end(JSON.stringify(ruleset("a", 1, "polled")));
    });
    const flags = client(scripted, { streaming: false });
    expect(await flags.waitReady(30_000)).toBe("READY");
    expect(scripted.of(STREAM)).toHaveLength(0);
  });
});

describe("without a server", () => {
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), "yardarm-ts-"));
    opened.push(() => rmSync(path, { recursive: true, force: true }));
    return path;
  };

  test("the cache file starts the next process, and damage falls back to the one before", async () => {
    const cacheFile = join(folder(), "deep/flags.cache");
    const scripted = await server(
      only(STREAM, (_, response) => stream(response, frame("put", ruleset("a", 1, "one")))),
    );
    const first = client(scripted, { cacheFile });
    await rev(first, "a:1");
    expect(await first.shutdown(30_000)).toBe(true);
    scripted.answer = only(STREAM, (_, response) => stream(response, frame("put", ruleset("a", 2, "two"))));
    const second = client(scripted, { cacheFile });
    expect([second.status.state, value(second)]).toEqual(["STALE", "one"]);
    await rev(second, "a:2");
    await second.shutdown(30_000);
    await scripted.stop();
    const start = (settings: Settings = {}) => value(client(scripted, { cacheFile, ...settings }));
    expect(start()).toBe("two");
    expect(start({ sdkKey: "yd_srv_other" })).toBe("default");
    writeFileSync(cacheFile, readFileSync(cacheFile, "utf8").replace("two", "twe"));
    expect(start()).toBe("one");
    expect(start({ bootstrap: ruleset("c", 1, "from the bootstrap") })).toBe("one");
    expect(() => start({ bootstrap: "none" })).toThrow(SettingsError);
    rmSync(`${cacheFile}.previous`);
    expect(start({ bootstrap: ruleset("c", 1, "from the bootstrap") })).toBe("from the bootstrap");
    expect(readFileSync(cacheFile, "utf8")).toMatch(/^yardarm-cache 1 [0-9a-f]{64} [0-9a-f]{16}\n\{/);
  });

  test("an offline file is read once", () => {
    const path = join(folder(), "ruleset.json");
    writeFileSync(path, JSON.stringify(ruleset("a", 1, "on disk")));
    const flags = new Client({ offlineFile: path });
    expect([flags.status.state, value(flags)]).toEqual(["READY", "on disk"]);
  });
});

describe("what is reported", () => {
  test("counts are sent once, under one id until it is acknowledged", async () => {
    let refuse = true;
    const scripted = await server((asked, response) => {
      if (asked.path === STREAM) stream(response, frame("put", ruleset("a", 1, "one", { g: flag(1) })));
      else response.writeHead(refuse ? 503 : 202).end();
    });
    const flags = client(scripted);
    await rev(flags, "a:1");
    for (let call = 0; call < 3; call++) value(flags);
    flags.boolean("f", USER, false);
    flags.string("unknown", USER, "");
    flags.number("g", [] as never, 0);
    flags.all(USER);
    expect(await flags.flush(30_000)).toBe(false);
    value(flags);
    refuse = false;
    expect(await flags.flush(30_000)).toBe(true);
    const bodies = scripted.of(EVENTS).map(({ body }) => body);
    expect(bodies).toHaveLength(3);
    expect(bodies[1]).toBe(bodies[0]);
    const [first, last] = [JSON.parse(bodies[0] ?? ""), JSON.parse(bodies[2] ?? "")];
    expect(first.sdk).toEqual({ name: "typescript", version: "0.1.0" });
    expect(first.counts.map(({ start, ...count }: { start: number }) => count)).toEqual([
      { flag: "f", variant: "v", reason: "STATIC", count: 3 },
      { flag: "f", variant: "", reason: "ERROR", count: 1 },
      { flag: "g", variant: "", reason: "ERROR", count: 1 },
    ]);
    expect(last.counts).toHaveLength(1);
    expect(last.batch).not.toBe(first.batch);
    expect(await flags.flush(30_000)).toBe(true);
    expect(scripted.of(EVENTS)).toHaveLength(3);
  });

  test("counts of a ruleset that was replaced are not lost, and a wrong batch is given up", async () => {
    let send: (frame: string) => void = () => {};
    const scripted = await server((asked, response) => {
      if (asked.path !== STREAM) return void response.writeHead(422).end();
      stream(response, frame("put", ruleset("a", 1, "one")));
      send = (text) => response.write(text);
    });
    const flags = client(scripted);
    await rev(flags, "a:1");
    value(flags);
    send(frame("patch", patch(["a", 1], ["a", 2], "two")));
    await rev(flags, "a:2");
    value(flags);
    expect(await flags.flush(30_000)).toBe(true);
    expect(JSON.parse(scripted.of(EVENTS)[0]?.body ?? "").counts[0].count).toBe(2);
    expect(flags.dropped.counts).toBe(2);
  });

  test("exposures and events leave as little as was asked for", async () => {
    const half = { serve: { split: { bucket: "b", ranges: [[0, 4294967296, "v"]] } } };
    const split = {
      ...flag(true),
      buckets: { b: { hash: "murmur3_32", prefix: "s:", unit: ["targetingKey"] } },
      default: half,
    };
    const scripted = await server((asked, response) => {
      if (asked.path === STREAM) stream(response, frame("put", ruleset("a", 1, "one", { split })));
      else response.writeHead(202).end();
    });
    const flags = client(scripted, { exposures: true, privateAttributes: ["targetingKey", "email"] });
    await rev(flags, "a:1");
    for (let call = 0; call < 3; call++) expect(flags.boolean("split", USER, false)).toBe(true);
    value(flags);
    flags.track("paid", USER, 9.5, { plan: "pro", who: { email: "a@b.c" } });
    for (const bad of [
      ["", USER],
      ["e", {}],
      ["e", USER, Number.NaN],
      ["e", USER, 1, "x".repeat(5_000)],
    ] as const) {
      flags.track(bad[0], bad[1], bad[2], bad[3]);
    }
    await flags.flush(30_000);
    const batch = JSON.parse(scripted.of(EVENTS)[0]?.body ?? "");
    const unit = "sha256:0bfe935e70c321c7ca3afc75ce0d0ca2";
    expect(batch.exposures).toEqual([{ flag: "split", variant: "v", unit, version: "a:1", at: expect.any(Number) }]);
    expect(batch.events).toEqual([
      { name: "paid", unit, value: 9.5, data: { plan: "pro", who: {} }, at: expect.any(Number) },
    ]);
    expect(flags.dropped.events).toBe(4);
  });
});
