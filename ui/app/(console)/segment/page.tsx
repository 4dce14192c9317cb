"use client";
import { Trash2 } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { Confirm } from "@/components/confirm";
import { useConsole } from "@/components/console-context";
import { ErrorState } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { Segment } from "@/lib/api/types";
import { useDeleteSegment, useSegment } from "@/lib/queries/segments";
import { toast } from "@/lib/toast";
import { href, useQuery } from "@/lib/url";
import { SegmentLists } from "./_components/segment-lists";
import { SegmentRules } from "./_components/segment-rules";

export default function SegmentPage() {
  const { project } = useConsole();
  const query = useQuery();
  const segment = useSegment(project.key, query.read("key"));
  if (segment.data) return <Loaded segment={segment.data} />;
  if (segment.error || query.read("key") === "")
    return <ErrorState error={segment.error} what="this segment" heading="h1" retry={() => void segment.refetch()} />;
  return <SkeletonRows label="Loading the segment" />;
}

function Loaded({ segment }: { segment: Segment }) {
  const { project, environments, can } = useConsole();
  const router = useRouter();
  const remove = useDeleteSegment(project.key);
  const [deleting, setDeleting] = useState(false);
  useEffect(() => {
    document.title = `${segment.key} · Yardarm`;
  }, [segment.key]);
  return (
    <div className="mx-auto w-full max-w-[1240px] px-4 pb-8">
      <header className="flex flex-wrap items-start gap-3 py-4">
        <div className="min-w-0 flex-1">
          <div className="flex items-center gap-1">
            <h1 className="break-all font-mono font-semibold text-lg">{segment.key}</h1>
            <CopyButton text={segment.key} label="Copy the key" />
          </div>
          <p className="flex flex-wrap items-center gap-2 text-ink-2 text-sm">
            {segment.name} <Badge tone="outline">of {segment.context_kind}s</Badge>
          </p>
          {segment.description ? <p className="mt-1 max-w-prose text-ink-2 text-sm">{segment.description}</p> : null}
        </div>
        {can("editor") ? (
          <Button variant="quietDanger" disabled={segment.used_by.length > 0} onClick={() => setDeleting(true)}>
            <Trash2 /> Delete
          </Button>
        ) : null}
      </header>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_320px]">
        <div className="flex min-w-0 flex-col gap-4">
          <SegmentRules key={segment.revision} segment={segment} />
          <SegmentLists segment={segment} />
        </div>
        <Card title="Used by" flush>
          {segment.used_by.length === 0 ? (
            <p className="px-4 py-3 text-ink-2 text-sm">Nothing uses it yet.</p>
          ) : (
            <ul className="divide-y">
              {segment.used_by.map((use) =>
                "flag" in use ? (
                  <li key={`${use.flag} ${use.environment}`}>
                    <Link
                      href={href("/flag", { p: project.key, key: use.flag, env: use.environment })}
                      prefetch={false}
                      className="flex items-baseline justify-between gap-2 px-4 py-2 hover:bg-sunken"
                    >
                      <span className="min-w-0 break-all font-mono text-xs">{use.flag}</span>
                      <span className="shrink-0 text-ink-3 text-xs">
                        {environments.find((each) => each.key === use.environment)?.name ?? use.environment}
                      </span>
                    </Link>
                  </li>
                ) : (
                  <li key={use.segment}>
                    <Link
                      href={href("/segment", { p: project.key, key: use.segment })}
                      prefetch={false}
                      className="flex justify-between px-4 py-2 hover:bg-sunken"
                    >
                      <span className="font-mono text-xs">{use.segment}</span>
                      <span className="text-ink-3 text-xs">segment</span>
                    </Link>
                  </li>
                ),
              )}
            </ul>
          )}
        </Card>
      </div>
      {deleting ? (
        <Confirm
          title={`Delete ${segment.key}`}
          confirm="Delete the segment"
          onClose={() => setDeleting(false)}
          onConfirm={async () => {
            await remove.mutateAsync(segment.key);
            toast.success(`${segment.key} is deleted. The history can bring it back.`);
            router.push(href("/segments", { p: project.key }));
          }}
        >
          Nothing uses it. Its rules and lists stay in the history, where the deletion can be undone.
        </Confirm>
      ) : null}
    </div>
  );
}
