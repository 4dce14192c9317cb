/** Memory is flat: the same after a million calls as after a few, with the server away. `YARDARM_LONG=1` runs for two minutes. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";

import { Client } from "../src/index.js";
import { flag, ruleset } from "./parts/scripted.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const serve = { serve: { variant: "v" } };
const rule = (condition: object) => ({ ...flag(true), rules: [{ id: "r", if: condition, ...serve }] });
const flags = {
  texts: rule({ all: ["plan", "email"].map((name) => ({ test: { attr: [name], op: "eq", arg: "pro" } })) }),
  nested: rule({ test: { attr: ["account", "plan"], op: "eq", arg: "pro" } }),
  list: rule({ some: { attr: ["groups"], if: { test: { attr: [], op: "eq", arg: "beta" } } } }),
  matches: rule({ test: { attr: ["email"], op: "matches", arg: "^[a-z]+@example" } }),
  computed: rule({ compute: { "==": [{ var: "plan" }, "pro"] } }),
};

function used(): { heap: number; buffers: number } {
  for (let round = 0; round < 4; round++) collect();
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers + external };
}

test("calls leave nothing behind", async () => {
  const bootstrap = ruleset("a", 1, "one", flags);
  const client = new Client({ url: "http://127.0.0.1:9", sdkKey: "k", logger: null, bootstrap });
  const keys = ["f", "unknown", ...Object.keys(flags)];
  let calls = 0;
  const burst = () => {
    for (let at = 0; at < 1_000; at++) {
      const key = `user-${calls}`;
      const context = {
        targetingKey: key,
        plan: "pro",
        email: `${key}@example.com ü`,
        account: { plan: "pro" },
        groups: ["beta", key],
      };
      client.boolean(keys[calls++ % keys.length] ?? "", context, false);
    }
    client.all({ targetingKey: `user-${calls}`, plan: "pro" });
    client.track("e", { targetingKey: `user-${calls}` });
  };
  // Until everything has its size, the waiting events included.
  for (let round = 0; round < 11; round++) for (let at = 0; at < 1_000 / 10; at++) burst();
  for (let at = 0; at < 10_000; at++) client.track("e", { targetingKey: `user-${at}` });
  const before = used();
  const end = performance.now() + (process.env.YARDARM_LONG ? 120_000 : 0);
  do {
    for (let at = 0; at < 300; at++) burst();
    await new Promise((resolve) => setImmediate(resolve));
  } while (performance.now() < end);
  const after = used();
  expect(after.buffers - before.buffers).toBeLessThan(1 << 20);
  expect(after.heap - before.heap).toBeLessThan(4 << 20);
  expect(client.dropped.events).toBeGreaterThan(300);
  await client.shutdown(0);
}, 300_000);
