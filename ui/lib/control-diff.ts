// Entries and conflicts of a change request in words.
import type { MergeConflict, PlanEntry } from "./api/control";
import type { DocumentKind, Json, Rule, Serve } from "./api/types";
import type { Change } from "./changes";
import { documentChanges } from "./history-words";
import { ruleText, serveText } from "./sentence";

/** A part of a JSON pointer (RFC 6901). */
const unescaped = (part: string) => part.replaceAll("~1", "/").replaceAll("~0", "~");

/** `/default/rollout/percent` → "default, rollout, percent" */
export const pointerWords = (pointer: string): string =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => unescaped(part).replaceAll("_", " "))
    .join(", ");

/** A value at a place of a document, as people read it. */
export function valueText(pointer: string, value: Json): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "string") return value || undefined;
  if (typeof value !== "object") return String(value);
  const object = value as { [name: string]: Json };
  if (Array.isArray(value)) {
    if (value.every((each) => typeof each !== "object")) return value.map(String).join(", ") || undefined;
  } else if (/\/(default|serve)$/.test(pointer)) return serveText(value as unknown as Serve);
  else if ("if" in object && "serve" in object) return ruleText(value as unknown as Rule);
  return JSON.stringify(value);
}

/** What becomes of one document: configurations in sentences, what is new or gone by member, the rest by place. */
export function entryChanges({ kind, changes, lists, sentences }: PlanEntry): Change[] {
  const members = lists.flatMap(({ list, added, removed, first_added, first_removed }): Change[] => {
    const some = (count: number, first: string[]) =>
      count === 0
        ? undefined
        : `${first.join(", ")}${count > first.length ? ` and ${(count - first.length).toLocaleString("en")} more` : ""}`;
    return [{ subject: `Members, ${list}`, before: some(removed, first_removed), after: some(added, first_added) }];
  });
  if (sentences.length > 0) {
    const said = sentences.map(({ before, after }) => ({
      subject: "",
      before: before ?? undefined,
      after: after ?? undefined,
    }));
    return [...said, ...members];
  }
  const places = changes.flatMap(({ pointer, before, after }): Change[] =>
    pointer === ""
      ? documentChanges(kind as DocumentKind, before, after)
      : [{ subject: pointerWords(pointer), before: valueText(pointer, before), after: valueText(pointer, after) }],
  );
  return [...places, ...members];
}

/** The three sides of a conflict; a missing one was not there. */
export const conflictSides = ({ pointer, base, request, current }: MergeConflict) => ({
  base: valueText(pointer, base) ?? "nothing",
  request: valueText(pointer, request) ?? "nothing",
  current: valueText(pointer, current) ?? "nothing",
});

/** A document with the places of a plan changed. A plan tells lists of another length whole, so that no place shifts. */
export function withChanges(document: Json, changes: PlanEntry["changes"]): Json {
  let changed = structuredClone(document);
  for (const { pointer, after } of changes) {
    const parts = pointer.split("/").slice(1);
    const last = parts.pop();
    if (last === undefined) {
      changed = after;
      continue;
    }
    let at = changed as { [name: string]: Json };
    for (const part of parts) {
      const name = unescaped(part);
      at[name] ??= {};
      at = at[name] as { [name: string]: Json };
    }
    if (after === null) delete at[unescaped(last)];
    else at[unescaped(last)] = after;
  }
  return changed;
}
