// The long run: what shows only with time.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { ruleset } from "../parts/ruleset.mjs";
import { USER, scenario } from "../parts/scenario.mjs";
import { sleep } from "../../parts/until.mjs";

const LENGTH = 120_000;
const WARM = 30_000;
/** What a garbage collector may differ by, in MiB; a few bytes lost with each evaluation would be far more. */
const SLACK = 48;

/** Resident memory of a process, in MiB. */
async function resident(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)[1]) / 1024;
}

scenario("S10.2 S5.1 S6.5: two minutes under full load without a server, in flat memory", { long: true }, async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one" }));
  const service = await stage.own();
  const client = await stage.client(server, { service, exposures: true, timing: { flush: 1_000 } });
  await client.at("a:1");
  await server.stop();
  await client.do("load", { flags: ["f"], type: "string", default: "default", context: USER, threads: 2 });
  await sleep(WARM);
  const before = await resident(service.pid);
  await sleep(LENGTH - WARM);
  const after = await resident(service.pid);
  const { calls, threw, values } = await client.do("load_end");
  assert.deepEqual([threw, Object.keys(values)], [0, ['"one"']]);
  assert.ok(after - before < SLACK, `from ${before} to ${after} MiB in ${calls} evaluations`);
  console.log(`    ${service.is.sdk}: ${Math.round((calls / LENGTH) * 1000)} evaluations a second, ${after.toFixed(0)} MiB`);
});
