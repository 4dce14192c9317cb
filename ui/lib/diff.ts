// Line differences of two JSON values, for reviews and the history.
import type { Json } from "./api/types";

export type DiffLine = { mark: "+" | "-" | " "; text: string } | { mark: "…"; count: number };

/** Above this many lines on both sides the difference is the whole replaced by the whole: LCS is quadratic. */
const LINES_LIMIT = 2_000;

/** Pretty JSON with members in a fixed order, so that only real differences show. */
export function prettyLines(value: Json): string[] {
  return value === null || value === undefined ? [] : JSON.stringify(value, null, 2).split("\n");
}

export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = (o: Record<string, unknown>) => Object.keys(o).filter((key) => o[key] !== undefined);
  const mine = keys(x);
  return mine.length === keys(y).length && mine.every((key) => key in y && equalJson(x[key], y[key]));
}

/** Longest common subsequence over lines, with equal runs longer than twice `context` folded. */
export function diffLines(before: Json, after: Json, context = 3): DiffLine[] {
  const a = prettyLines(before);
  const b = prettyLines(after);
  return fold(a.length * b.length > LINES_LIMIT * LINES_LIMIT ? replaced(a, b) : lcs(a, b), context);
}

type Plain = { mark: "+" | "-" | " "; text: string };

function replaced(a: string[], b: string[]): Plain[] {
  return [...a.map((text): Plain => ({ mark: "-", text })), ...b.map((text): Plain => ({ mark: "+", text }))];
}

function lcs(a: string[], b: string[]): Plain[] {
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => table[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Plain[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [x, y] = [a[i], b[j]];
    if (x !== undefined && x === y) {
      lines.push({ mark: " ", text: x });
      i++;
      j++;
    } else if (y === undefined || (x !== undefined && at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: "-", text: x ?? "" });
      i++;
    } else {
      lines.push({ mark: "+", text: y });
      j++;
    }
  }
  return lines;
}

function fold(lines: Plain[], context: number): DiffLine[] {
  const near = lines.map(() => false);
  lines.forEach((line, i) => {
    if (line.mark === " ") return;
    for (let k = Math.max(0, i - context); k <= Math.min(lines.length - 1, i + context); k++) near[k] = true;
  });
  const out: DiffLine[] = [];
  let hidden = 0;
  const flush = () => {
    if (hidden > 0) out.push({ mark: "…", count: hidden });
    hidden = 0;
  };
  lines.forEach((line, i) => {
    if (near[i]) {
      flush();
      out.push(line);
    } else hidden++;
  });
  flush();
  return out;
}
