// What a scenario is, and what it is given.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { until } from "../../parts/until.mjs";
import { Proxy } from "./proxy.mjs";
import { Server } from "./server.mjs";
import { Service } from "./sdk.mjs";

/** Every scenario, in the order of the files. */
export const scenarios = [];

/**
 * Registers a scenario. The title begins with the clauses it shows: `S4.7 S6.1: a half-open stream …`.
 * `kind`: which SDKs it is about; `needs`: what the language must have (PROTOCOL.md, `without`); `long`: only in the long run.
 */
export function scenario(title, options, play) {
  if (typeof options === "function") [options, play] = [{}, options];
  const clauses = title.split(":")[0].split(" ").filter((word) => /^S\d+\.\d+$/.test(word));
  if (!clauses.length) throw new Error(`a scenario without a clause: ${title}`);
  if (scenarios.some((other) => other.title === title)) throw new Error(`two scenarios are called ${title}`);
  scenarios.push({ title, clauses, play, kind: "server", needs: [], long: false, ...options });
}

/** Short waits between attempts, no polling, no deliveries but by `flush`; patience with a busy machine. */
export const QUICK = {
  connect: 20_000,
  response: 30_000,
  heartbeat: 30_000,
  first_retry: 20,
  retry_base: 5,
  retry_max: 40,
  retry_floor: 2,
  healthy: 60_000,
  slow: 100,
  poll_after: 3_600_000,
  poll_interval: 50,
  flush: 3_600_000,
};

export const KEY = "yd_srv_scenario";
export const CLIENT_KEY = "yd_cli_scenario";
export const USER = { targetingKey: "user-1" };

/** A client of the service under test. */
class Client {
  constructor(service, name) {
    this.service = service;
    this.name = name;
  }

  do(command, members = {}) {
    return this.service.do(command, { client: this.name, ...members });
  }

  status() {
    return this.do("status");
  }

  details(flag, fallback, { type, context = USER } = {}) {
    return this.do("evaluate", { flag, type: type ?? typeName(fallback), default: fallback, context });
  }

  async value(flag, fallback, options = {}) {
    const { type, context = USER } = options;
    return (await this.do("evaluate", { flag, type: type ?? typeName(fallback), default: fallback, context, plain: true })).value;
  }

  /** The status once it is as wished. */
  when(what, done) {
    return until(what, async () => {
      const status = await this.status();
      return done(status) ? status : Promise.reject(new Error(JSON.stringify(status)));
    });
  }

  at(version) {
    return this.when(`version ${version}`, (status) => status.version === version);
  }

  inState(state) {
    return this.when(`state ${state}`, (status) => status.state === state);
  }

  ready(limit = 60_000) {
    return this.do("wait", { limit });
  }
}

/** What one run of a scenario has; everything it opens is closed after it. */
export class Stage {
  #opened = [];
  static #clients = 0;

  constructor(shared, command) {
    this.service = shared;
    this.command = command;
  }

  /** A scripted server; with a ruleset it is a correct little one. */
  async server(ruleset = null) {
    const server = await new Server().start();
    server.ruleset = ruleset;
    this.#opened.push(() => server.stop());
    return server;
  }

  async proxy(server) {
    const proxy = await new Proxy(server.port).start();
    this.#opened.push(() => proxy.stop());
    return proxy;
  }

  async directory() {
    const path = await mkdtemp(join(tmpdir(), "yardarm-contract-"));
    this.#opened.push(() => rm(path, { recursive: true, force: true }));
    return path;
  }

  /** A service of this scenario alone. */
  async own(options) {
    const service = await Service.start(this.command, options);
    this.#opened.push(() => {
      service.kill("SIGCONT");
      return service.stop();
    });
    return service;
  }

  /** A client of the shared service (or of `service`), told where the server is and with `QUICK` waits. */
  async client(server, { timing = {}, service = this.service, command = "create", ...settings } = {}) {
    const client = this.named(service);
    const place = server ? { url: server.url, sdk_key: service.is.kind === "web" ? CLIENT_KEY : KEY } : {};
    await client.do(command, { settings: { ...place, ...settings, timing: { ...QUICK, ...timing } } });
    return client;
  }

  /** A name for a client that the scenario makes itself. */
  named(service = this.service) {
    const client = new Client(service, `c${++Stage.#clients}`);
    this.#opened.push(() => client.do("shutdown", { limit: 0 }).catch(() => {}));
    return client;
  }

  /** A test double, with a ruleset or empty. */
  async double(members = {}, service = this.service) {
    const client = this.named(service);
    await client.do("create_test_double", members);
    return client;
  }

  async close() {
    for (const close of this.#opened.reverse()) await close();
  }
}

function typeName(value) {
  return { boolean: "boolean", string: "string", number: "number" }[typeof value] ?? "json";
}


