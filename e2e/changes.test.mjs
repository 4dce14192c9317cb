// A change reaches everybody: made on the command line, and made by a person in the console.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browser } from "./clients/browser.mjs";
import * as node from "./clients/node.mjs";
import { curlStream, pythonWatch, rustWatch } from "./clients/processes.mjs";
import { api, cli, demo, until } from "./parts/binary.mjs";
import { postgres } from "./parts/postgres.mjs";

const FLAG = "e2e-switch";

/** Connects everyone; `seen` tells what each last saw and when. */
async function everyone(app, chromium) {
  const seen = new Map();
  const stops = [];
  const see = (client) => (value) => {
    if (seen.get(client)?.value !== value) seen.set(client, { value, at: performance.now() });
  };

  const rust = rustWatch(app, ({ values }) => see("Rust SDK (stream)")(values[FLAG]));
  stops.push(rust.stop);

  const shop = await chromium.shop(app, { targetingKey: "probe" });
  await shop.follow(FLAG, see("web SDK in Chromium (OFREP stream)"));
  stops.push(() => shop.page.close());

  const client = await node.connect(app);
  let asking = true;
  const poll = (async () => {
    while (asking) {
      const { value } = await client.ask(FLAG, "boolean", { targetingKey: "probe" });
      see("server SDK for Node (asks each 10 ms)")(value);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  stops.push(async () => {
    asking = false;
    await poll;
    await client.close();
  });

  const python = pythonWatch(app, FLAG, see("SDK for Python (asks each 10 ms)"));
  stops.push(python.stop);

  const curl = curlStream(`${app.url}/sdk/v1/stream`, [`Authorization: Bearer ${app.server_key}`], ({ event, data }) => {
    if (event !== "put" && event !== "patch") return;
    const flag = JSON.parse(data).flags?.[FLAG];
    if (flag) see("curl (stream)")(flag.on);
  });
  stops.push(curl.stop);

  return {
    seen,
    async stop() {
      for (const stop of stops) await stop();
    },
    /** Waits until all of them see this value; reports each one's delay after `start`. */
    async all(value, start, report) {
      await until(`everyone sees ${value}`, () => seen.size === 5 && [...seen.values()].every((s) => s.value === value)).catch(
        (error) => assert.fail(`${error.message}; ${JSON.stringify([...seen])}`),
      );
      for (const [client, { at }] of seen) if (start !== null) report(`${client}: ${Math.round(at - start)} ms`);
    },
  };
}

/** Signs in by the demo's link and turns the flag on or off as a person does: switch, review, confirm. */
async function inTheConsole(page, app, on, report) {
  await page.goto(`${app.url}/flag?project=${app.project}&flag=${FLAG}&environment=${app.environment}`);
  const toggle = page.getByRole("switch").first();
  await toggle.waitFor();
  await toggle.click();
  const confirm = page.getByRole("button", { name: on ? /^turn on/i : /^turn off/i });
  await confirm.waitFor();
  const start = performance.now();
  await confirm.click();
  report(`the console: ${on ? "on" : "off"}`);
  return start;
}

for (const database of ["sqlite", "postgres"]) {
  test(`a change reaches everyone, on ${database}`, async (t) => {
    const cluster = database === "postgres" ? await postgres() : null;
    const app = await demo({ database: cluster?.url });
    const chromium = await browser();
    const report = (text) => t.diagnostic(text);
    let clients;
    try {
      await cli(app, "flags", "create", FLAG);
      clients = await everyone(app, chromium);
      await clients.all(false, null, report);

      for (const on of [true, false]) {
        await t.test(`yardarm flags ${on ? "on" : "off"}`, async (sub) => {
          const start = performance.now();
          await cli(app, "flags", on ? "on" : "off", FLAG, "--environment", app.environment);
          sub.diagnostic(`the command took ${Math.round(performance.now() - start)} ms; counted from its start:`);
          await clients.all(on, start, (text) => sub.diagnostic(text));
        });
      }

      const withConsole = (await fetch(`${app.url}/`)).headers.get("content-type")?.startsWith("text/html");
      const reason = withConsole ? false : "this binary was built without the console";
      await t.test("a person in the console", { skip: reason }, async (sub) => {
        const context = await chromium.newContext({ viewport: { width: 1280, height: 900 } });
        const page = await context.newPage();
        page.on("pageerror", (error) => sub.diagnostic(`in the console: ${error}`));
        await page.goto(app.console_url);
        await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
        for (const on of [true, false]) {
          const start = await inTheConsole(page, app, on, (text) => sub.diagnostic(text));
          await clients.all(on, start, (text) => sub.diagnostic(text));
        }
        await context.close();
      });

      await t.test("what the SDK counted arrives", async () => {
        // The probe evaluates on every change; counts arrive with its next batch.
        const path = `/projects/${app.project}/counts?environment=${app.environment}&flag=${FLAG}`;
        const { status, body } = await api(app, "GET", path);
        assert.equal(status, 200);
        assert.ok(Array.isArray(body.items));
      });
    } finally {
      await clients?.stop();
      await chromium.stop();
      await app.stop();
      await cluster?.stop();
    }
  });
}
