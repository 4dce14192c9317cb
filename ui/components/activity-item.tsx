"use client";
import { ChevronDown, Undo2 } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import type { HistoryItem } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { actorOf, documentChanges, isLasting, prose } from "@/lib/history-words";
import { useNow } from "@/lib/now";
import { useHistoryEntry } from "@/lib/queries/history";
import { ago, clock, instant } from "@/lib/time";
import { useConsole } from "./console-context";
import { Button } from "./ui/button";
import { Skeleton } from "./ui/skeleton";

// Most entries stay closed.
const ActivityDetail = dynamic(() => import("./activity-detail").then((m) => m.ActivityDetail), {
  ssr: false,
  loading: () => <Skeleton className="mt-2 ml-6 h-16" />,
});
const UndoReview = dynamic(() => import("./undo-review").then((m) => m.UndoReview), { ssr: false });

/** One change in prose: who, what, when, why; opens to its difference, and can be undone. */
export function ActivityItem({ item, compact }: { item: HistoryItem; compact?: boolean }) {
  const { can } = useConsole();
  const now = useNow();
  const [open, setOpen] = useState(false);
  const [undoing, setUndoing] = useState(false);
  const undoable = item.documents.some(({ kind }) => !isLasting(kind));
  return (
    <li data-slot="activity-item" data-rev={item.rev} className="px-4 py-2">
      <div className="flex items-start gap-2">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="-mx-1 flex min-h-7 min-w-0 flex-1 items-start gap-2 rounded-sm px-1 text-left"
        >
          <ChevronDown
            aria-hidden
            className={cn("mt-1 size-3.5 shrink-0 text-ink-3 transition-transform", !open && "-rotate-90")}
          />
          <span className="min-w-0 flex-1">
            <span className="text-sm">
              <b className="font-medium">{actorOf(item)}</b>{" "}
              <span className="break-words text-ink-2">{prose(item)}</span>
              {compact ? <Gist item={item} /> : null}
            </span>
            {item.reason ? <span className="block text-ink-2 text-xs">“{item.reason}”</span> : null}
          </span>
        </button>
        <span
          className="shrink-0 pt-0.5 text-ink-3 text-xs tabular-nums"
          title={`${instant(item.at)} · revision ${item.rev}`}
        >
          {compact ? ago(item.at, now) : clock(item.at)}
        </span>
        {can("editor") && !compact ? (
          // As wide without its button, so that the times stay below each other.
          <span className="-mt-1 flex shrink-0 justify-end sm:w-19">
            {undoable ? (
              <Button
                size="sm"
                variant="ghost"
                aria-label={`Undo revision ${item.rev}`}
                onClick={() => setUndoing(true)}
              >
                <Undo2 /> Undo
              </Button>
            ) : null}
          </span>
        ) : null}
      </div>
      {open ? <ActivityDetail item={item} /> : null}
      {undoing ? <UndoReview item={item} onClose={() => setUndoing(false)} /> : null}
    </li>
  );
}

/** The first difference of a small change: "10 % → 25 %". */
function Gist({ item }: { item: HistoryItem }) {
  const { project } = useConsole();
  const only = item.documents.length === 1 && item.action.endsWith("update");
  const document = useHistoryEntry(project.key, item.rev, only).data?.documents[0];
  const change = document ? documentChanges(document.kind, document.before, document.after)[0] : undefined;
  if (!change || (change.before?.length ?? 0) + (change.after?.length ?? 0) > 60) return null;
  return (
    <span className="block text-ink-2 text-xs">
      {change.subject}: {change.before ?? "–"} → {change.after ?? "–"}
    </span>
  );
}
