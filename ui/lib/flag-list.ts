// Filtering and sorting of the flag list, pure: the list holds every flag, so this is exact and answers as you type.
import type { FlagItem, ServesKind } from "./api/types";

export type FlagSort = "key" | "name" | "created" | "changed";
export type FlagFilter = {
  text: string;
  type: string;
  owner: string;
  tag: string;
  environment: string;
  serves: string;
  archived: boolean;
};

/** What the filter "serves" offers, and the kinds it means. */
const SERVES: Record<string, readonly ServesKind[]> = {
  on: ["all", "partial", "split", "rules"],
  off: ["off"],
  partial: ["partial", "split", "rules"],
};

function hasText(flag: FlagItem, words: string[]): boolean {
  const text =
    `${flag.key}\n${flag.name}\n${flag.description ?? ""}\n${flag.owner ?? ""}\n${flag.tags.join("\n")}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

export function filterFlags(flags: readonly FlagItem[], filter: FlagFilter): FlagItem[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const kinds = SERVES[filter.serves];
  return flags.filter((flag) => {
    if (flag.archived !== filter.archived) return false;
    if (filter.type && flag.type !== filter.type) return false;
    if (filter.owner && flag.owner !== filter.owner) return false;
    if (filter.tag && !flag.tags.includes(filter.tag)) return false;
    if (kinds) {
      const served = filter.environment ? [flag.environments[filter.environment]] : Object.values(flag.environments);
      if (!served.some((each) => kinds.includes(each?.serves.kind ?? "off"))) return false;
    }
    return words.length === 0 || hasText(flag, words);
  });
}

/** `sort` as in the address: `key`, `-changed`. */
export function sortFlags(flags: readonly FlagItem[], sort: string): FlagItem[] {
  const down = sort.startsWith("-");
  const by = (down ? sort.slice(1) : sort) as FlagSort;
  const order = (a: FlagItem, b: FlagItem): number => {
    if (by === "name") return a.name.localeCompare(b.name);
    if (by === "created") return a.created_at - b.created_at;
    if (by === "changed") return (a.changed?.at ?? a.created_at) - (b.changed?.at ?? b.created_at);
    return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
  };
  return flags.toSorted((a, b) => (down ? -order(a, b) : order(a, b)) || (a.key < b.key ? -1 : 1));
}
