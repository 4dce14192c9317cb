// Records what this version of an SDK writes, for every later server and SDK to be held against:
// `node record-sdk.mjs NAME…` writes recordings/sdks/NAME-VERSION.json: a batch as it was sent, and a cache file.
// A recording of a released version is never written again.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ruleset, split } from "./parts/ruleset.mjs";
import { KEY, Stage, USER } from "./parts/scenario.mjs";
import { until } from "../parts/until.mjs";
import { Service } from "./parts/sdk.mjs";

const here = new URL(".", import.meta.url).pathname;
const services = process.env.YARDARM_SERVICES ?? join(here, "services");
const folder = join(here, "recordings", "sdks");
await mkdir(folder, { recursive: true });

for (const name of process.argv.slice(2)) {
  const command = join(services, `${name}.sh`);
  const service = await Service.start(command);
  const stage = new Stage(service, command);
  const server = await stage.server(ruleset("a:1", { f: "one", s: split("A", "B") }));
  const cache_file = join(await stage.directory(), "flags");
  const client = await stage.client(server, { exposures: true, cache_file });
  await client.at("a:1");
  await client.value("f", "default");
  await client.value("f", false);
  await client.value("s", "default");
  await client.do("track", { event: "purchase", context: USER, value: 49.5, data: { currency: "EUR" } });
  if (!(await client.do("flush", { limit: 60_000 })).done) throw new Error("the batch was not acknowledged");
  const cache = await until("the cache file", () => readFile(cache_file, "utf8").catch(() => ""));
  const [batch] = server.batches();
  await writeFile(join(folder, `${name}-${service.is.version}.json`), `${JSON.stringify({ sdk_key: KEY, batch, cache }, null, 1)}\n`);
  await stage.close();
  await service.stop();
}
