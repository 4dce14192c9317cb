"use client";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { Confirm } from "@/components/confirm";
import { useConsole } from "@/components/console-context";
import { ErrorState } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Input } from "@/components/ui/field";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { Policy } from "@/lib/api/control";
import { policySentences } from "@/lib/control-words";
import { useDeletePolicy, usePolicies } from "@/lib/queries/policies";
import { toast } from "@/lib/toast";

const PolicyEditor = dynamic(() => import("./policy-editor").then((m) => m.PolicyEditor), { ssr: false });

/** What changes of this project must keep to. */
export function PoliciesCard() {
  const { project, session } = useConsole();
  const [search, setSearch] = useState("");
  const policies = usePolicies(project.key, search);
  const remove = useDeletePolicy(project.key);
  const [editing, setEditing] = useState<Policy | "new" | null>(null);
  const [deleting, setDeleting] = useState<Policy | null>(null);
  const items = policies.data?.pages.flatMap((page) => page.items) ?? [];
  const total = policies.data?.pages[0]?.total ?? 0;
  const writes = session.permissions.includes("policy.manage");
  return (
    <Card
      flush
      title="Policies"
      action={
        <>
          {total > 8 || search ? (
            <Input
              type="search"
              aria-label="Search policies"
              placeholder="Search"
              className="h-7 w-40"
              value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
          ) : null}
          {writes ? (
            <Button size="sm" onClick={() => setEditing("new")}>
              <Plus /> New policy
            </Button>
          ) : null}
        </>
      }
    >
      {policies.error ? (
        <ErrorState error={policies.error} what="the policies" retry={() => void policies.refetch()} />
      ) : !policies.data ? (
        <SkeletonRows label="Loading policies" count={2} />
      ) : items.length === 0 ? (
        <p className="px-4 py-3 text-ink-2 text-sm">
          {search
            ? `No policy matches “${search}”.`
            : "No policies: whoever may change a flag changes it at once. A policy asks for approvals, freezes times, or limits how large a step may be."}
        </p>
      ) : (
        <ul className="divide-y">
          {items.map((policy) => (
            <li key={policy.key} className="flex flex-wrap items-start gap-x-3 gap-y-1 px-4 py-2.5">
              <div className="min-w-0 flex-1 basis-64">
                <p className="flex flex-wrap items-center gap-2 font-medium text-sm">
                  {policy.name} <code className="font-normal font-mono text-ink-3 text-xs">{policy.key}</code>
                </p>
                {policy.description ? <p className="text-ink-2 text-xs">{policy.description}</p> : null}
                <ul className="mt-1 flex list-disc flex-col pl-4 text-ink-2 text-xs">
                  {policySentences(policy).map((sentence) => (
                    <li key={sentence}>{sentence}</li>
                  ))}
                </ul>
                <p className="mt-1 flex flex-wrap items-center gap-1.5 text-ink-3 text-xs">
                  {policy.holds_in.length > 0 ? "in" : "in no environment now"}
                  {policy.holds_in.map((key) => (
                    <Badge key={key} tone="outline">
                      {key}
                    </Badge>
                  ))}
                  {policy.flags ? (
                    <>
                      for flags with
                      {policy.flags.tags.map((tag) => (
                        <Badge key={tag}>{tag}</Badge>
                      ))}
                    </>
                  ) : null}
                </p>
              </div>
              {writes ? (
                <span className="flex gap-1">
                  <Button
                    size="sm"
                    variant="ghost"
                    aria-label={`Edit the policy ${policy.name}`}
                    onClick={() => setEditing(policy)}
                  >
                    Edit
                  </Button>
                  <Button
                    size="sm"
                    variant="ghost"
                    className="text-bad"
                    aria-label={`Delete the policy ${policy.name}`}
                    onClick={() => setDeleting(policy)}
                  >
                    Delete
                  </Button>
                </span>
              ) : null}
            </li>
          ))}
        </ul>
      )}
      {policies.hasNextPage ? (
        <div className="flex justify-center border-t py-2">
          <Button size="sm" disabled={policies.isFetchingNextPage} onClick={() => void policies.fetchNextPage()}>
            Show more policies
          </Button>
        </div>
      ) : null}
      {editing ? (
        <PolicyEditor existing={editing === "new" ? undefined : editing} onClose={() => setEditing(null)} />
      ) : null}
      {deleting ? (
        <Confirm
          title={`Delete ${deleting.name}`}
          confirm="Delete the policy"
          onClose={() => setDeleting(null)}
          onConfirm={async () => {
            await remove.mutateAsync(deleting);
            toast.success(`${deleting.name} is deleted.`);
          }}
        >
          <p>
            From then on it asks for nothing. Deleting it needs what it asks for itself, as any other change. The
            history keeps it.
          </p>
        </Confirm>
      ) : null}
    </Card>
  );
}
