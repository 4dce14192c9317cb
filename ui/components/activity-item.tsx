"use client";
import { ChevronDown, Undo2 } from "lucide-react";
import { useState } from "react";
import { ApiProblem } from "@/lib/api/client";
import type { HistoryItem } from "@/lib/api/types";
import type { Change } from "@/lib/changes";
import { cn } from "@/lib/cn";
import { documentChanges, documentName, prose } from "@/lib/history-words";
import { useNow } from "@/lib/now";
import { useHistoryEntry, useUndo } from "@/lib/queries/history";
import { ago, clock, instant } from "@/lib/time";
import { saved } from "@/lib/undo";
import { useConsole } from "./console-context";
import { JsonDiff, SentenceDiff } from "./differences";
import { RevertButton } from "./revert-review";
import { ReviewSheet } from "./review-sheet";
import { ErrorState } from "./states";
import { Badge } from "./ui/badge";
import { Button } from "./ui/button";
import { Skeleton } from "./ui/skeleton";
import { Tab, TabList, TabPanel, Tabs } from "./ui/tabs";

const actorOf = (item: Pick<HistoryItem, "actor" | "actor_name">) => item.actor_name || item.actor;

/** One change in prose: who, what, when, why; opens to its difference, and can be undone. */
export function ActivityItem({ item, compact }: { item: HistoryItem; compact?: boolean }) {
  const { can } = useConsole();
  const now = useNow();
  const [open, setOpen] = useState(false);
  const [undoing, setUndoing] = useState(false);
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
          <Button
            size="sm"
            variant="ghost"
            className="-mt-1"
            aria-label={`Undo revision ${item.rev}`}
            onClick={() => setUndoing(true)}
          >
            <Undo2 /> Undo
          </Button>
        ) : null}
      </div>
      {open ? <Detail item={item} /> : null}
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

function Detail({ item }: { item: HistoryItem }) {
  const { project } = useConsole();
  const entry = useHistoryEntry(project.key, item.rev, true);
  if (entry.error) return <ErrorState error={entry.error} what="the difference" retry={() => void entry.refetch()} />;
  if (!entry.data) return <Skeleton className="mt-2 ml-6 h-16" />;
  return (
    <div className="mt-2 ml-5 flex flex-col gap-3 max-sm:ml-0">
      {entry.data.documents.map((document) => (
        <section key={`${document.kind} ${document.key}`}>
          <h3 className="mb-1 flex items-center gap-2 font-medium text-xs">
            {documentName(document.kind, document.key)}
            {document.before === null ? (
              <Badge tone="ok">created</Badge>
            ) : document.after === null ? (
              <Badge tone="bad">removed</Badge>
            ) : null}
            <RevertButton document={document} rev={item.rev} />
          </h3>
          <Tabs defaultValue="words">
            <TabList className="mb-2 border-0">
              <Tab value="words" className="h-7 text-xs">
                In words
              </Tab>
              <Tab value="json" className="h-7 text-xs">
                JSON
              </Tab>
            </TabList>
            <TabPanel value="words">
              <SentenceDiff changes={documentChanges(document.kind, document.before, document.after)} />
            </TabPanel>
            <TabPanel value="json">
              <JsonDiff before={document.before} after={document.after} />
            </TabPanel>
          </Tabs>
        </section>
      ))}
      <p className="break-all font-mono text-[11px] text-ink-3">
        revision {item.rev} · {item.action} · {instant(item.at)}
        {item.trace_id ? ` · trace ${item.trace_id}` : ""}
        {item.hash ? ` · hash ${item.hash.slice(0, 12)}` : ""}
      </p>
    </div>
  );
}

/** What undoing a change would do, before it is done. Later changes to the same thing are named and may be overridden. */
export function UndoReview({ item, onClose }: { item: HistoryItem; onClose: () => void }) {
  const { project, environments } = useConsole();
  const entry = useHistoryEntry(project.key, item.rev, true);
  const undo = useUndo(project.key);
  const [force, setForce] = useState(false);
  if (!entry.data) return null;
  const documents = entry.data.documents;
  const changes = documents.flatMap((document): Change[] =>
    documentChanges(document.kind, document.after, document.before).map((change) => ({
      ...change,
      subject:
        documents.length > 1 ? `${documentName(document.kind, document.key)}: ${change.subject}` : change.subject,
    })),
  );
  const touched = environments.find((each) =>
    documents.some((d) => d.kind === "configuration" && d.key.startsWith(`${each.key}/`)),
  );
  const side = (pick: "before" | "after") =>
    documents.length === 1
      ? (documents[0]?.[pick] ?? null)
      : Object.fromEntries(documents.map((d) => [`${d.kind} ${d.key}`, d[pick]]));
  return (
    <ReviewSheet
      title={`Undo revision ${item.rev}`}
      environment={touched}
      note={
        <p className="text-ink-2">
          Puts back what <b className="text-ink">{actorOf(item)}</b> changed: {prose(item)}. This is a new revision;
          nothing is lost.
          {force ? <b className="mt-2 block text-warn">Later changes to the same things will be overwritten.</b> : null}
        </p>
      }
      changes={changes}
      before={side("after")}
      after={side("before")}
      confirm={force ? "Undo anyway" : "Undo this change"}
      danger={force}
      onClose={onClose}
      onConfirm={async (reason) => {
        try {
          const { rev } = await undo.mutateAsync({ rev: item.rev, force, reason });
          saved(`Revision ${item.rev} is undone`, project.key, rev);
        } catch (error) {
          if (error instanceof ApiProblem && error.code === "later_changes") setForce(true);
          throw error;
        }
      }}
    />
  );
}
