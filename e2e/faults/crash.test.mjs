// `kill -9` under concurrent writers: what was acknowledged is there, exactly once, and revisions have no gaps.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";

import { api, demo, freePort } from "../parts/binary.mjs";
import { until } from "../parts/until.mjs";
import { numbers } from "../parts/people.mjs";

const CYCLES = Number(process.env.YARDARM_CRASH_CYCLES ?? (process.env.YARDARM_LONG ? 50 : 5));
const WRITERS = 8;

/** Writes until the server is gone; remembers what was acknowledged, and what was asked last. */
async function write(app, cycle, writer, acknowledged) {
  const flag = `crash-${writer}`;
  for (let n = 0; ; n += 1) {
    const reason = `c${cycle}-w${writer}-n${n}`;
    try {
      const path = `/projects/${app.project}/flags/${flag}`;
      const answer = await api(app, "PATCH", path, { description: reason }, { "x-yardarm-reason": reason });
      assert.equal(answer.status, 200, `${reason}: ${JSON.stringify(answer.body)}`);
      acknowledged.set(reason, answer.headers.get("x-yardarm-revision"));
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return;
    }
  }
}

/** History from the newest down to, not including, revision `after`. */
async function history(app, after) {
  const items = [];
  for (let cursor = ""; ; ) {
    const { status, body } = await api(app, "GET", `/projects/${app.project}/history?limit=500${cursor}`);
    assert.equal(status, 200);
    items.push(...body.items.filter(({ rev }) => rev > after));
    if (body.next === null || body.items.at(-1).rev <= after) return items;
    cursor = `&cursor=${encodeURIComponent(body.next)}`;
  }
}

test(`${CYCLES} crashes under ${WRITERS} writers lose nothing and repeat nothing`, { timeout: 30 * 60_000 }, async (t) => {
  const random = numbers(20261122);
  const listen = `127.0.0.1:${await freePort()}`;
  let app = await demo({ listen });
  const { directory } = app;
  const seenBefore = new Set();
  let checked = 0;
  let writes = 0;
  let unacknowledged = 0;
  try {
    for (let writer = 0; writer < WRITERS; writer += 1) {
      const { status, body } = await api(app, "POST", `/projects/${app.project}/flags`, { key: `crash-${writer}` });
      assert.equal(status, 201, JSON.stringify(body));
    }
    checked = (await history(app, 0))[0].rev;

    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      const acknowledged = new Map();
      const writing = Promise.all(Array.from({ length: WRITERS }, (_, w) => write(app, cycle, w, acknowledged)));
      await until("there are writes to lose", () => acknowledged.size > WRITERS);
      await new Promise((resolve) => setTimeout(resolve, random() * 300));
      assert.equal(await app.kill("SIGKILL"), "SIGKILL");
      await writing;

      const { token } = app;
      app = { ...(await demo({ listen, directory })), token };
      const items = await history(app, checked);
      assert.deepEqual(
        items.map(({ rev }) => rev),
        Array.from({ length: items.length }, (_, n) => checked + items.length - n),
        "revisions are gapless",
      );
      const found = new Map();
      for (const { rev, reason } of items) {
        if (!reason?.startsWith("c")) continue;
        assert.ok(!found.has(reason) && !seenBefore.has(reason), `${reason} is there twice`);
        found.set(reason, rev);
        seenBefore.add(reason);
      }
      for (const [reason, revision] of acknowledged) {
        assert.ok(found.has(reason), `${reason} was acknowledged as ${revision} and is lost`);
        assert.equal(Number(revision.split(":").at(-1)), found.get(reason), `${reason} is at another revision`);
      }
      for (let writer = 0; writer < WRITERS; writer += 1) {
        const last = items.find(({ reason }) => reason?.includes(`-w${writer}-`));
        const { body } = await api(app, "GET", `/projects/${app.project}/flags/crash-${writer}`);
        if (last) assert.equal(body.description, last.reason, "the document is what the log says last");
      }
      writes += acknowledged.size;
      unacknowledged += found.size - acknowledged.size;
      checked += items.length;
    }
    t.diagnostic(`${writes} acknowledged writes, all there; ${unacknowledged} more were saved before their answer was sent`);
  } finally {
    await app.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  }
});
