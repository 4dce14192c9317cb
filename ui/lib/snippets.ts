// Code that connects an application, with a key and this server's address in it.
import type { Audience } from "./api/types";

export type Snippet = { name: string; code: string };

export function snippets(origin: string, key: string, audience: Audience, flag = "my-flag"): Snippet[] {
  const curl: Snippet = {
    name: "curl",
    code: `curl ${origin}/ofrep/v1/evaluate/flags/${flag} \\
  -H 'Authorization: Bearer ${key}' \\
  -H 'Content-Type: application/json' \\
  -d '{"context":{"targetingKey":"user-1"}}'`,
  };
  if (audience === "client") {
    return [
      {
        name: "Browser",
        code: `import { OpenFeature } from "@openfeature/web-sdk";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";

await OpenFeature.setContext({ targetingKey: "user-1" });
await OpenFeature.setProviderAndWait(
  new OFREPWebProvider({
    baseUrl: "${origin}",
    headers: [["Authorization", "Bearer ${key}"]],
  }),
);
const on = OpenFeature.getClient().getBooleanValue("${flag}", false);`,
      },
      curl,
    ];
  }
  return [
    curl,
    {
      name: "Node",
      code: `import { OpenFeature } from "@openfeature/server-sdk";
import { OFREPProvider } from "@openfeature/ofrep-provider";

await OpenFeature.setProviderAndWait(
  new OFREPProvider({
    baseUrl: "${origin}",
    headers: [["Authorization", "Bearer ${key}"]],
  }),
);
const on = await OpenFeature.getClient().getBooleanValue("${flag}", false, {
  targetingKey: "user-1",
});`,
    },
    {
      name: "Python",
      code: `from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

api.set_provider(OFREPProvider(
    "${origin}",
    headers_factory=lambda: {"Authorization": "Bearer ${key}"},
))
on = api.get_client().get_boolean_value(
    "${flag}", False, EvaluationContext(targeting_key="user-1")
)`,
    },
  ];
}
