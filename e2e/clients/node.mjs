// npm @openfeature/server-sdk with @openfeature/ofrep-provider.

import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";

import { DEFAULTS } from "../parts/answers.mjs";

/** Asks one flag of a client with details. */
export function ask(client, flag, type, context) {
  switch (type) {
    case "boolean":
      return client.getBooleanDetails(flag, DEFAULTS.boolean, context);
    case "string":
      return client.getStringDetails(flag, DEFAULTS.string, context);
    case "number":
      return client.getNumberDetails(flag, DEFAULTS.number, context);
    default:
      return client.getObjectDetails(flag, DEFAULTS.json, context);
  }
}

export async function connect(app, key = app.server_key) {
  const provider = new OFREPProvider({ baseUrl: app.url, headers: [["Authorization", `Bearer ${key}`]] });
  await OpenFeature.setProviderAndWait(provider);
  const client = OpenFeature.getClient();
  return {
    ask: (flag, type, context) => ask(client, flag, type, context),
    close: () => OpenFeature.clearProviders(),
  };
}

/** Every flag of `types` for every context, one request each. */
export async function answers(app, types, contexts, { concurrency = 16 } = {}) {
  const client = await connect(app);
  const results = contexts.map(() => ({}));
  const work = contexts.flatMap((context, n) => Object.entries(types).map(([flag, type]) => ({ context, n, flag, type })));
  const next = work.values();
  const worker = async () => {
    for (const { context, n, flag, type } of next) {
      const { value, variant, reason, errorCode } = await client.ask(flag, type, context);
      results[n][flag] = { value, variant: variant ?? null, reason, error: errorCode ?? null };
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await client.close();
  return results;
}
