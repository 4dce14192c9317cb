import { expect, test } from "vitest";
import { measure } from "../scripts/contrast.mjs";

type Row = { theme: string; front: string; back: string; least: number; ratio: number };

test("every colour pair is readable in both themes", () => {
  const rows = measure() as Row[];
  expect(rows.length).toBeGreaterThan(100);
  expect(rows.filter((row) => row.ratio < row.least)).toEqual([]);
});
