// The long run: what shows only with time.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { ruleset, split } from "../parts/ruleset.mjs";
import { USER, scenario } from "../parts/scenario.mjs";
import { sleep } from "../../parts/until.mjs";

const SECONDS = 120;
/** By then everything that has a bound is full: at this rate it takes less than a second. */
const WARM = 10;
/** Evaluations a second, and the part of them without which a machine was too busy to show anything. */
const RATE = 100_000;
const LEAST = 0.8 * RATE;
/** Collectors let memory swing, so the least of half a minute at the end is held against the least of one after warm-up. */
const WINDOW = 30;
/** What these two may differ by, in MiB: five bytes lost with each evaluation are more. The heap of Node.js swings by 40. */
const SLACK = 32;

/** Resident memory of a process, in MiB. */
async function resident(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)[1]) / 1024;
}

scenario("S10.2 S11.2 S11.4 S5.1 S6.5: two minutes of 100,000 evaluations a second without a server, in flat memory", { long: true }, async (stage) => {
  const server = await stage.server(ruleset("a:1", { f: "one", s: split("one", "one") }));
  const service = await stage.own();
  const client = await stage.client(server, { service, exposures: true, timing: { flush: 1_000 } });
  await client.at("a:1");
  await server.stop();
  // More users than exposures are remembered, so each of them is a new one again and again.
  const load = { flags: ["f", "s"], type: "string", default: "default", context: USER, threads: 2, rate: RATE, users: 500_000 };
  await client.do("load", load);
  await sleep(WARM * 1_000);
  const samples = [await resident(service.pid)];
  for (let second = WARM; second < SECONDS; second++) {
    await sleep(1_000);
    samples.push(await resident(service.pid));
  }
  const { calls, threw, values } = await client.do("load_end");
  const rate = Math.round(calls / SECONDS);
  const [before, after] = [samples.slice(0, WINDOW), samples.slice(-WINDOW)].map((some) => Math.min(...some));
  console.log(
    `    ${service.is.sdk}: ${rate} evaluations a second; ${samples[0].toFixed(1)} MiB after ${WARM} s, ` +
      `${samples.at(-1).toFixed(1)} after ${SECONDS}, least ${before.toFixed(1)} and ${after.toFixed(1)}, ` +
      `most ${Math.max(...samples).toFixed(1)}; ${threw} exceptions`,
  );
  assert.deepEqual([threw, Object.keys(values)], [0, ['"one"']]);
  assert.ok(rate > LEAST, `${rate} evaluations a second`);
  assert.ok(after - before < SLACK, `from ${before} to ${after} MiB in ${calls} evaluations`);
  const { dropped_exposures, state, version } = await client.status();
  assert.deepEqual([state, version], ["STALE", "a:1"]);
  assert.ok(dropped_exposures > 1_000_000, `${dropped_exposures} exposures were given up: the others would be in memory`);
});
