"use client";
import { GitMerge } from "lucide-react";
import { useState } from "react";
import { SentenceDiff } from "@/components/differences";
import { Button } from "@/components/ui/button";
import type { Draft } from "@/lib/draft";

/** Somebody else changed the same thing: theirs and mine side by side, and the draft is never dropped by itself. */
export function ConflictNotice({
  draft,
  by,
  onTakeTheirs,
  onKeepMine,
}: {
  draft: Draft;
  by?: string;
  onTakeTheirs: () => void;
  onKeepMine: () => void;
}) {
  const [open, setOpen] = useState(false);
  return (
    <div role="alert" className="flex flex-col gap-2 rounded-md bg-warn-tint p-3 text-sm">
      <div className="flex items-start gap-2">
        <GitMerge aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
        <p>
          <b>{by ?? "Somebody"}</b> changed {draft.conflicts.join(", ")} while you were editing. What does not overlap
          is merged already.
        </p>
      </div>
      {open ? (
        <div className="max-h-64 overflow-y-auto rounded-md bg-raised p-2">
          <p className="mb-1 font-medium text-ink-2 text-xs">Saved now → your draft</p>
          <SentenceDiff changes={draft.changes} />
        </div>
      ) : null}
      <div className="flex flex-wrap gap-2">
        <Button size="sm" onClick={() => setOpen(!open)} aria-expanded={open}>
          {open ? "Hide the difference" : "See the difference"}
        </Button>
        <Button size="sm" onClick={onKeepMine}>
          Keep mine
        </Button>
        <Button size="sm" onClick={onTakeTheirs}>
          Take theirs
        </Button>
      </div>
    </div>
  );
}
