// A change reaches everybody: made on the command line, and made by a person in the console.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browser } from "./clients/browser.mjs";
import * as node from "./clients/node.mjs";
import { curlStream, pythonWatch, rustAnswers, rustWatch } from "./clients/processes.mjs";
import { api, cli, demo } from "./parts/binary.mjs";
import { until } from "./parts/until.mjs";
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

  // The stream that a bulk answer names, as any program on the web may open it.
  const bulk = await fetch(`${app.url}/ofrep/v1/evaluate/flags`, {
    method: "POST",
    headers: { authorization: `Bearer ${app.client_key}`, "content-type": "application/json" },
    body: JSON.stringify({ context: { targetingKey: "probe" } }),
  });
  const [{ endpoint }] = (await bulk.json()).eventStreams;
  const address = new URL(endpoint.requestUri, endpoint.origin ?? app.url).href;
  const refetches = [];
  const ofrep = curlStream(address, [], ({ event, data }) => event === "message" && refetches.push(JSON.parse(data)));
  stops.push(ofrep.stop);

  return {
    seen,
    refetches,
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

/** As a person does: find the flag, its switch, read the review, confirm. When it was confirmed. */
async function inTheConsole(page, environment, on) {
  await page.getByRole("link", { name: "Flags", exact: true }).first().click();
  await page.getByRole("searchbox", { name: "Search flags" }).fill(FLAG);
  if (on) {
    await page.getByRole("link", { name: FLAG }).first().click();
    // The list has a switch of the same name, and goes away with whatever it opened.
    await page.waitForURL(/\/flag\b/);
  }
  await page.getByRole("switch", { name: `${FLAG} in ${environment}, ${on ? "off" : "on"}` }).click();
  const review = page.getByRole("dialog", { name: `${on ? "Turn on" : "Turn off"} ${FLAG}` });
  await review.getByRole("textbox", { name: /reason/i }).fill(`turned ${on ? "on" : "off"} by the end-to-end test`);
  const start = performance.now();
  await review.getByRole("button", { name: on ? /^turn on/i : /^turn off/i }).click();
  await page.getByRole("switch", { name: `${FLAG} in ${environment}, ${on ? "on" : "off"}` }).waitFor();
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

      await until("curl on the OFREP stream has been told", () => clients.refetches.length > 0);
      assert.equal(clients.refetches.at(-1).type, "refetchEvaluation");

      await t.test("a person in the console", async (sub) => {
        const { status } = await fetch(app.url);
        assert.equal(status, 200, "the console is not in this binary: run `make console`, then build it again");
        const context = await chromium.newContext({ viewport: { width: 1280, height: 900 } });
        context.setDefaultTimeout(60_000);
        const page = await context.newPage();
        const complaints = [];
        page.on("pageerror", (error) => complaints.push(String(error)));
        try {
          await page.goto(app.console_url);
          await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
          for (const on of [true, false]) {
            const start = await inTheConsole(page, app.environment, on);
            sub.diagnostic(`turned ${on ? "on" : "off"}; counted from the press of the button:`);
            await clients.all(on, start, (text) => sub.diagnostic(text));
          }
        } catch (error) {
          await page.screenshot({ path: new URL(`.work/logs/console-${database}.png`, import.meta.url).pathname });
          throw error;
        }
        await context.close();
        assert.deepEqual(complaints, [], "errors in the page");
        const { body } = await api(app, "GET", `/projects/${app.project}/history?limit=1`);
        assert.equal(body.items[0].reason, "turned off by the end-to-end test");
      });

      await t.test("a problem can be read by a client that takes gzip", async () => {
        const { status, headers, body } = await api(app, "GET", `/projects/${app.project}/flags/no-such-flag`);
        assert.deepEqual([status, headers.get("content-type")], [404, "application/problem+json"]);
        assert.equal(typeof body.trace_id, "string");
      });

      await t.test("what the SDKs asked is counted", async () => {
        // Those over OFREP are counted by the server; our SDK reports by itself.
        const path = `/projects/${app.project}/counts?environment=${app.environment}&flag=${FLAG}`;
        const counted = async (from) => (await api(app, "GET", path)).body.items.some(({ sdk, count }) => from.test(sdk) && count > 0);
        await until("what came over OFREP is counted", () => counted(/^ofrep/i));
        await rustAnswers(app, [{ targetingKey: "probe" }, { targetingKey: "another" }]);
        await until("batches of the Rust SDK have arrived", () => counted(/^rust\//));
      });
    } finally {
      await clients?.stop();
      await chromium.stop();
      await app.stop();
      await cluster?.stop();
    }
  });
}
