// PostgreSQL frozen, then crashed: delivery goes on, management says that it cannot, and all is well afterwards.

import assert from "node:assert/strict";
import { test } from "node:test";

import { curlStream, rustWatch } from "../clients/processes.mjs";
import { api, cli, demo } from "../parts/binary.mjs";
import { until } from "../parts/until.mjs";
import { postgres } from "../parts/postgres.mjs";

const FLAG = "e2e-switch";

async function ready(app) {
  const response = await fetch(`${app.url}/readyz`, { signal: AbortSignal.timeout(30_000) });
  return { status: response.status, ...(await response.json()) };
}

test("delivery goes on without PostgreSQL", { timeout: 5 * 60_000 }, async (t) => {
  const cluster = await postgres();
  const app = await demo({ database: cluster.url });
  const statuses = [];
  const pings = [];
  let rust;
  let curl;
  try {
    await cli(app, "flags", "create", FLAG);
    rust = rustWatch(app, (status) => statuses.push(status));
    const key = [`Authorization: Bearer ${app.server_key}`];
    curl = curlStream(`${app.url}/sdk/v1/stream`, key, ({ event }) => event === "ping" && pings.push(performance.now()));
    await until("the SDK is connected", () => statuses.at(-1)?.state === "Ready");
    assert.deepEqual(await ready(app), { status: 200, delivery: "ready", management: "ready" });

    let on = false;
    for (const [name, harm, heal] of [
      ["frozen", cluster.freeze, cluster.thaw],
      ["crashed", cluster.crash, cluster.start],
    ]) {
      await t.test(name, async (sub) => {
        const version = statuses.at(-1).version;
        await harm();
        try {
          await until("readyz says so", async () => (await ready(app)).management === "unavailable", { every: 200 });
          assert.deepEqual(await ready(app), { status: 200, delivery: "ready", management: "unavailable" });

          for (let n = 0; n < 20; n += 1) {
            const headers = { authorization: key[0].slice(15), "content-type": "application/json" };
            const evaluate = await fetch(`${app.url}/ofrep/v1/evaluate/flags/${FLAG}`, {
              method: "POST",
              headers,
              body: JSON.stringify({ context: { targetingKey: `user-${n}` } }),
              signal: AbortSignal.timeout(30_000),
            });
            assert.equal(evaluate.status, 200);
            assert.equal((await evaluate.json()).value, on);
          }
          const ruleset = await fetch(`${app.url}/sdk/v1/ruleset`, { headers: { authorization: key[0].slice(15) }, signal: AbortSignal.timeout(30_000) });
          assert.equal(ruleset.status, 200);
          const all = await ruleset.json();
          assert.equal(`${all.version.epoch}:${all.version.rev}`, version);

          // A stream opened now, and those opened before.
          let opened = null;
          const late = curlStream(`${app.url}/sdk/v1/stream`, key, ({ event }) => (opened ??= event));
          await until("a new stream is served", () => opened !== null);
          await late.stop();
          const before = pings.length;
          await until("the old stream goes on", () => pings.length > before, { within: 90_000 });
          assert.equal(statuses.at(-1).state, "Ready");

          const start = performance.now();
          const refused = await api(app, "PATCH", `/projects/${app.project}/flags/${FLAG}`, { description: "x" });
          assert.equal(refused.status, 503, JSON.stringify(refused.body));
          assert.equal(refused.headers.get("content-type"), "application/problem+json");
          sub.diagnostic(`a change is refused (${refused.body.code}) after ${Math.round(performance.now() - start)} ms`);
        } finally {
          await heal();
        }

        const start = performance.now();
        await until("readyz says that it is back", async () => (await ready(app)).management === "ready", { every: 200, within: 60_000 });
        sub.diagnostic(`management is back ${Math.round(performance.now() - start)} ms after PostgreSQL`);
        on = !on;
        await until("a change can be made again", () => cli(app, "flags", on ? "on" : "off", FLAG, "--environment", app.environment), { every: 500 });
        await until("and it arrives", () => statuses.at(-1).values[FLAG] === on);
      });
    }
  } finally {
    await rust?.stop();
    await curl?.stop();
    await app.stop();
    await cluster.stop();
  }
});
