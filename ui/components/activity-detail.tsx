"use client";
import type { HistoryItem } from "@/lib/api/types";
import { documentChanges, documentName } from "@/lib/history-words";
import { useHistoryEntry } from "@/lib/queries/history";
import { instant } from "@/lib/time";
import { useConsole } from "./console-context";
import { DifferenceTabs } from "./difference-tabs";
import { RevertButton } from "./revert-review";
import { ErrorState } from "./states";
import { Badge } from "./ui/badge";
import { Skeleton } from "./ui/skeleton";

/** The difference that a change made, document by document. */
export function ActivityDetail({ item }: { item: HistoryItem }) {
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
          <DifferenceTabs
            small
            changes={documentChanges(document.kind, document.before, document.after)}
            before={document.before}
            after={document.after}
          />
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
