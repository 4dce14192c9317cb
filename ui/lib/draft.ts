// Drafts of a configuration: kept in this browser until saved or discarded, so reload, Back and signing in lose nothing.
"use client";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Configuration } from "./api/types";
import { authored, type Change, configurationChanges, merge } from "./changes";
import { equalJson } from "./diff";

type Stored = { base: Configuration; mine: Configuration };

export const draftKey = (user: string, project: string, flag: string, environment: string): string =>
  `yardarm:draft:${user}:${project}:${environment}:${flag}`;

function load(key: string): Stored | null {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? "null") as Stored | null;
    return stored?.base && stored.mine ? stored : null;
  } catch {
    return null;
  }
}

function store(key: string, stored: Stored | null): void {
  try {
    if (stored) localStorage.setItem(key, JSON.stringify(stored));
    else localStorage.removeItem(key);
  } catch {
    // Storage that is full or forbidden costs the draft its survival of a reload, nothing else.
  }
}

export type Draft = {
  /** What the page shows: the edits over what is saved. */
  value: Configuration;
  /** What is saved, without what the server keeps for itself. */
  saved: Configuration;
  changes: Change[];
  /** What somebody else has changed differently meanwhile. */
  conflicts: string[];
  edit: (next: (value: Configuration) => Configuration) => void;
  discard: () => void;
  /** Keeps mine where both changed. */
  keepMine: () => void;
};

/** A draft over the saved configuration; edits of others are merged in, and conflicts are named. */
export function useDraft(key: string, server: Configuration): Draft {
  const saved = useMemo(() => authored(server), [server]);
  const [stored, setStored] = useState<Stored | null>(() => load(key));

  useEffect(() => setStored(load(key)), [key]);

  const merged = useMemo(
    () => (stored ? merge(stored.base, saved, stored.mine) : { merged: saved, conflicts: [] }),
    [stored, saved],
  );
  const changes = useMemo(() => configurationChanges(saved, merged.merged), [saved, merged]);
  const same = equalJson(saved, merged.merged);

  const put = useCallback(
    (next: Stored | null) => {
      setStored(next);
      store(key, next);
    },
    [key],
  );

  // A draft that says what is saved is none any more.
  useEffect(() => {
    if (stored && same && merged.conflicts.length === 0) put(null);
  }, [stored, same, merged, put]);

  const base = stored && merged.conflicts.length > 0 ? stored.base : saved;
  const edit = useCallback(
    (next: (value: Configuration) => Configuration) => put({ base, mine: authored(next(merged.merged)) }),
    [put, base, merged],
  );
  return {
    value: merged.merged,
    saved,
    changes,
    conflicts: merged.conflicts,
    edit,
    discard: useCallback(() => put(null), [put]),
    keepMine: useCallback(() => put({ base: saved, mine: merged.merged }), [put, saved, merged]),
  };
}
