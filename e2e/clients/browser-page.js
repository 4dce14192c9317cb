// Runs in the page: npm @openfeature/web-sdk with @openfeature/ofrep-web-provider. Bundled by browser.mjs.

import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";

const ask = {
  boolean: (client, flag, value) => client.getBooleanDetails(flag, value),
  string: (client, flag, value) => client.getStringDetails(flag, value),
  number: (client, flag, value) => client.getNumberDetails(flag, value),
  json: (client, flag, value) => client.getObjectDetails(flag, value),
};

function provider(url, key, options) {
  const headers = [["Authorization", `Bearer ${key}`]];
  return new OFREPWebProvider({ baseUrl: url, headers, cacheMode: "disabled", ...options });
}

window.connect = (url, key, context) => OpenFeature.setProviderAndWait(provider(url, key), context);

/** Every flag of `types` for every context: one request for a context, `lanes` at a time. */
window.answers = async (url, key, types, defaults, contexts, lanes) => {
  const all = [];
  const next = contexts.entries();
  const lane = async (domain) => {
    // The stream is not what is asked for here, and would be opened anew for every context.
    await OpenFeature.setProviderAndWait(domain, provider(url, key, { changeDetection: "none" }), contexts[0]);
    const client = OpenFeature.getClient(domain);
    for (const [n, context] of next) {
      await OpenFeature.setContext(domain, context);
      all[n] = {};
      for (const [flag, type] of Object.entries(types)) {
        const { value, variant, reason, errorCode } = ask[type](client, flag, defaults[type]);
        all[n][flag] = { value, variant: variant ?? null, reason, error: errorCode ?? null };
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, n) => lane(`lane-${n}`)));
  return all;
};

/** Reports a boolean flag's value now and whenever the provider says that flags changed. */
window.follow = (flag) => {
  const client = OpenFeature.getClient();
  const report = () => window.reported(client.getBooleanValue(flag, false));
  client.addHandler(ProviderEvents.ConfigurationChanged, report);
  report();
};
