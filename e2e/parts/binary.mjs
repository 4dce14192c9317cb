// The real binary: a demo server in a directory of its own, and the command line talking to it.

import { execFile, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const binary = process.env.YARDARM_BIN;
const work = new URL("../.work/", import.meta.url).pathname;

/** The environment without settings of the person who runs the tests. */
function clean(settings) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("YARDARM_"));
  return { ...Object.fromEntries(inherited), ...settings };
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

let started = 0;

/** Starts `yardarm <word> --json`; what its first line said, and ways to end it. */
async function start(word, { database, directory, listen = "127.0.0.1:0" } = {}) {
  const home = directory ?? (await mkdtemp(join(tmpdir(), "yardarm-e2e-")));
  const settings = database ? { YARDARM_DATABASE_URL: database } : {};
  const child = spawn(binary, [word, "--json", "--listen", listen, "--data-dir", home], {
    cwd: home,
    env: clean({ ...settings, HOME: home }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(join(work, "logs", `server-${process.pid}-${++started}.log`));
  const said = [];
  child.stderr.on("data", (data) => {
    log.write(data);
    said.push(data);
    if (said.length > 50) said.shift();
  });
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
  const first = await new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.once("line", resolve);
    lines.on("line", (line) => log.write(`${line}\n`));
    ended.then((how) => reject(new Error(`yardarm ${word} ended (${how}) before it served:\n${said.join("")}`)));
    setTimeout(() => reject(new Error(`yardarm ${word} did not serve within 2 min:\n${said.join("")}`)), 120_000).unref();
  });
  const kill = async (signal) => {
    child.kill(signal);
    return ended;
  };
  return {
    ...JSON.parse(first),
    directory: home,
    database,
    child,
    ended,
    kill,
    async stop() {
      const how = await kill("SIGTERM");
      if (!directory) await rm(home, { recursive: true, force: true });
      return how;
    },
  };
}

/**
 * A demo with its seeded shop: `url`, `console_url`, `token`, `project`, `environment`, `server_key`, `client_key`.
 * `database`: a URL, or nothing for SQLite. `directory` and `listen` are given to start the same server again.
 */
export const demo = (options) => start("demo", options);

/** A server with nothing in it: `url`, `setup_url`. */
export const serve = (options) => start("serve", options);

/** Runs the command line against a server; its JSON answer. */
export async function cli(app, ...words) {
  const settings = { YARDARM_URL: app.url, YARDARM_TOKEN: app.token, YARDARM_PROJECT: app.project, HOME: app.directory };
  const options = { env: clean(settings), maxBuffer: 1 << 30, timeout: 120_000 };
  const { stdout } = await promisify(execFile)(binary, [...words, "--json"], options);
  return stdout;
}

/** A request to the management API; the answer with its parsed body. */
export async function api(app, method, path, body, headers = {}) {
  const response = await fetch(`${app.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${app.token}`, ...(body ? { "content-type": "application/json" } : {}), ...headers },
    body: body ? JSON.stringify(body) : undefined,
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : null };
}
