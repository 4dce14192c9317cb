// The test service of @yardarm/server. It uses the public interface only.

import { OpenFeature } from "@openfeature/server-sdk";

import { Client, openTelemetry, TestClient } from "@yardarm/server";
import { YardarmProvider } from "@yardarm/server/openfeature";
import { Clients, serve, statusOf, written } from "./lines.mjs";

const { version } = JSON.parse(
  await (await import("node:fs/promises")).readFile(new URL("../server/package.json", import.meta.url), "utf8"),
);
const clients = new Clients();
let domains = 0;
const pause = () => new Promise((resolve) => setImmediate(resolve));
const plain = { boolean: "boolean", string: "string", number: "number", json: "json" };
const ask = ({ client }, { flag, type, default: fallback, context }) => client[plain[type]](flag, context, fallback);
const details = ({ client }, { flag, type, default: fallback, context }) =>
  client[`${plain[type]}Details`](flag, context, fallback);

function settings(members, line) {
  const given = { ...members.settings };
  if (given.bootstrap !== undefined) given.bootstrap = written(line, "bootstrap");
  return given;
}

/** A provider that starts now, under a name of its own. */
async function provided({ client }) {
  const domain = `domain-${++domains}`;
  await OpenFeature.setProviderAndWait(domain, new YardarmProvider(client)).catch(() => {});
  return domain;
}

serve({
  hello: () => ({ sdk: "typescript", version, kind: "server", without: ["fork", "integer", "threads", "storage"] }),
  create: (members, line) => {
    clients.create(members.client, settings(members, line), openTelemetry, (given) => new Client(given));
  },
  create_from_environment: (members, line) => {
    clients.create(members.client, settings(members, line), openTelemetry, (given) => Client.fromEnvironment(given));
  },
  create_test_double: (members, line) => {
    const { client } = clients.create(members.client, {}, openTelemetry, () => new TestClient());
    const ruleset = members.ruleset_text ?? written(line, "ruleset");
    if (ruleset !== undefined) client.load(ruleset);
    change(client, members);
  },
  double: (members) => change(clients.get(members.client).client, members),
  wait: async ({ client, limit }) => ({ state: await clients.get(client).client.waitReady(limit) }),
  status: ({ client }) => statusOf(clients.get(client).client),
  seen: ({ client }) => ({ observed: clients.get(client).observed }),
  evaluate: (members) => {
    const entry = clients.get(members.client);
    return members.plain ? { value: ask(entry, members) } : details(entry, members);
  },
  evaluate_openfeature: async ({ client, flag, type, default: fallback, context }) => {
    const entry = clients.get(client);
    const domain = await provided(entry);
    const name = { boolean: "Boolean", string: "String", number: "Number", json: "Object" }[type];
    const answer = await OpenFeature.getClient(domain)[`get${name}Details`](flag, fallback, context);
    const { value, variant, reason, errorCode, flagMetadata } = answer;
    return { value, variant: variant ?? null, reason, error: errorCode ?? null, metadata: flagMetadata };
  },
  track_openfeature: async ({ client, event, context, value, data }) => {
    const domain = await provided(clients.get(client));
    OpenFeature.getClient(domain).track(event, context, { value, ...data });
  },
  evaluate_all: ({ client, context }) => ({ answers: clients.get(client).client.all(context) }),
  load: (members) => {
    const entry = clients.get(members.client);
    const load = { calls: 0, threw: 0, values: {}, torn: 0, ends: false };
    entry.load = load;
    load.done = (members.rate ? paced : unpaced)(entry, members, load);
  },
  load_end: async ({ client }) => {
    const { load } = clients.get(client);
    load.ends = true;
    await load.done;
    const { calls, threw, values, torn } = load;
    return { calls, threw, values, torn };
  },
  attest: async ({ client, context, ttl }) => ({ token: await clients.get(client).client.attest(context, ttl) }),
  track: ({ client, event, context, value, data }) => clients.get(client).client.track(event, context, value, data),
  flush: async ({ client, limit }) => ({ done: await clients.get(client).client.flush(limit) }),
  shutdown: async ({ client, limit }) => ({ done: await clients.get(client).client.shutdown(limit) }),
  set_sdk_key: ({ client, sdk_key }) => clients.get(client).client.setSdkKey(sdk_key),
  hooked: ({ client }) => {
    const { calls, otel } = clients.get(client);
    return { calls, otel };
  },
  threads: () => ({ count: 0 }),
});

function change(double, { set = {}, set_for = [], remove = [], now }) {
  for (const [flag, value] of Object.entries(set)) double.set(flag, value);
  for (const [flag, key, value] of set_for) double.setFor(flag, key, value);
  for (const flag of remove) double.remove(flag);
  if (now !== undefined) double.at(now);
}

async function unpaced(entry, members, load) {
  while (!load.ends) {
    for (let turn = 0; turn < 50; turn++) once(entry, members, load);
    await pause();
  }
}

/** So many evaluations a second: every few milliseconds those that are due, but other work has its turn. */
async function paced(entry, { flags, type, default: fallback, context, rate, users = 1 }, load) {
  const began = performance.now();
  const counts = new Map();
  while (!load.ends) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const due = Math.min(((performance.now() - began) / 1_000) * rate, load.calls + rate / 10);
    for (; load.calls < due; load.calls++) {
      const targetingKey = `${context.targetingKey}-${load.calls % users}`;
      const flag = flags[load.calls % flags.length];
      try {
        const value = entry.client[plain[type]](flag, { ...context, targetingKey }, fallback);
        counts.set(value, (counts.get(value) ?? 0) + 1);
      } catch {
        load.threw++;
      }
    }
  }
  load.values = Object.fromEntries([...counts].map(([value, count]) => [JSON.stringify(value), count]));
}

function once(entry, { flags, type, default: fallback, context }, load) {
  try {
    for (const flag of flags) {
      const value = JSON.stringify(ask(entry, { flag, type, default: fallback, context }));
      load.values[value] = (load.values[value] ?? 0) + 1;
      load.calls++;
    }
    const all = entry.client.all(context);
    const found = flags.map((flag) => all[flag]);
    const distinct = (members) => new Set(members.map((member) => JSON.stringify(member))).size > 1;
    if (distinct(found.map((one) => one?.version)) || distinct(found.map((one) => one?.value))) load.torn++;
  } catch {
    load.threw++;
  }
}
