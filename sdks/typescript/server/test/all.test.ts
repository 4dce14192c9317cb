/** All flags at once say what each of them says alone, whoever asked before. */

import { expect, test } from "vitest";

import { type Context, TestClient } from "../src/index.js";
import { ruleset } from "./parts/scripted.js";

const serve = (variant: string) => ({ serve: { variant } });
const half = (key: string) => ({
  on: true,
  type: "string",
  variants: { one: `one of ${key}`, other: `other of ${key}` },
  off: serve("one"),
  default: {
    serve: {
      split: {
        bucket: "b",
        ranges: [
          [0, 2 ** 31, "one"],
          [2 ** 31, 2 ** 32, "other"],
        ],
      },
    },
  },
  buckets: { b: { hash: "murmur3_32", prefix: `${key}:`, unit: ["targetingKey"] } },
});
const loaded = (client: TestClient, count: number, rev: number) => {
  // "7" is first in every object, wherever it was added.
  const keys = ["7", "off", ...Array.from({ length: count - 2 }, (_, at) => `flag-${at}`)];
  const flags = Object.fromEntries(keys.map((key) => [key, half(`${key} ${rev}`)]));
  const off = { ...half("off"), on: false, off: { serve: "caller_default" } };
  client.load(JSON.stringify({ ...ruleset("a", rev), flags: { ...flags, off } }));
  return keys;
};
const agree = (client: TestClient, keys: readonly string[], context: Context) => {
  const all = client.all(context);
  expect(Object.keys(all).sort()).toEqual([...keys].sort());
  for (const key of keys) expect(all[key]).toEqual(client.jsonDetails(key, context, null));
  return all;
};

// As many as an object can have to be copied quickly, one more, and far more.
test.each([3, 120, 121, 900])("%i flags", (count) => {
  const client = new TestClient();
  for (let rev = 1; rev < 3; rev++) {
    const keys = loaded(client, count, rev);
    const answers = new Set<string>();
    for (let user = 0; user < 20; user++) {
      const all = agree(client, keys, { targetingKey: `user-${user}` });
      answers.add(JSON.stringify(all["7"]));
      // It is the caller's: what becomes of it is nobody else's.
      for (const key of keys) delete all[key];
      all.more = all["7"] as never;
    }
    agree(client, keys, {});
    expect(answers.size).toBe(2);
    for (const none of [null, [], "user"]) expect(client.all(none as never)).toEqual({});
  }
});
