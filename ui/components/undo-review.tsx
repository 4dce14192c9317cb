"use client";
import { useState } from "react";
import { ApiProblem } from "@/lib/api/client";
import type { HistoryItem } from "@/lib/api/types";
import type { Change } from "@/lib/changes";
import { actorOf, documentChanges, documentName, isLasting, prose } from "@/lib/history-words";
import { useHistoryEntry, useUndo } from "@/lib/queries/history";
import { saved } from "@/lib/undo";
import { useConsole } from "./console-context";
import { ReviewSheet } from "./review";

/** What undoing a change would do, before it is done. Later changes to the same thing are named and may be overridden. */
export function UndoReview({ item, onClose }: { item: HistoryItem; onClose: () => void }) {
  const { project, environments } = useConsole();
  const entry = useHistoryEntry(project.key, item.rev, true);
  const undo = useUndo(project.key);
  const [force, setForce] = useState(false);
  if (!entry.data) return null;
  const documents = entry.data.documents.filter(({ kind }) => !isLasting(kind));
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
