// Notices. Their library is not needed for the first paint: it comes when the page rests, or with the first notice.
"use client";
import type { ExternalToast } from "sonner";

type Library = typeof import("sonner");

const SOON_MS = 600;

let open: (library: Library) => void = () => undefined;
/** Settles when what shows notices is in the page: what is said before that would be lost. */
const shown = new Promise<Library>((settle) => {
  open = settle;
});
let wanted = false;
let hear: (() => void) | null = null;

/** Tells once, soon or with the first notice, that notices are wanted; returns the way to stop listening. */
export function onWanted(listener: () => void): () => void {
  hear = listener;
  const timer = setTimeout(listener, wanted ? 0 : SOON_MS);
  return () => {
    clearTimeout(timer);
    hear = null;
  };
}

/** What shows notices is in the page. */
export const toasterIsThere = (library: Library): void => open(library);

function say(notice: (library: Library) => void): void {
  wanted = true;
  hear?.();
  void shown.then(notice);
}

/** Said in the order of the calls. */
export const toast = {
  success: (text: string, options?: ExternalToast) => say(({ toast }) => toast.success(text, options)),
  error: (text: string, options?: ExternalToast) => say(({ toast }) => toast.error(text, options)),
  dismiss: (id: string) => say(({ toast }) => toast.dismiss(id)),
};
