"use client";
import { Plus, UsersRound } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useConsole } from "@/components/console-context";
import { NameAndKey, useNameAndKey } from "@/components/key-fields";
import { PageTitle } from "@/components/page-title";
import { EmptyState, ErrorState, FormError } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { SkeletonRows } from "@/components/ui/skeleton";
import { useCreateSegment, useSegments } from "@/lib/queries/segments";
import { href, useQuery } from "@/lib/url";

export default function SegmentsPage() {
  const { project, can } = useConsole();
  const query = useQuery();
  const segments = useSegments(project.key);
  const [creating, setCreating] = useState(false);
  const text = query.read("q").toLowerCase();
  const all = segments.data?.items ?? [];
  const shown = all.filter((segment) =>
    `${segment.key} ${segment.name} ${segment.description ?? ""}`.toLowerCase().includes(text),
  );
  const create = can("editor") ? (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus /> New segment
    </Button>
  ) : null;
  return (
    <div className="mx-auto w-full max-w-[1100px] pb-8">
      <PageTitle
        title="Segments"
        count={segments.data ? String(shown.length) : undefined}
        action={all.length > 0 ? create : null}
      />
      {all.length > 0 ? (
        <search className="px-4 pb-3">
          <Input
            data-search
            type="search"
            aria-label="Search segments"
            placeholder="Search"
            className="max-w-sm"
            value={query.read("q")}
            onChange={(event) => query.set({ q: event.target.value })}
          />
        </search>
      ) : null}
      {segments.error ? (
        <ErrorState error={segments.error} what="the segments" retry={() => void segments.refetch()} />
      ) : !segments.data ? (
        <SkeletonRows label="Loading segments" />
      ) : shown.length === 0 ? (
        all.length > 0 ? (
          <EmptyState
            title={`No segment matches “${query.read("q")}”`}
            action={<Button onClick={() => query.set({ q: null })}>Clear</Button>}
          />
        ) : (
          <EmptyState icon={<UsersRound />} title="No segments yet" action={create}>
            A segment is a named set of users or accounts that many flags can aim at: beta testers, employees, one big
            customer.
          </EmptyState>
        )
      ) : (
        <div className="mx-4 rounded-lg border bg-raised">
          <SimpleTable label="Segments" head={["Segment", "Who is in it", "Lists", "Used by"]}>
            {shown.map((segment) => (
              <tr key={segment.key} className="relative hover:bg-sunken">
                <td className="whitespace-nowrap">
                  <Link
                    href={href("/segment", { p: project.key, key: segment.key })}
                    prefetch={false}
                    data-skip-target={segment === shown[0] ? "" : undefined}
                    className="before:absolute before:inset-0 before:content-['']"
                  >
                    <span className="block font-mono text-xs">{segment.key}</span>
                    <span className="text-ink-3 text-xs">{segment.name}</span>
                  </Link>
                </td>
                <td className="min-w-52 text-ink-2 max-sm:w-full">{segment.text}</td>
                <td className="whitespace-nowrap text-ink-2 text-xs tabular-nums">
                  {segment.included_count > 0 ? `+ ${segment.included_count.toLocaleString("en")}` : ""}
                  {segment.excluded_count > 0 ? ` − ${segment.excluded_count.toLocaleString("en")}` : ""}
                  {segment.included_count + segment.excluded_count === 0 ? "–" : ""}
                </td>
                <td className="whitespace-nowrap text-ink-2 text-xs">
                  {usedBy(new Set(segment.used_by.map((use) => ("flag" in use ? use.flag : use.segment))).size)}
                </td>
              </tr>
            ))}
          </SimpleTable>
        </div>
      )}
      {creating ? (
        <CreateSegment onClose={() => setCreating(false)} taken={new Set(all.map((segment) => segment.key))} />
      ) : null}
    </div>
  );
}

const usedBy = (count: number) => (count === 0 ? "nothing" : count === 1 ? "1 flag" : `${count} flags`);

function CreateSegment({ onClose, taken }: { onClose: () => void; taken: Set<string> }) {
  const { project } = useConsole();
  const router = useRouter();
  const create = useCreateSegment(project.key);
  const state = useNameAndKey();
  const [contextKind, setContextKind] = useState("user");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (state.problem || state.key === "" || taken.has(state.key)) return;
    create.mutate(
      { key: state.key, name: state.name.trim() || state.key, context_kind: contextKind.trim() || "user" },
      {
        onSuccess: () => {
          onClose();
          router.push(href("/segment", { p: project.key, key: state.key }));
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="New segment"
      description="Empty until you give it rules or members."
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <NameAndKey state={state} placeholder="Beta testers" taken={taken.has(state.key) || undefined} />
        <Field label="Its lists hold keys of" hint="user, account, device … or a context kind of your own.">
          {(props) => (
            <Input
              {...props}
              value={contextKind}
              onChange={(event) => setContextKind(event.target.value)}
              className="font-mono text-xs"
            />
          )}
        </Field>
        <FormError error={create.error} />
        <Button type="submit" variant="primary" className="self-end" disabled={create.isPending}>
          Create segment
        </Button>
      </form>
    </Dialog>
  );
}
