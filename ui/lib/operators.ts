// Operators in words. One table for the sentence, the editor and the checks.
import type { Operator } from "./api/types";

/** What an operator's values look like: decides the field and the reading of what is typed. */
export type ValueKind = "any" | "text" | "number" | "instant" | "version" | "network" | "none";

type Words = { is: string; not: string; values: ValueKind; several: boolean; text?: boolean };

export const operatorWords: Record<Operator, Words> = {
  in: { is: "is one of", not: "is none of", values: "any", several: true, text: true },
  starts_with: { is: "starts with", not: "does not start with", values: "text", several: true, text: true },
  ends_with: { is: "ends with", not: "does not end with", values: "text", several: true, text: true },
  contains: { is: "contains", not: "does not contain", values: "text", several: true, text: true },
  matches: { is: "matches the pattern", not: "does not match the pattern", values: "text", several: true, text: true },
  less_than: { is: "is less than", not: "is not less than", values: "number", several: false },
  at_most: { is: "is at most", not: "is not at most", values: "number", several: false },
  greater_than: { is: "is greater than", not: "is not greater than", values: "number", several: false },
  at_least: { is: "is at least", not: "is not at least", values: "number", several: false },
  before: { is: "is before", not: "is not before", values: "instant", several: false },
  after: { is: "is after", not: "is not after", values: "instant", several: false },
  semver_equal: { is: "is version", not: "is not version", values: "version", several: true },
  semver_less_than: { is: "is a version below", not: "is not a version below", values: "version", several: false },
  semver_at_most: { is: "is a version up to", not: "is not a version up to", values: "version", several: false },
  semver_greater_than: { is: "is a version above", not: "is not a version above", values: "version", several: false },
  semver_at_least: { is: "is a version from", not: "is not a version from", values: "version", several: false },
  in_cidr: { is: "is in the network", not: "is not in the network", values: "network", several: true },
  has_any: { is: "has any of", not: "has none of", values: "any", several: true, text: true },
  has_all: { is: "has all of", not: "lacks some of", values: "any", several: true, text: true },
  present: { is: "is present", not: "is missing", values: "none", several: false },
};

/** Words for an operator; "is" reads better than "is one of" when there is one value. */
export function operatorText(operator: Operator, negate: boolean, count: number): string {
  if (operator === "in" && count === 1) return negate ? "is not" : "is";
  const words = operatorWords[operator];
  return negate ? words.not : words.is;
}

/** Reads what somebody typed as a value for this operator; text stays text where only text makes sense. */
export function readValue(operator: Operator, typed: string): string | number | boolean {
  const kind = operatorWords[operator].values;
  const text = typed.trim();
  if (kind === "number" || kind === "any") {
    if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER) return Number(text);
  }
  if (kind === "any") {
    if (text === "true") return true;
    if (text === "false") return false;
    // "42" in quotes is the text 42.
    if (/^".*"$/.test(text)) {
      try {
        return String(JSON.parse(text));
      } catch {
        return text;
      }
    }
  }
  return text;
}
