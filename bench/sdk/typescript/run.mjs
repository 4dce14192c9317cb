// One table: every SDK on every scenario, in alternating rounds, as CPU time of the process (collector and compiler
// included), medians. `--json` writes bench/out/sdk-typescript.json. Each answer is checked before it is timed.

import { mkdirSync, writeFileSync } from "node:fs";

import { PEERS, yardarm } from "./peers.mjs";
import { HUNDRED, SCENARIOS } from "./scenarios.mjs";

const ROUNDS = 9;
/** CPU time that one measurement takes, about. */
const SPAN_US = 60_000;

async function check({ name, ask, lacks = [] }) {
  const answers = async (flag, times) => {
    let on = 0;
    for (let at = 0; at < times; at++) {
      const answer = await ask(flag);
      if (typeof answer !== "boolean") throw new Error(`${name} answers ${answer} to ${flag}`);
      on += answer;
    }
    return on / times;
  };
  for (const [, flag, right] of SCENARIOS.filter(([, flag]) => !lacks.includes(flag))) {
    const share = await answers(flag, 1024);
    const good = right === undefined ? Math.abs(share - 0.5) < 0.08 : share === Number(right);
    if (!good) throw new Error(`${name} answers ${flag} with "on" to ${share * 100} %`);
  }
  for (const [key, kind] of HUNDRED) {
    const share = await answers(key, kind === "c" ? 64 : 2);
    if (kind === "c" ? share === 0 || share === 1 : share !== Number(kind !== "off"))
      throw new Error(`${name}: ${key} is ${share}`);
  }
}

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Nanoseconds of CPU for a call. */
async function measure(call, times, waits) {
  const before = cpu();
  if (waits) for (let at = 0; at < times; at++) await call();
  else for (let at = 0; at < times; at++) call();
  return ((cpu() - before) * 1_000) / times;
}

/** Everything that is timed of one SDK. */
function cells(sdk) {
  const single = SCENARIOS.filter(([, flag]) => !sdk.lacks?.includes(flag)).map(([row, flag]) => [
    row,
    () => sdk.ask(flag),
  ]);
  const waits = typeof sdk.ask("a")?.then === "function";
  const each = waits
    ? async () => {
        for (const [key] of HUNDRED) await sdk.ask(key);
      }
    : () => {
        for (const [key] of HUNDRED) sdk.ask(key);
      };
  return [...single, ["e 100 flags", sdk.all ?? each]].map(([row, call]) => ({
    sdk,
    row,
    call,
    waits,
    times: 50,
    found: [],
  }));
}

const sdks = [];
for (const make of [yardarm, ...PEERS]) {
  const sdk = await make();
  await check(sdk);
  sdks.push(sdk);
}
const all = sdks.flatMap(cells);
// Warm, and as many calls as fill the span.
for (const cell of all) {
  for (let took = 0; took < SPAN_US / 4; cell.times = Math.ceil(cell.times * 1.7))
    took = ((await measure(cell.call, cell.times, cell.waits)) * cell.times) / 1_000;
  const ns = await measure(cell.call, cell.times, cell.waits);
  cell.times = Math.max(10, Math.ceil((SPAN_US * 1_000) / ns));
}
for (let round = 0; round < ROUNDS; round++)
  for (const cell of all) cell.found.push(await measure(cell.call, cell.times, cell.waits));

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const rows = [...SCENARIOS.map(([row]) => row), "e 100 flags"];
const figure = (sdk, row) => {
  const cell = all.find((one) => one.sdk === sdk && one.row === row);
  return cell && median(cell.found);
};
const shown = (row, ns) =>
  ns === undefined ? "–" : row.startsWith("e") ? `${(ns / 1_000).toFixed(1)} µs` : `${ns.toFixed(0)} ns`;
const line = (cells) =>
  console.log(cells.map((cell, at) => (at ? String(cell).padStart(20) : String(cell).padEnd(44))).join(""));
line(["CPU of a flag call, median", ...rows]);
for (const sdk of sdks) line([`${sdk.name} ${sdk.version}`, ...rows.map((row) => shown(row, figure(sdk, row)))]);

if (process.argv.includes("--json")) {
  const [ours, ...peers] = sdks;
  const result = rows.flatMap((row) =>
    peers
      .map((peer) => ({
        row,
        ours: figure(ours, row),
        unit: "ns",
        peer: `${peer.name} ${peer.version}`,
        peer_value: figure(peer, row),
      }))
      .filter(({ peer_value }) => peer_value !== undefined)
      .map((one) => ({ ...one, ratio: one.peer_value / one.ours })),
  );
  const folder = new URL("../../out/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    new URL("sdk-typescript.json", folder),
    `${JSON.stringify({ node: process.version, rows: result }, null, 1)}\n`,
  );
}
for (const { close } of sdks) await close?.();
