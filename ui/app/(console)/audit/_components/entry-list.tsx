"use client";
import { ChevronDown, ScrollText } from "lucide-react";
import { useState } from "react";
import { JsonDiff } from "@/components/differences";
import { EmptyState, ErrorState } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { AuditDocument, AuditEntry } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { type AuditFilter, useAudit } from "@/lib/queries/audit";
import { instant } from "@/lib/time";

/** Entries, newest first; each opens to what it did and to its evidence. */
export function EntryList({ filter, empty }: { filter: AuditFilter; empty: string }) {
  const audit = useAudit(filter);
  if (audit.error) return <ErrorState error={audit.error} what="the audit log" retry={() => void audit.refetch()} />;
  if (!audit.data) return <SkeletonRows label="Loading the audit log" count={8} />;
  const items = audit.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <EmptyState icon={<ScrollText />} title={empty} />;
  return (
    <div className="flex flex-col gap-4">
      <ol className="divide-y rounded-lg border bg-raised">
        {items.map((item) => (
          <Entry key={item.hash} item={item} />
        ))}
      </ol>
      {audit.hasNextPage ? (
        <Button className="self-center" disabled={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
          {audit.isFetchingNextPage ? "Loading…" : "Show older entries"}
        </Button>
      ) : null}
    </div>
  );
}

function Entry({ item }: { item: AuditEntry }) {
  const [open, setOpen] = useState(false);
  return (
    <li data-slot="audit-entry" className="px-4 py-2">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="-mx-1 flex min-h-7 w-full min-w-0 items-start gap-2 rounded-sm px-1 text-left"
      >
        <ChevronDown
          aria-hidden
          className={cn("mt-1 size-3.5 shrink-0 text-ink-3 transition-transform", !open && "-rotate-90")}
        />
        <span className="min-w-0 flex-1 text-sm">
          <b className="font-medium">{item.actor_name ?? "somebody (redacted)"}</b>{" "}
          <span className="font-mono text-xs">{item.action}</span>{" "}
          <span className="break-words text-ink-2">{touched(item)}</span>
          {item.reason === null ? (
            <span className="block text-ink-3 text-xs">The reason was redacted.</span>
          ) : item.reason ? (
            <span className="block text-ink-2 text-xs">“{item.reason}”</span>
          ) : null}
        </span>
        <span className="shrink-0 pt-0.5 text-right text-ink-3 text-xs tabular-nums">
          {instant(item.at)}
          <span className="block">{item.project ?? "tenant"}</span>
        </span>
      </button>
      {open ? <Detail item={item} /> : null}
    </li>
  );
}

function touched(item: AuditEntry): string {
  const names = item.documents.slice(0, 3).map((document) => `${document.kind} ${document.key}`);
  const more = item.documents_total - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

function Detail({ item }: { item: AuditEntry }) {
  const evidence = [
    ["Actor", item.actor],
    ["Via", item.via],
    ["Revision", String(item.rev)],
    ["Trace", item.trace_id],
    ["Hash", item.hash],
    ["Continues", item.prev_hash],
  ] as const;
  return (
    <div className="mt-2 ml-5 flex flex-col gap-3 max-sm:ml-0">
      {item.documents.map((document) => (
        <section key={`${document.kind} ${document.key}`}>
          <h3 className="mb-1 flex items-center gap-2 font-medium text-xs">
            {document.kind} {document.key}
            <State document={document} />
          </h3>
          {document.before === null && document.after === null ? null : (
            <JsonDiff before={document.before} after={document.after} />
          )}
        </section>
      ))}
      <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 text-xs">
        {evidence.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink-3">{name}</dt>
            <dd className="break-all font-mono">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function State({ document }: { document: AuditDocument }) {
  if (document.hidden === "redacted") return <Badge tone="warn">redacted</Badge>;
  if (document.hidden === "pruned") return <Badge tone="warn">what it was is pruned</Badge>;
  if (document.hidden === "long") return <Badge>too long to show here</Badge>;
  if (document.removed) return <Badge tone="bad">removed</Badge>;
  return document.before === null ? <Badge tone="ok">created</Badge> : null;
}
