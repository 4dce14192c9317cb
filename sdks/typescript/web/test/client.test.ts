/** The browser's client against a scripted server. */

import { afterEach, expect, test } from "vitest";

import { type Answer, Scripted, stream, until } from "../../server/test/parts/scripted.js";
import { Client, type Settings } from "../src/index.js";

const BULK = "/ofrep/v1/evaluate/flags";
const CHANGES = "/ofrep/v1/stream";
const QUICK = {
  firstRetry: 10,
  retryBase: 5,
  retryMax: 30,
  retryFloor: 2,
  slow: 40,
  pollInterval: 3_600_000,
  flush: 3_600_000,
};

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function server(answer: Answer): Promise<Scripted> {
  const server = await Scripted.start(answer);
  opened.push(() => server.stop());
  return server;
}

function client(server: Scripted, { timing = {}, ...settings }: Partial<Settings> = {}): Client {
  const client = new Client({
    url: server.url,
    sdkKey: "yd_cli_test",
    logger: null,
    storage: null,
    ...settings,
    timing: { ...QUICK, ...timing },
  });
  opened.push(() => client.shutdown(0));
  return client;
}

function bulk(rev: number, flags: Record<string, unknown>, ticket?: string): string {
  const metadata = { flagSetId: "p/e", version: `e:${rev}` };
  const list = Object.entries(flags).map(([key, value]) => ({ key, value, reason: "STATIC", variant: "v", metadata }));
  const more = [
    { key: "bare", reason: "DEFAULT", variant: "", metadata },
    { key: "broken", errorCode: "PARSE_ERROR", errorDetails: "", metadata },
  ];
  const eventStreams = ticket ? [{ type: "sse", endpoint: { requestUri: `${CHANGES}?ticket=${ticket}` } }] : [];
  return JSON.stringify({ flags: [...list, ...more], metadata, eventStreams });
}

const changed = `event: message\nid: e:2\ndata: {"type":"refetchEvaluation","etag":"x"}\n\n`;

test("answers are asked for, followed and typed", async () => {
  let rev = 1;
  let tell: () => void = () => {};
  const scripted = await server((asked, response) => {
    if (asked.path.startsWith(CHANGES)) {
      stream(response);
      tell = () => response.write(changed + changed);
      return;
    }
    response
      .writeHead(200, { etag: `"${rev}"` })
      .end(bulk(rev, { on: true, text: `v${rev}`, list: [1, { a: 2 }] }, "t1"));
  });
  const flags = client(scripted, { context: { targetingKey: "u", plan: "pro" } });
  expect(flags.booleanDetails("on", false)).toMatchObject({ value: false, error: "PROVIDER_NOT_READY" });
  expect(await flags.waitReady(30_000)).toBe("READY");
  expect(flags.boolean("on", false)).toBe(true);
  expect(flags.stringDetails("text", "")).toEqual({
    value: "v1",
    variant: "v",
    reason: "STATIC",
    rule: null,
    error: null,
    version: "e:1",
  });
  expect(flags.json("list", null)).toEqual([1, { a: 2 }]);
  expect(flags.numberDetails("text", 7)).toMatchObject({ value: 7, error: "TYPE_MISMATCH" });
  expect(flags.stringDetails("bare", "mine")).toMatchObject({
    value: "mine",
    variant: null,
    reason: "DEFAULT",
    error: null,
  });
  expect(flags.stringDetails("broken", "mine")).toMatchObject({ value: "mine", error: "PARSE_ERROR", reason: "ERROR" });
  expect(flags.stringDetails("absent", "mine").error).toBe("FLAG_NOT_FOUND");
  expect(() => (flags.json("list", null) as unknown as number[]).push(1)).toThrow(TypeError);
  const [first] = scripted.of(BULK);
  expect(first?.headers.authorization).toBe("Bearer yd_cli_test");
  expect(JSON.parse(first?.body ?? "")).toEqual({ context: { targetingKey: "u", plan: "pro" } });
  await until("it listens", () => scripted.of(CHANGES).length === 1);
  rev = 2;
  await new Promise((resolve) => setTimeout(resolve, 20));
  tell();
  await until("it has heard", () => flags.status.version === "e:2");
  expect(flags.string("text", "")).toBe("v2");
  expect(scripted.of(BULK)[1]?.headers["if-none-match"]).toBe('"1"');
  expect(scripted.of(CHANGES)[0]?.path).toContain("ticket=t1");
});

