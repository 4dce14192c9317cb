// Records what this version of the server says on the wire, for every later SDK to be held against:
// `YARDARM_BIN=… node record.mjs` writes recordings/<version of the server>/. A recording of a released version is never
// written again.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expected } from "../parts/answers.mjs";
import { cli, demo } from "../parts/binary.mjs";
import { until } from "../parts/until.mjs";
import { people } from "../parts/people.mjs";

/** How many contexts have their answers recorded. */
const CONTEXTS = 12;

/** An answer as it is kept: what an SDK may look at. */
async function kept(response) {
  const { status } = response;
  const names = ["content-type", "etag", "retry-after", "cache-control", "www-authenticate"];
  const headers = Object.fromEntries(names.map((name) => [name, response.headers.get(name)]).filter(([, value]) => value));
  return { status, headers, body: await response.text() };
}

/** Collects the bytes of an open stream. */
async function listen(url, headers) {
  const response = await fetch(url, { headers });
  const chunks = [];
  const done = (async () => {
    for await (const chunk of response.body) chunks.push(chunk);
  })().catch(() => {});
  return { text: () => Buffer.concat(chunks).toString(), done, status: response.status };
}

async function main() {
  const app = await demo();
  const version = (await cli(app, "--version")).trim().split(" ").at(-1);
  const folder = join(new URL("recordings", import.meta.url).pathname, version);
  await mkdir(folder, { recursive: true });
  const write = (name, value) => writeFile(join(folder, name), typeof value === "string" ? value : `${JSON.stringify(value, null, 1)}\n`);
  const server = { authorization: `Bearer ${app.server_key}` };
  const client = { authorization: `Bearer ${app.client_key}`, "content-type": "application/json" };

  const stream = await listen(`${app.url}/sdk/v1/stream`, server);
  await until("put", () => stream.text().includes("event: put"));
  await cli(app, "flags", "create", "recorded");
  await cli(app, "flags", "on", "recorded", "--environment", app.environment);
  const whole = await kept(await fetch(`${app.url}/sdk/v1/ruleset`, { headers: server }));
  const { epoch, rev } = JSON.parse(whole.body).version;
  await until("all patches", () => stream.text().includes(`id: ${epoch}:${rev}\n`));
  await write("ruleset.json", whole);
  const unchanged = await fetch(`${app.url}/sdk/v1/ruleset`, { headers: { ...server, "if-none-match": whole.headers.etag } });
  await write("ruleset-unchanged.json", await kept(unchanged));

  const contexts = people(CONTEXTS);
  const now = Date.now();
  const answers = await expected(app, contexts);
  await write("answers.json", { now, contexts, answers });

  const refusals = {};
  for (const [name, authorization] of [["unknown key", "Bearer yd_srv_unknown"], ["client key", client.authorization]]) {
    refusals[name] = await kept(await fetch(`${app.url}/sdk/v1/stream`, { headers: { authorization } }));
  }
  await write("refusals.json", refusals);

  const at = Date.now();
  const counts = [{ flag: "recorded", variant: "on", reason: "STATIC", count: 2, start: at - (at % 3_600_000) }];
  const exposures = [{ flag: "recorded", variant: "on", unit: "user-1", version: `${epoch}:${rev}`, at }];
  const events = [{ name: "purchase", unit: "user-1", value: 49.5, data: { currency: "EUR" }, at }];
  const batch = { batch: crypto.randomUUID(), sdk: { name: "recorder", version }, counts, exposures, events };
  const send = async (body) => ({ sent: body, ...(await kept(await fetch(`${app.url}/sdk/v1/events`, { method: "POST", headers: { ...server, "content-type": "application/json" }, body: JSON.stringify(body) }))) });
  await write("events.json", { accepted: await send(batch), wrong: await send({ ...batch, counts: [{ ...counts[0], reason: "BECAUSE" }] }) });

  const context = { targetingKey: "user-1", country: "DE" };
  const bulk = await kept(await fetch(`${app.url}/ofrep/v1/evaluate/flags`, { method: "POST", headers: client, body: JSON.stringify({ context }) }));
  const ticket = new URL(JSON.parse(bulk.body).eventStreams[0].endpoint.requestUri, app.url);
  const changes = await listen(ticket, {});
  await until("the change stream", () => changes.text().length > 0);
  await cli(app, "flags", "off", "recorded", "--environment", app.environment);
  await until("the change", () => changes.text().includes("refetchEvaluation") && stream.text().split("event: patch").length > 3);
  await until("a heartbeat", () => stream.text().includes("event: ping"), { within: 60_000, every: 100 });
  const last = await kept(await fetch(`${app.url}/sdk/v1/ruleset`, { headers: server }));
  await write("ruleset-last.json", last);

  await app.stop();
  await Promise.all([stream.done, changes.done]);
  await write("stream.sse", stream.text());
  // A ticket is a secret of the server that made it, and no recording needs it.
  await write("bulk.json", { context, ...bulk, body: bulk.body.replace(ticket.searchParams.get("ticket"), "recorded") });
  await write("changes.sse", changes.text());
  console.log(`recorded ${version}: ${stream.text().split("\nevent: ").length} frames, ${CONTEXTS} contexts`);
}

await main();
