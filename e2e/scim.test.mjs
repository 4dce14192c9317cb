// SCIM, checked by scim2-tester: a program that nobody here wrote and that knows nothing of Yardarm.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

import { cli, demo } from "./parts/binary.mjs";
import { postgres } from "./parts/postgres.mjs";

async function checked(app) {
  const { token, scim_url } = JSON.parse(await cli(app, "scim", "token", "scim2-tester"));
  const python = new URL(".work/venv/bin/python", import.meta.url).pathname;
  const program = new URL("clients/scim.py", import.meta.url).pathname;
  const env = { ...process.env, SCIM_URL: scim_url, SCIM_TOKEN: token };
  const { stdout } = await promisify(execFile)(python, [program], { env, timeout: 300_000, maxBuffer: 1 << 26 });
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

for (const database of ["SQLite", "PostgreSQL"]) {
  test(`every check of scim2-tester, on ${database}`, async () => {
    const cluster = database === "PostgreSQL" ? await postgres() : undefined;
    const app = await demo({ database: cluster?.url });
    try {
      const checks = await checked(app);
      const failed = checks.filter(({ status }) => !["SUCCESS", "COMPLIANT", "ACCEPTABLE", "SKIPPED"].includes(status));
      assert.deepEqual(failed, []);
      const passed = checks.filter(({ status }) => status !== "SKIPPED");
      console.log(`scim2-tester on ${database}: ${passed.length} checks, ${checks.length - passed.length} skipped`);
      assert.ok(passed.length > 30, `${passed.length}`);
    } finally {
      await app.stop();
      await cluster?.stop();
    }
  });
}
