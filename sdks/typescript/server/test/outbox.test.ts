/** What waits, and what is remembered of what was sent: bounded, in order. */

import { expect, test } from "vitest";

import { Recent, Waiting } from "../../core/src/outbox.js";

test("the last so many are remembered, however many there were", () => {
  const recent = new Recent(50);
  const order: string[] = [];
  for (let at = 0; at < 5_000; at++) {
    // Some come back while they are known, some later.
    const text = `text ${(at * 7919) % (at % 3 === 0 ? 40 : 400)}`;
    const known = order.includes(text);
    expect(recent.add(text)).toBe(!known);
    if (!known && order.push(text) > 50) order.shift();
  }
});

test("the oldest goes when too many wait, and batches take them in order", () => {
  const waiting = new Waiting<number>();
  const model: string[] = [];
  let dropped = 0;
  const take = (most: number) => {
    let left = most;
    const taken = waiting.take({ has: () => left-- > 0 });
    expect(taken).toEqual(model.splice(0, Math.min(most, 1_000)));
    expect(waiting.length).toBe(model.length);
  };
  for (let at = 0; at < 50_000; at++) {
    waiting.add(at);
    if (model.push(String(at)) > 10_000) {
      model.shift();
      dropped++;
    }
    if (at % 9_000 === 8_999) take(at % 2_000);
  }
  expect(waiting.dropped).toBe(dropped);
  expect(dropped).toBeGreaterThan(20_000);
  while (waiting.length > 0) take(2_000);
  take(1);
  waiting.add(1);
  model.push("1");
  take(1);
});
