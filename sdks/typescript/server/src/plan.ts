/** What crosses the boundary for a flag: which attributes, and the words that stand for them (`arguments.rs`). */

import type { FlagType } from "../../core/src/details.js";

/** What crosses for a flag. */
export interface Plan {
  readonly index: number;
  readonly type: FlagType | null;
  readonly key: boolean;
  readonly attributes: readonly Attribute[];
  readonly now: boolean;
  readonly whole: boolean;
}

/** An attribute that crosses. */
export interface Attribute {
  readonly name: string;
  /** Words of the texts that the flag knows, when it only asks which of them it is: then no text is written. */
  readonly known: Known | undefined;
}

/** Texts that cross as words. */
export interface Known {
  /** All of them, when it is quicker to compare. */
  readonly few: readonly string[] | undefined;
  readonly words: ReadonlyMap<string, number>;
}

/** A plan as the module says it. */
export interface PlanText {
  readonly index: number;
  readonly type: FlagType | null;
  readonly key: boolean;
  readonly names: readonly string[];
  readonly known: readonly (readonly string[] | null)[];
  readonly now: boolean;
  readonly whole: boolean;
}

/** A word is `rest << KIND_BITS | kind`; `rest` is a length or a position. */
export const KIND_BITS = 3;
export const [ABSENT, NULL, FALSE, TRUE, NUMBER, TEXT, JSON_TEXT, KNOWN] = [0, 1, 2, 3, 4, 5, 6, 7];
/** The word of a text that the flag does not know: the first position. */
const UNKNOWN = KNOWN;
/** Of fewer texts, looking at each takes less than hashing one. */
const FEW = 4;

/** What the module says, for use with each call. */
export function planned({ index, type, key, names, known, now, whole }: PlanText): Plan {
  const attributes = names.map((name, at) => {
    const texts = known[at]?.map(interned);
    return {
      name: interned(name),
      known: texts && { few: texts.length <= FEW ? texts : undefined, words: wordsOf(texts) },
    };
  });
  // Names that every object has need the care that JSON takes.
  const odd = names.some((name) => name in Object.prototype);
  return { index, type, key, attributes, now, whole: whole || odd };
}

function wordsOf(texts: readonly string[]): ReadonlyMap<string, number> {
  return new Map(texts.map((text, at) => [text, ((at + 1) << KIND_BITS) | KNOWN]));
}

/** The word of a text. */
export function wordOf({ few, words }: Known, text: string): number {
  if (few === undefined) return words.get(text) ?? UNKNOWN;
  for (let at = 0; at < few.length; at++) if (few[at] === text) return ((at + 1) << KIND_BITS) | KNOWN;
  return UNKNOWN;
}

/** The engine's one copy of a text, as names in a program are: looking up by it compares addresses, not characters. */
function interned(text: string): string {
  return Object.keys({ [text]: 0 })[0] ?? text;
}
