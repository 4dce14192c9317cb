// The only reader and writer of query parameters. Pages are flat and carry their ids in the query, because a static
// export has no dynamic segments.
"use client";
import { useSearchParams } from "next/navigation";
import { useCallback } from "react";

/** Every page, with the parameters it understands (`p` is the project everywhere). */
export type Params = Record<string, string | number | boolean | null | undefined>;

/** `/flag?p=web&key=new-checkout`; empty parameters are left out, so that an address says only what differs. */
export function href(page: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== "" && value !== false) query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `${page}?${text}` : page;
}

/** The current query with some parameters replaced. */
export function withParams(current: string, changes: Params): string {
  const query = new URLSearchParams(current);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "" || value === false) query.delete(name);
    else query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** Reads the query and changes it: `replace` while typing, `push` for what Back should undo. */
export function useQuery(): {
  read: (name: string) => string;
  set: (changes: Params, how?: "replace" | "push") => void;
} {
  const params = useSearchParams();
  const read = useCallback((name: string) => params.get(name) ?? "", [params]);
  const set = useCallback((changes: Params, how: "replace" | "push" = "replace") => {
    const next = window.location.pathname + withParams(window.location.search, changes);
    if (how === "push") window.history.pushState(null, "", next);
    else window.history.replaceState(null, "", next);
  }, []);
  return { read, set };
}

/** A path of ours to go to after signing in; anything else is home. */
export function safeNext(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : "/";
}
