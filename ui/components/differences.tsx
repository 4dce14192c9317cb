"use client";
import { ArrowRight } from "lucide-react";
import type { Json } from "@/lib/api/types";
import type { Change } from "@/lib/changes";
import { cn } from "@/lib/cn";
import { diffLines } from "@/lib/diff";

/** Differences in sentences: marks and words, not colour alone. */
export function SentenceDiff({ changes }: { changes: Change[] }) {
  if (changes.length === 0) return <p className="text-ink-2 text-sm">Nothing changes.</p>;
  return (
    <ul data-slot="sentence-diff" className="flex flex-col divide-y rounded-md border">
      {changes.map((change, i) => {
        const short = (change.before?.length ?? 0) + (change.after?.length ?? 0) < 36 && change.before && change.after;
        return (
          <li key={i} className="px-3 py-2 text-sm">
            {change.subject ? <div className="mb-0.5 font-medium text-ink-2 text-xs">{change.subject}</div> : null}
            {short ? (
              <div className="flex flex-wrap items-center gap-2">
                <del className="rounded-sm bg-bad-tint px-1.5 text-bad no-underline">
                  <span className="sr-only">from </span>
                  {change.before}
                </del>
                <ArrowRight aria-hidden className="size-3.5 text-ink-3" />
                <ins className="rounded-sm bg-ok-tint px-1.5 font-medium text-ok no-underline">
                  <span className="sr-only">to </span>
                  {change.after}
                </ins>
              </div>
            ) : (
              <div className="flex flex-col gap-1">
                {change.before ? (
                  <del className="flex gap-2 rounded-sm bg-bad-tint px-1.5 py-0.5 text-bad no-underline">
                    <span aria-hidden>−</span>
                    <span className="sr-only">removed: </span>
                    <span className="min-w-0 break-words">{change.before}</span>
                  </del>
                ) : null}
                {change.after ? (
                  <ins className="flex gap-2 rounded-sm bg-ok-tint px-1.5 py-0.5 text-ok no-underline">
                    <span aria-hidden>+</span>
                    <span className="sr-only">added: </span>
                    <span className="min-w-0 break-words">{change.after}</span>
                  </ins>
                ) : null}
              </div>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** The same as JSON lines. */
export function JsonDiff({ before, after }: { before: Json; after: Json }) {
  const lines = diffLines(before, after);
  return (
    <div
      tabIndex={0}
      role="group"
      aria-label="Difference as JSON"
      className="max-h-96 overflow-auto rounded-md border bg-sunken py-2 font-mono text-xs"
    >
      {lines.map((line, i) =>
        line.mark === "…" ? (
          <div key={i} className="px-3 py-0.5 text-ink-3">
            … {line.count} equal lines
          </div>
        ) : (
          <div
            key={i}
            className={cn(
              "w-max min-w-full whitespace-pre px-3",
              line.mark === "+" && "bg-ok-tint text-ok",
              line.mark === "-" && "bg-bad-tint text-bad",
              line.mark === " " && "text-ink-2",
            )}
          >
            {line.mark === "-" ? "−" : line.mark} {line.text}
          </div>
        ),
      )}
      {lines.every((line) => line.mark === "…") ? <div className="px-3 text-ink-3">No difference.</div> : null}
    </div>
  );
}
