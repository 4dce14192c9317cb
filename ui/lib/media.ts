"use client";
import { useSyncExternalStore } from "react";

/** Whether the window is at least this wide (px). */
export function useWide(px: number): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(`(min-width: ${px}px)`);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => window.matchMedia(`(min-width: ${px}px)`).matches,
    () => true,
  );
}
