"use client";
import { TriangleAlert } from "lucide-react";
import { type ReactNode, useLayoutEffect } from "react";
import { Button } from "./ui/button";
import { Kbd } from "./ui/kbd";

/** Stays at the bottom while there are edits: how many, Discard, Review. */
export function DraftBar({
  count,
  problems,
  conflict,
  onDiscard,
  onReview,
}: {
  count: number;
  problems: string[];
  conflict?: ReactNode;
  onDiscard: () => void;
  onReview: () => void;
}) {
  const blocked = problems.length > 0 || Boolean(conflict);
  // As soon as the bar is seen its key counts; an effect after the paint could miss it.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("[role=dialog]")) return;
      event.preventDefault();
      // A field that saves on leaving must be left first.
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      if (!blocked) setTimeout(onReview, 0);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [blocked, onReview]);
  return (
    <section
      data-slot="draft-bar"
      aria-label="Draft"
      className="sticky bottom-3 z-20 mt-4 flex animate-[rise_120ms_ease-out] flex-col gap-2 rounded-lg border border-accent/50 bg-raised p-3 shadow-float"
    >
      {conflict}
      {problems.length > 0 ? (
        <ul className="flex flex-col gap-0.5 text-warn text-xs">
          {problems.slice(0, 4).map((problem) => (
            <li key={problem} className="flex items-center gap-1.5">
              <TriangleAlert aria-hidden className="size-3.5 shrink-0" /> {problem}
            </li>
          ))}
        </ul>
      ) : null}
      <div className="flex flex-wrap items-center gap-2">
        <span role="status" className="mr-auto text-sm">
          <b className="font-semibold">
            {count} {count === 1 ? "edit" : "edits"}
          </b>
          <span className="text-ink-3 max-sm:hidden"> · kept in this browser until you save or discard</span>
        </span>
        <Button variant="ghost" onClick={onDiscard}>
          Discard
        </Button>
        <Button variant="primary" onClick={onReview} disabled={blocked}>
          Review
          <span className="flex gap-0.5 max-md:hidden">
            <Kbd>Ctrl</Kbd>
            <Kbd>↵</Kbd>
          </span>
        </Button>
      </div>
    </section>
  );
}
