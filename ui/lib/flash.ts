// Which rows changed just now, so that they can flash once.
"use client";
import { useSyncExternalStore } from "react";

const FLASH_MS = 1_600;
let changed: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

function set(next: ReadonlySet<string>): void {
  changed = next;
  for (const listener of listeners) listener();
}

export function flash(keys: Iterable<string>): void {
  const added = [...keys];
  if (added.length === 0) return;
  set(new Set([...changed, ...added]));
  setTimeout(() => set(new Set([...changed].filter((key) => !added.includes(key)))), FLASH_MS);
}

const none: ReadonlySet<string> = new Set();
export const useFlashes = (): ReadonlySet<string> =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => changed,
    () => none,
  );
