// Real servers for the scenarios that play against the binary. Each scenario has one of its own, so that it may kill it.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cli, demo, freePort } from "../../parts/binary.mjs";
import { until } from "../../parts/until.mjs";

/** A demo that can die and come back at the same address with the same data. */
export async function realServer() {
  const directory = await mkdtemp(join(tmpdir(), "yardarm-contract-real-"));
  const listen = `127.0.0.1:${await freePort()}`;
  let app = await demo({ directory, listen });
  return {
    get app() {
      return app;
    },
    /** The command line against it. */
    cli: (...words) => cli(app, ...words),
    async kill(signal) {
      await app.kill(signal);
    },
    async restart() {
      // The keys are those of the first start; only the address matters.
      const first = app;
      app = { ...first, ...(await demo({ directory, listen })), server_key: first.server_key, client_key: first.client_key };
    },
    /** The value of a metric. */
    async metric(name) {
      const text = await (await fetch(`${app.url}/metrics`)).text();
      return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (.*)$`, "m").exec(text)?.[1] ?? 0);
    },
    async close() {
      await app.kill("SIGKILL");
      await until("the directory is gone", () => rm(directory, { recursive: true, force: true }).then(() => true), { within: 20_000 });
    },
  };
}
