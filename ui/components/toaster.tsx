"use client";
import { useEffect } from "react";
import * as sonner from "sonner";
import { useWide } from "@/lib/media";
import { toasterIsThere } from "@/lib/toast";

/** Where notices appear. */
export function Toaster() {
  // Above on a phone; globals.css lifts them over the buttons of a review and of a draft bar.
  const wide = useWide(768);
  // Runs after the effect of the child, by which that listens.
  useEffect(() => toasterIsThere(sonner), []);
  return (
    <sonner.Toaster
      position={wide ? "bottom-right" : "top-center"}
      duration={10_000}
      closeButton
      toastOptions={{
        classNames: { description: "text-ink-2!" },
        style: {
          background: "var(--raised)",
          color: "var(--ink)",
          border: "1px solid var(--line)",
          boxShadow: "var(--shadow)",
          fontFamily: "var(--font-inter)",
        },
        actionButtonStyle: { background: "var(--accent)", color: "var(--on-accent)" },
      }}
    />
  );
}
