/** The stock OpenFeature SDK over our provider. */

import { OpenFeature, ProviderEvents, ProviderStatus } from "@openfeature/server-sdk";
import { afterEach, expect, test } from "vitest";

import { Client, TestClient } from "../src/index.js";
import { YardarmProvider } from "../src/openfeature.js";
import { EVENTS, frame, ruleset, Scripted, STREAM, stream, until } from "./parts/scripted.js";

afterEach(() => OpenFeature.clearProviders());

test("gives the client's own answers", async () => {
  const flags = new TestClient()
    .set("on", true)
    .setFor("on", "u7", false)
    .set("text", "a")
    .set("number", 4)
    .set("json", { a: [1] });
  await OpenFeature.setProviderAndWait(new YardarmProvider(flags));
  const client = OpenFeature.getClient();
  expect(await client.getBooleanValue("on", false, { targetingKey: "u1" })).toBe(true);
  expect(await client.getStringValue("text", "")).toBe("a");
  expect(await client.getNumberValue("number", 0)).toBe(4);
  expect(await client.getObjectValue("json", {})).toEqual({ a: [1] });
  expect(await client.getBooleanDetails("on", true, { targetingKey: "u7" })).toMatchObject({
    value: false,
    variant: "target-0",
    reason: "TARGETING_MATCH",
    flagMetadata: { ruleId: "target:target-0", version: flags.status.version },
  });
  expect(await client.getBooleanDetails("text", true)).toMatchObject({
    value: true,
    errorCode: "TYPE_MISMATCH",
    reason: "ERROR",
  });
  expect(await client.getBooleanDetails("absent", true)).toMatchObject({ value: true, errorCode: "FLAG_NOT_FOUND" });
});

test("tells of states and changes, and tracks", async () => {
  let send: (frame: string) => void = () => {};
  const server = await Scripted.start((asked, response) => {
    if (asked.path === STREAM) {
      stream(response, frame("put", ruleset("a", 1, "one")));
      send = (text) => response.write(text);
    } else response.writeHead(202).end();
  });
  const flags = new Client({
    url: server.url,
    sdkKey: "k",
    logger: null,
    timing: { firstRetry: 20, retryMax: 20, pollAfter: 1e9 },
  });
  await OpenFeature.setProviderAndWait(new YardarmProvider(flags, { readyWithinMs: 30_000 }));
  const client = OpenFeature.getClient();
  const told: string[] = [];
  for (const event of [ProviderEvents.ConfigurationChanged, ProviderEvents.Stale])
    client.addHandler(event, () => void told.push(event));
  send(frame("put", ruleset("a", 2, "two")));
  await until("it is told of the change", () => told.includes(ProviderEvents.ConfigurationChanged));
  expect(await client.getStringValue("f", "")).toBe("two");
  client.track("bought", { targetingKey: "u" }, { value: 2, currency: "EUR" });
  await flags.flush(30_000);
  expect(JSON.parse(server.of(EVENTS)[0]?.body ?? "").events[0]).toMatchObject({
    name: "bought",
    unit: "u",
    value: 2,
    data: { currency: "EUR" },
  });
  await server.stop();
  await until("it is told that it is stale", () => client.providerStatus === ProviderStatus.STALE);
  expect(told).toContain(ProviderEvents.Stale);
  await OpenFeature.close();
});

test("a client without rules is no provider that is ready", async () => {
  const flags = new Client({ url: "http://127.0.0.1:1", sdkKey: "k", logger: null });
  await expect(OpenFeature.setProviderAndWait(new YardarmProvider(flags, { readyWithinMs: 10 }))).rejects.toThrow();
  expect(await OpenFeature.getClient().getStringDetails("f", "mine")).toMatchObject({ value: "mine", reason: "ERROR" });
  await flags.shutdown(0);
});
