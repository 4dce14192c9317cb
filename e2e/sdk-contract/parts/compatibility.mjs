// COMPATIBILITY.md: which SDK keeps which clause, and against which server's recordings. Written from a whole run, without
// dates and durations, so that it changes only when the truth does.

import { readFile, writeFile } from "node:fs/promises";

const FILE = new URL("../../../COMPATIBILITY.md", import.meta.url);
const SIGNS = { green: "✓", red: "✗" };

/** ✓ all green, ✗ one red, – not for this SDK, … not played for want of a server. */
function cell(results) {
  const played = results.filter(({ result }) => SIGNS[result]);
  if (played.some(({ result }) => result === "red")) return SIGNS.red;
  if (played.length) return SIGNS.green;
  return results.some(({ result }) => result !== "not for it") ? "…" : "–";
}

function table(first, examined, rows) {
  const head = [first, ...examined.map(({ name, version }) => `${name} ${version}`)];
  const lines = [head, head.map((_, n) => (n ? ":-:" : "---")), ...rows.map(([row, pick]) => [row, ...examined.map(({ results }) => cell(results.filter(pick)))])];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function text(examined, clauses) {
  const shown = (clause) => ({ scenario }) => scenario.clauses.includes(clause);
  const releases = [...new Set(examined.flatMap(({ results }) => results.map(({ scenario }) => scenario.release).filter(Boolean)))].sort();
  // The long run plays the same clauses at length; the page must not depend on which run wrote it.
  for (const one of examined) one.results = one.results.filter(({ scenario }) => !scenario.long);
  const parts = [
    "# Compatibility",
    "Written by `e2e/sdk-contract/run.sh --write`, from a run of every scenario against every SDK; a run without `--write` fails when this\npage is no longer true. Clauses are those of [spec/sdk.md](spec/sdk.md). ✓ every scenario of the clause passes, ✗ one does not, – the clause is not\nabout this SDK, … no server was at hand.",
    "## SDK × clause, against this version of the server",
    table("clause", examined, clauses.map((clause) => [clause, (one) => shown(clause)(one) && !one.scenario.release])),
    "## SDK × server × clause",
    "What each released server said on the wire is kept in `e2e/sdk-contract/recordings` and replayed to each SDK.",
  ];
  for (const release of releases) {
    const rows = clauses
      .filter((clause) => examined.some(({ results }) => results.some((one) => one.scenario.release === release && shown(clause)(one))))
      .map((clause) => [clause, (one) => one.scenario.release === release && shown(clause)(one)]);
    parts.push(`### Server ${release}`, table("clause", examined, rows));
  }
  return `${parts.join("\n\n")}\n`;
}

/** Writes the page, or says what is wrong with the one that is there. */
export async function matrix(examined, clauses, write) {
  const now = text(examined, clauses);
  if (write) return void (await writeFile(FILE, now));
  const there = await readFile(FILE, "utf8").catch(() => "");
  return there === now ? undefined : "COMPATIBILITY.md is not what this run showed: e2e/sdk-contract/run.sh --write";
}
