/** The stock OpenFeature web SDK over our provider. */

import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";
import { afterEach, expect, test } from "vitest";

import { Scripted, until } from "../../server/test/parts/scripted.js";
import { Client } from "../src/index.js";
import { YardarmProvider } from "../src/openfeature.js";

afterEach(() => OpenFeature.close());

test("OpenFeature's context is the client's, and answers are the client's", async () => {
  let rev = 1;
  const server = await Scripted.start((asked, response) => {
    if (!asked.body) return void response.writeHead(404).end();
    const { targetingKey } = JSON.parse(asked.body).context;
    const metadata = { version: `e:${rev}`, ruleId: "r" };
    const flags = [{ key: "who", value: `${targetingKey}`, reason: "TARGETING_MATCH", variant: "v", metadata }];
    response.end(JSON.stringify({ flags, metadata: { version: `e:${rev}` } }));
  });
  const timing = { pollInterval: 20, firstRetry: 10 };
  const flags = new Client({ url: server.url, sdkKey: "k", logger: null, storage: null, timing });
  await OpenFeature.setContext({ targetingKey: "ana" });
  await OpenFeature.setProviderAndWait(new YardarmProvider(flags, { readyWithinMs: 30_000 }));
  const client = OpenFeature.getClient();
  expect(client.getStringDetails("who", "")).toMatchObject({
    value: "ana",
    variant: "v",
    reason: "TARGETING_MATCH",
    flagMetadata: { ruleId: "r" },
  });
  await OpenFeature.setContext({ targetingKey: "ben" });
  expect(client.getStringValue("who", "")).toBe("ben");
  expect(client.getNumberDetails("who", 1)).toMatchObject({ value: 1, errorCode: "TYPE_MISMATCH" });
  expect(client.getBooleanDetails("absent", true)).toMatchObject({ value: true, errorCode: "FLAG_NOT_FOUND" });
  let told = false;
  client.addHandler(ProviderEvents.ConfigurationChanged, () => {
    told = true;
  });
  rev = 2;
  await until("it is told of the change", () => told);
  await server.stop();
});
