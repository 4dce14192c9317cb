// Runs in the page: npm @openfeature/web-sdk with @openfeature/ofrep-web-provider. Bundled by browser.mjs.

import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";

const ask = {
  boolean: (client, flag, value) => client.getBooleanDetails(flag, value),
  string: (client, flag, value) => client.getStringDetails(flag, value),
  number: (client, flag, value) => client.getNumberDetails(flag, value),
  json: (client, flag, value) => client.getObjectDetails(flag, value),
};

window.connect = async (url, key, context) => {
  const headers = [["Authorization", `Bearer ${key}`]];
  await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl: url, headers, cacheMode: "disabled" }), context);
};

/** Every flag of `types` for every context. */
window.answers = async (types, defaults, contexts) => {
  const client = OpenFeature.getClient();
  const all = [];
  for (const context of contexts) {
    await OpenFeature.setContext(context);
    const answers = {};
    for (const [flag, type] of Object.entries(types)) {
      const { value, variant, reason, errorCode } = ask[type](client, flag, defaults[type]);
      answers[flag] = { value, variant: variant ?? null, reason, error: errorCode ?? null };
    }
    all.push(answers);
  }
  return all;
};

/** Reports a boolean flag's value now and whenever the provider says that flags changed. */
window.follow = (flag) => {
  const client = OpenFeature.getClient();
  const report = () => window.reported(client.getBooleanValue(flag, false));
  client.addHandler(ProviderEvents.ConfigurationChanged, report);
  report();
};
