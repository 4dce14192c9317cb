// Every client answers every demo flag for every generated user as `yardarm eval` does, on both databases.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browser } from "./clients/browser.mjs";
import * as node from "./clients/node.mjs";
import { pythonAnswers, rustAnswers } from "./clients/processes.mjs";
import { agree, expected, translated } from "./parts/answers.mjs";
import { demo } from "./parts/binary.mjs";
import { people } from "./parts/people.mjs";
import { postgres } from "./parts/postgres.mjs";

const USERS = Number(process.env.E2E_USERS ?? 1000);
// These ask once for each flag and user: everything on SQLite, spread-out samples on PostgreSQL, where only the store differs.
const SINGLE_USERS = { sqlite: { node: 1_000, python: 1_000 }, postgres: { node: 60, python: 20 } };

/** Every nth, so that there are `count`. */
function sample(list, count) {
  const step = Math.max(1, Math.floor(list.length / count));
  return list.flatMap((item, n) => (n % step === 0 && n / step < count ? [{ item, n }] : []));
}

async function timed(report, client, work) {
  const start = performance.now();
  const compared = await work();
  report(`${client}: ${compared} answers agree, ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

for (const database of ["sqlite", "postgres"]) {
  test(`all clients agree with yardarm eval, on ${database}`, async (t) => {
    const cluster = database === "postgres" ? await postgres() : null;
    const app = await demo({ database: cluster?.url });
    const chromium = await browser();
    const report = (text) => t.diagnostic(text);
    try {
      const contexts = people(USERS);
      const wanted = await expected(app, contexts);
      const stock = wanted.map((answers) => Object.fromEntries(Object.entries(answers).map(([flag, answer]) => [flag, translated(answer)])));
      const types = Object.fromEntries(Object.entries(wanted[0]).map(([flag, { type }]) => [flag, type]));
      assert.ok(Object.keys(types).length >= 35, "the demo has about 40 flags");
      assert.deepEqual([...new Set(Object.values(types))].sort(), ["boolean", "json", "number", "string"]);
      const same = (flag) => new Set(wanted.map((answers) => JSON.stringify(answers[flag].value))).size === 1;
      report(`${Object.keys(types).length} flags; the same for all: ${Object.keys(types).filter(same).join(", ")}`);

      await timed(report, "Rust SDK", async () => {
        const own = wanted.map((answers) =>
          Object.fromEntries(Object.entries(answers).map(([flag, { value, variant, reason, error }]) => [flag, { value, variant, reason, error: error ?? null }])),
        );
        return agree("the Rust SDK", own, await rustAnswers(app, contexts));
      });
      await timed(report, "@openfeature/web-sdk in Chromium", async () =>
        agree("the web SDK", stock, await chromium.answers(app, types, contexts)),
      );
      const single = async (name, count, ask) =>
        timed(report, name, async () => {
          const some = sample(contexts, count);
          const answers = await ask(some.map(({ item }) => item));
          const got = contexts.map(() => undefined);
          some.forEach(({ n }, at) => (got[n] = answers[at]));
          return agree(name, stock, got);
        });
      await single("@openfeature/server-sdk", SINGLE_USERS[database].node, (some) => node.answers(app, types, some));
      await single("openfeature-sdk (Python)", SINGLE_USERS[database].python, (some) => pythonAnswers(app, types, some));
    } finally {
      await chromium.stop();
      await app.stop();
      await cluster?.stop();
    }
  });
}
