// The test service of @yardarm/web. It uses the public interface only.

import { readFileSync } from "node:fs";

import { OpenFeature } from "@openfeature/web-sdk";
import { Client, openTelemetry } from "@yardarm/web";
import { YardarmProvider } from "@yardarm/web/openfeature";
import { Clients, serve, statusOf } from "./lines.mjs";

const { version } = JSON.parse(readFileSync(new URL("../web/package.json", import.meta.url), "utf8"));
const clients = new Clients();
let domains = 0;
const kept = new Map();
/** What clients that ask for attestations were given, and for whom they asked. */
const signers = new Map();
const stored = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => void kept.set(name, value) };
const broken = () => {
  throw new Error("a storage of the platform");
};
const storages = { true: stored, throw: { getItem: broken, setItem: broken } };
const ask = ({ client }, { flag, type, default: fallback }) => client[type](flag, fallback);
const details = ({ client }, { flag, type, default: fallback }) => client[`${type}Details`](flag, fallback);

/** A provider that starts now, under a name of its own. */
async function provided({ client }) {
  const domain = `domain-${++domains}`;
  await OpenFeature.setProviderAndWait(domain, new YardarmProvider(client)).catch(() => {});
  return domain;
}

serve({
  hello: () => ({
    sdk: "web",
    version,
    kind: "web",
    without: ["fork", "integer", "threads", "cache_file", "offline_file"],
  }),
  create: ({ client, settings }) => {
    const storage = storages[settings.storage] ?? null;
    clients.create(client, settings, openTelemetry, (given) => {
      const { attestations } = given;
      if (!attestations) return new Client({ ...given, storage });
      const asked = [];
      const attestation = async (context) => {
        asked.push(context);
        return attestations.length > 1 ? attestations.shift() : attestations[0];
      };
      signers.set(client, { asked, attestations });
      return new Client({ ...given, storage, attestation });
    });
  },
  attestations: ({ client, next }) => {
    const { asked, attestations } = signers.get(client);
    if (next) attestations.splice(0, Number.POSITIVE_INFINITY, ...next);
    return { asked };
  },
  wait: async ({ client, limit }) => ({ state: await clients.get(client).client.waitReady(limit) }),
  status: ({ client }) => statusOf(clients.get(client).client),
  seen: ({ client }) => ({ observed: clients.get(client).observed }),
  evaluate: (members) => {
    const entry = clients.get(members.client);
    return members.plain ? { value: ask(entry, members) } : details(entry, members);
  },
  evaluate_openfeature: async ({ client, flag, type, default: fallback }) => {
    const entry = clients.get(client);
    const domain = await provided(entry);
    const name = { boolean: "Boolean", string: "String", number: "Number", json: "Object" }[type];
    const answer = OpenFeature.getClient(domain)[`get${name}Details`](flag, fallback);
    const { value, variant, reason, errorCode, flagMetadata } = answer;
    return { value, variant: variant ?? null, reason, error: errorCode ?? null, metadata: flagMetadata };
  },
  track_openfeature: async ({ client, event, value, data }) => {
    const domain = await provided(clients.get(client));
    OpenFeature.getClient(domain).track(event, { value, ...data });
  },
  evaluate_all: ({ client }) => ({ answers: clients.get(client).client.all() }),
  track: ({ client, event, value, data }) => clients.get(client).client.track(event, value, data),
  flush: async ({ client, limit }) => ({ done: await clients.get(client).client.flush(limit) }),
  shutdown: async ({ client, limit }) => ({ done: await clients.get(client).client.shutdown(limit) }),
  set_context: async ({ client, context, limit }) => void (await clients.get(client).client.setContext(context, limit)),
  hooked: ({ client }) => {
    const { calls, otel } = clients.get(client);
    return { calls, otel };
  },
  threads: () => ({ count: 0 }),
});
