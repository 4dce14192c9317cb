"use client";
import { History } from "lucide-react";
import { useState } from "react";
import type { HistoryEntry } from "@/lib/api/types";
import { documentChanges, documentName, isLasting } from "@/lib/history-words";
import { useDocumentNow, useRevert } from "@/lib/queries/history";
import { saved } from "@/lib/undo";
import { useConsole } from "./console-context";
import { ReviewSheet } from "./review";
import { ErrorState } from "./states";
import { Button } from "./ui/button";

type Past = HistoryEntry["documents"][number];

/** Puts one document back as it was after a revision; the server keeps what is true of all time, like revoked keys. */
export function RevertButton({ document, rev }: { document: Past; rev: number }) {
  const { can } = useConsole();
  const [open, setOpen] = useState(false);
  const kept = document.kind === "sdk_key" || isLasting(document.kind);
  if (!can("editor") || document.after === null || kept) return null;
  return (
    <>
      <Button
        size="sm"
        variant="ghost"
        className="ml-auto"
        aria-label={`Revert ${documentName(document.kind, document.key)} to revision ${rev}`}
        onClick={() => setOpen(true)}
      >
        <History /> Revert to this revision
      </Button>
      {open ? <RevertReview document={document} rev={rev} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

/** What putting it back would do to how it is now. */
function RevertReview({ document, rev, onClose }: { document: Past; rev: number; onClose: () => void }) {
  const { project, environments } = useConsole();
  const revert = useRevert(project.key);
  const now = useDocumentNow(project.key, document.kind, document.key);
  const name = documentName(document.kind, document.key);
  if (now.error) return <ErrorState error={now.error} what={name} retry={() => void now.refetch()} />;
  if (!now.data) return null;
  const latest = now.data;
  const changes = documentChanges(document.kind, latest.body, document.after);
  const same = latest.rev === rev || changes.length === 0;
  return (
    <ReviewSheet
      title={`Revert ${name}`}
      environment={environments.find(
        (each) => document.kind === "configuration" && document.key.startsWith(`${each.key}/`),
      )}
      note={
        <p className="text-ink-2">
          {same ? (
            <>
              It is as it was at revision {rev}
              {latest.rev === rev ? ": nothing has changed it since" : ""}.
            </>
          ) : (
            <>
              Puts it back as it was at revision {rev}. It was changed last at revision {latest.rev}. This is a new
              revision; nothing is lost, and nothing else changes.
            </>
          )}
        </p>
      }
      changes={changes}
      before={latest.body}
      after={document.after}
      confirm={same ? "Close" : `Revert to revision ${rev}`}
      onClose={onClose}
      onConfirm={async (reason) => {
        if (same) return;
        const answer = await revert.mutateAsync({ kind: document.kind, key: document.key, rev, reason });
        saved(`${name} is as it was at revision ${rev}`, project.key, answer.data.rev);
      }}
    />
  );
}
