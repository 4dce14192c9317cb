// What `yardarm eval` says, and whether a client says the same.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { cli } from "./binary.mjs";

/** A default that no flag of the demo has as a value, for each type. */
export const DEFAULTS = { boolean: false, string: "the default", number: -12345.5, json: { default: true } };

/** The answers for each context: `[{flagKey: {type, value, variant, reason, error}}]`. */
export async function expected(app, contexts) {
  const file = join(app.directory, "contexts.jsonl");
  await writeFile(file, contexts.map((context) => `${JSON.stringify(context)}\n`).join(""));
  const text = await cli(app, "eval", "--all", "--context-file", file, "--url", app.url, "--sdk-key", app.server_key);
  const answers = contexts.map(() => ({}));
  for (const line of text.split("\n").filter(Boolean)) {
    const { context, flag, ...answer } = JSON.parse(line);
    answers[context][flag] = answer;
  }
  return answers;
}

/** OFREP has no word for an unmet prerequisite. */
const OFREP_REASONS = { PREREQUISITE_FAILED: "DISABLED" };

/** What a stock client that asked with [`DEFAULTS`] must have got for this answer. */
export function translated(answer) {
  const error = answer.error ?? null;
  const own = error === null && answer.value !== null;
  return {
    value: own ? answer.value : DEFAULTS[answer.type],
    variant: own ? answer.variant : null,
    reason: error === null ? (OFREP_REASONS[answer.reason] ?? answer.reason) : "ERROR",
    error,
  };
}

/** Compares a client's answers with those expected; how many were compared. Throws with the first few differences. */
export function agree(client, wanted, got) {
  const differences = [];
  let compared = 0;
  for (const [n, answers] of got.entries()) {
    if (answers === undefined) continue;
    for (const [flag, want] of Object.entries(wanted[n])) {
      compared += 1;
      if (!isDeepStrictEqual(answers[flag], want)) {
        differences.push(`context ${n}, ${flag}: wanted ${JSON.stringify(want)}, got ${JSON.stringify(answers[flag])}`);
      }
    }
  }
  if (differences.length > 0) {
    const shown = differences.slice(0, 10).join("\n  ");
    throw new Error(`${client} differs in ${differences.length} of ${compared} answers:\n  ${shown}`);
  }
  return compared;
}
