"use client";
import { ErrorState } from "@/components/states";

/** A page that broke; the rail and the bar stay. */
export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  return <ErrorState error={error} what="this page" retry={reset} />;
}