test("answers for an older context that arrive late are thrown away", async () => {
  const waiting: (() => void)[] = [];
  const scripted = await server((asked, response) => {
    const { context } = JSON.parse(asked.body);
    const answer = () => response.end(bulk(1, { who: context.targetingKey }));
    if (context.targetingKey === "late") waiting.push(answer);
    else answer();
  });
  const flags = client(scripted, { context: { targetingKey: "first" } });
  let told = 0;
  flags.observe(() => told++);
  await flags.waitReady(30_000);
  const late = flags.setContext({ targetingKey: "late" }, 30_000);
  await until("it is asked", () => waiting.length > 0);
  expect(flags.string("who", "")).toBe("first");
  expect(await flags.setContext({ targetingKey: "last" }, 30_000)).toBe("READY");
  for (const answer of waiting) answer();
  await late;
  expect(flags.string("who", "")).toBe("last");
  expect(told).toBe(2);
});

test("the last answers start the next visit, for the same context only", async () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  };
  const scripted = await server((_, response) => response.end(bulk(1, { on: true })));
  const context = { targetingKey: "u" };
  await client(scripted, { context, storage }).waitReady(30_000);
  scripted.answer = (_, response) => response.writeHead(500).end();
  const next = client(scripted, { context, storage });
  expect([next.status.state, next.boolean("on", false)]).toEqual(["STALE", true]);
  expect(client(scripted, { context: { targetingKey: "v" }, storage }).boolean("on", false)).toBe(false);
  expect(client(scripted, { context, storage, sdkKey: "yd_cli_other" }).boolean("on", false)).toBe(false);
  const broken = () => {
    throw new Error("of the platform");
  };
  const flags = client(scripted, { context, storage: { getItem: broken, setItem: broken } });
  scripted.answer = (_, response) => response.end(bulk(2, { on: true }));
  expect(await flags.waitReady(30_000)).toBe("READY");
});

test("failures and refusals are outlived, and a lost stream is made up for", async () => {
  for (const [status, state] of [
    [503, "NOT_READY"],
    [401, "ERROR"],
  ] as const) {
    const scripted = await server((_, response) => response.writeHead(status).end());
    const flags = client(scripted);
    await until(`${status}`, () => flags.status.failures > 1);
    expect(flags.status.state).toBe(state);
    let rev = 1;
    scripted.answer = (asked, response) => {
      if (asked.path.startsWith(CHANGES)) response.writeHead(scripted.of(CHANGES).length % 2 ? 401 : 503).end();
      else response.end(bulk(rev++, { on: true }, `t${rev}`));
    };
    await until("it goes on asking", () => rev > 4);
    expect(flags.status.state).toBe("READY");
  }
});

test("events go in batches of their own name", async () => {
  const scripted = await server((asked, response) =>
    asked.path === BULK ? response.end(bulk(1, {})) : response.writeHead(202).end(),
  );
  const flags = client(scripted, { context: { targetingKey: "u" } });
  flags.track("bought", 3);
  expect(await flags.flush(30_000)).toBe(true);
  const { sdk, events } = JSON.parse(scripted.of("/sdk/v1/events")[0]?.body ?? "");
  expect([sdk.name, events]).toEqual(["web", [{ name: "bought", unit: "u", value: 3, at: expect.any(Number) }]]);
});

test("what the server evaluated before starts it", async () => {
  const scripted = await server((_, response) => response.writeHead(503).end());
  const details = { value: true, variant: "v", reason: "STATIC", rule: null, error: null, version: "e:4" };
  const flags = client(scripted, { bootstrap: { on: details } });
  expect([flags.status.state, flags.status.version, flags.boolean("on", false)]).toEqual(["STALE", "e:4", true]);
});
