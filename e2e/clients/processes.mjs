// Clients that are processes: the Python SDK, our Rust SDK, curl.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { DEFAULTS } from "../parts/answers.mjs";

const python = new URL("../.work/venv/bin/python", import.meta.url).pathname;
const script = new URL("python.py", import.meta.url).pathname;

/** A process whose lines are heard one by one. */
function heard(command, words, { env, input = [], onLine }) {
  const child = spawn(command, words, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "inherit"] });
  createInterface({ input: child.stdout }).on("line", onLine);
  child.stdin.on("error", () => {});
  child.stdin.end(input.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const ended = new Promise((resolve) => child.once("close", resolve));
  return { ended, stop: () => (child.kill(), ended) };
}

async function collect(command, words, options) {
  const lines = [];
  const code = await heard(command, words, { ...options, onLine: (line) => lines.push(JSON.parse(line)) }).ended;
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return lines;
}

/** Every flag of `types` for every context, by the Python SDK, shared out over two processes. */
export async function pythonAnswers(app, types, contexts) {
  const job = { url: app.url, key: app.server_key, types, defaults: DEFAULTS };
  const half = Math.ceil(contexts.length / 2);
  const parts = [contexts.slice(0, half), contexts.slice(half)];
  return (await Promise.all(parts.map((part) => collect(python, [script], { input: [job, ...part] })))).flat();
}

/** Tells `onValue` the flag's value, and again whenever the Python SDK sees another. */
export function pythonWatch(app, flag, onValue) {
  const job = { url: app.url, key: app.server_key, watch: flag, sleep: 0.01 };
  return heard(python, [script], { input: [job], onLine: (line) => onValue(JSON.parse(line).value) });
}

function rustEnvironment(app) {
  return { YARDARM_URL: app.url, YARDARM_SDK_KEY: app.server_key };
}

/** Every flag for every context, by our Rust SDK. */
export function rustAnswers(app, contexts) {
  return collect(process.env.YARDARM_PROBE, [], { env: rustEnvironment(app), input: contexts });
}

/** Tells `onStatus` {state, version, error, values} whenever it changes. */
export function rustWatch(app, onStatus) {
  const onLine = (line) => onStatus(JSON.parse(line));
  return heard(process.env.YARDARM_PROBE, ["--watch"], { env: rustEnvironment(app), onLine });
}

/** curl on an event stream: tells `onEvent` {event, id, data} of each. */
export function curlStream(url, headers, onEvent) {
  let event = {};
  const onLine = (line) => {
    if (line === "") {
      if (Object.keys(event).length > 0) onEvent(event);
      event = {};
      return;
    }
    const colon = line.indexOf(":");
    if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
    else event.comment = line.slice(1).trim();
  };
  const words = ["--silent", "--show-error", "--no-buffer", ...headers.flatMap((header) => ["--header", header]), url];
  return heard("curl", words, { onLine });
}
