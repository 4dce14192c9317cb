// What typed text in the palette means: verbs first, then things and places. Pure, so that it can be tested by a table.
import type { Environment, FlagItem } from "./api/types";
import { ranked } from "./fuzzy";

export type PaletteItem =
  | { kind: "switch"; flag: FlagItem; environment: Environment; on: boolean; verb: string }
  | { kind: "flag"; flag: FlagItem }
  | { kind: "create"; name: string }
  | { kind: "page"; href: string; name: string };

const OFF = /^(kill|turn off|switch off|disable|off)\s+/i;
const ON = /^(turn on|switch on|enable|on)\s+/i;
const CREATE = /^(create|new)(\s+flag)?(\s+|$)/i;
/** A flag named without a verb is offered to be switched only when it is meant beyond doubt. */
const FLAGS_SHOWN = 8;
const SWITCHES_SHOWN = 9;

/** Production first: that is where it hurts. `in staging` at the end narrows. */
function where(text: string, environments: readonly Environment[]): { rest: string; environments: Environment[] } {
  const match = /\s+in\s+(\S+)$/i.exec(text);
  const ordered = environments.toSorted(
    (a, b) => Number(b.production) - Number(a.production) || a.position - b.position,
  );
  if (!match) return { rest: text, environments: ordered };
  const named = ordered.filter(
    (each) =>
      each.key.startsWith((match[1] ?? "").toLowerCase()) ||
      each.name.toLowerCase().startsWith((match[1] ?? "").toLowerCase()),
  );
  return named.length > 0
    ? { rest: text.slice(0, match.index), environments: named }
    : { rest: text, environments: ordered };
}

export function paletteItems(
  typed: string,
  flags: readonly FlagItem[],
  environments: readonly Environment[],
  pages: readonly { href: string; name: string }[],
  editor: boolean,
): PaletteItem[] {
  const text = typed.trimStart();
  const active = flags.filter((flag) => !flag.archived);
  const find = (query: string, limit: number) => ranked(active, query, (flag) => [flag.key, flag.name], limit);

  for (const [pattern, on] of [
    [OFF, false],
    [ON, true],
  ] as const) {
    const match = pattern.exec(text);
    if (!match || !editor) continue;
    const verb = on ? "Turn on" : match[1]?.toLowerCase() === "kill" ? "Kill" : "Turn off";
    const { rest, environments: wanted } = where(text.slice(match[0].length), environments);
    const items = find(rest.trim(), 4).flatMap((flag) =>
      wanted
        .filter((environment) => (flag.environments[environment.key]?.on ?? false) !== on)
        .map((environment): PaletteItem => ({ kind: "switch", flag, environment, on, verb })),
    );
    if (items.length > 0) return items.slice(0, SWITCHES_SHOWN);
  }

  const create = CREATE.exec(text);
  const items: PaletteItem[] = [];
  if (create && editor) items.push({ kind: "create", name: text.slice(create[0].length).trim() });
  const places = ranked(pages, text, (page) => [page.name], 6).map((page): PaletteItem => ({ kind: "page", ...page }));
  const found = find(text.trim(), FLAGS_SHOWN).map((flag): PaletteItem => ({ kind: "flag", flag }));
  if (text.trim() === "") return [...places, ...(editor ? [{ kind: "create", name: "" } as const] : []), ...found];
  items.push(...found, ...places);
  if (!create && editor && found.length === 0) items.push({ kind: "create", name: text.trim() });
  return items;
}
