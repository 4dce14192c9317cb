// Runs the scenarios against test services: `node run.mjs [--write] [NAME…] [-- TEXT…]`. See PROTOCOL.md.

import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";

import { matrix } from "./parts/compatibility.mjs";
import { Stage, scenarios } from "./parts/scenario.mjs";
import { Failed, Service, Unsupported } from "./parts/sdk.mjs";

const here = new URL(".", import.meta.url).pathname;
/** Where the test services are; another folder has services of SDKs that live elsewhere. */
const services = process.env.YARDARM_SERVICES ?? join(here, "services");
/** Scenarios mostly wait; each lane of an SDK has a service process of its own. */
const LANES = Number(process.env.YARDARM_LANES ?? 6);
/** A scenario that takes longer is stuck. */
const LONGEST = 240_000;

/** Every clause of the contract. */
export async function clauses() {
  const text = await readFile(join(here, "../../spec/sdk.md"), "utf8");
  return [...text.matchAll(/^\*\*(S\d+\.\d+)\*\*/gm)].map(([, clause]) => clause);
}

async function load() {
  const files = (await readdir(join(here, "scenarios"))).filter((name) => name.endsWith(".mjs")).sort();
  for (const file of files) await import(join(here, "scenarios", file));
}

/** Clauses without a scenario, and scenarios about clauses that do not exist. */
async function uncovered() {
  const known = await clauses();
  const shown = new Set(scenarios.flatMap(({ clauses }) => clauses));
  const missing = known.filter((clause) => !shown.has(clause)).map((clause) => `${clause} has no scenario`);
  const invented = [...shown].filter((clause) => !known.includes(clause));
  return [...missing, ...invented.map((clause) => `${clause} is not in spec/sdk.md`)];
}

async function play(scenario, service, command) {
  const lacks = scenario.needs.filter((need) => service.is.without?.includes(need));
  if (scenario.kind !== service.is.kind || lacks.length) return { result: "not for it" };
  if (scenario.long && !process.env.YARDARM_LONG) return { result: "long" };
  if (scenario.needsServer && !process.env.YARDARM_BIN) return { result: "without a server" };
  const stage = new Stage(service, command);
  const began = performance.now();
  let timer;
  try {
    const stuck = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done after ${LONGEST} ms`)), LONGEST);
    });
    await Promise.race([scenario.play(stage), stuck]);
    return { result: "green", took: performance.now() - began };
  } catch (error) {
    const kind = error instanceof Unsupported || error instanceof Failed ? `${error.message}\n` : "";
    return { result: "red", took: performance.now() - began, error: `${kind}${error.stack}` };
  } finally {
    clearTimeout(timer);
    await stage.close().catch((error) => console.error(`  (while closing: ${error.message})`));
  }
}

/** All scenarios against one SDK; its results. */
async function examine(name, chosen) {
  const command = join(services, `${name}.sh`);
  const queue = [...chosen];
  const results = [];
  let is;
  const lane = async () => {
    let service = await Service.start(command);
    is ??= service.is;
    for (let scenario = queue.shift(); scenario; scenario = queue.shift()) {
      const outcome = await play(scenario, service, command);
      results.push({ ...outcome, scenario });
      if (outcome.result === "red") {
        console.log(`  ✖ ${name} ${scenario.title}\n${outcome.error.replaceAll(/^/gm, "      ")}`);
        // What went wrong must not spoil the next one.
        service.kill("SIGKILL");
        service = await Service.start(command);
      } else if (process.env.YARDARM_VERBOSE && outcome.result === "green") {
        console.log(`  ✔ ${name} ${scenario.title} (${Math.round(outcome.took)} ms)`);
      }
    }
    const how = await service.stop();
    if (how !== 0) {
      console.log(`  ✖ ${name}: the service ends with ${how}:\n${service.log.slice(-2000)}`);
      results.push({ result: "red", scenario: { title: "the service ends", clauses: ["S13.2"] } });
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: Math.min(LANES, queue.length) }, lane));
  const count = (result) => results.filter((one) => one.result === result).length;
  const left = ["not for it", "long", "without a server"].map((why) => [why, count(why)]).filter(([, number]) => number);
  const out = left.map(([why, number]) => `${number} ${why}`).join(", ");
  const took = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${name} ${is?.version}: ${count("green")} green, ${count("red")} red${out && ` (left out: ${out})`}, ${took} s`);
  return { name, version: is?.version, kind: is?.kind, results };
}

async function main(words) {
  const write = words[0] === "--write" && words.shift() !== undefined;
  const split = words.indexOf("--");
  const texts = split < 0 ? [] : words.splice(split).slice(1);
  const every = (await readdir(services)).filter((file) => file.endsWith(".sh")).map((file) => basename(file, ".sh"));
  const names = words.length ? words : every.sort();
  await load();
  const gaps = await uncovered();
  for (const gap of gaps) console.log(`  ✖ ${gap}`);
  const chosen = texts.length ? scenarios.filter(({ title }) => texts.some((text) => title.includes(text))) : scenarios;
  // All at once: they wait far more than they compute. But each has the machine for itself when it is to be loaded.
  const examined = [];
  if (process.env.YARDARM_LONG) for (const name of names) examined.push(await examine(name, chosen));
  else examined.push(...(await Promise.all(names.map((name) => examine(name, chosen)))));
  const red = examined.flatMap(({ results }) => results).some(({ result }) => result === "red");
  if (texts.length || words.length) process.exit(red ? 1 : 0);
  // A matrix is of everything.
  const old = await matrix(examined, await clauses(), write);
  if (old) console.log(`  ✖ ${old}`);
  process.exit(red || gaps.length || old ? 1 : 0);
}

await main(process.argv.slice(2));
