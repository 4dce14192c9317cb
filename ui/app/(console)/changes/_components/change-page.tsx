"use client";
import { ArrowLeft } from "lucide-react";
import Link from "next/link";
import { type FormEvent, useEffect, useState } from "react";
import { useConsole } from "@/components/console-context";
import { StateBadge } from "@/components/control/change-row";
import { VerdictWords } from "@/components/control/verdict";
import { ErrorState, FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input, Textarea } from "@/components/ui/field";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { ChangeRequest } from "@/lib/api/control";
import { isOver, touchesText } from "@/lib/control-words";
import { useNow } from "@/lib/now";
import { useActOnChangeRequest, useChangeRequest } from "@/lib/queries/change-requests";
import { ago, instant } from "@/lib/time";
import { href } from "@/lib/url";
import { Approvals, Facts } from "./approvals";
import { ChangeActions } from "./change-actions";
import { Conflicts } from "./conflicts";
import { Discussion } from "./discussion";
import { Entries } from "./entries";

export function ChangePage({ id }: { id: string }) {
  const { project } = useConsole();
  const request = useChangeRequest(project.key, id);
  if (request.data) return <Loaded request={request.data} />;
  if (request.error)
    return (
      <ErrorState error={request.error} what="this change request" heading="h1" retry={() => void request.refetch()} />
    );
  return <SkeletonRows label="Loading the change request" />;
}

function Loaded({ request }: { request: ChangeRequest }) {
  const { project } = useConsole();
  const over = isOver(request);
  return (
    <div className="mx-auto w-full max-w-[1160px] px-4 pb-8">
      <Link
        href={href("/changes", { p: project.key })}
        prefetch={false}
        className="mt-3 inline-flex items-center gap-1 text-ink-2 text-xs hover:underline"
      >
        <ArrowLeft aria-hidden className="size-3.5" /> Changes
      </Link>
      <Head request={request} />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
        <div className="flex min-w-0 flex-col gap-4 max-lg:contents">
          {request.moved.length > 0 && !over ? <Conflicts key={request.hash} request={request} /> : null}
          <Entries request={request} />
          {over ? null : (
            <Card title="What the policies say">
              <VerdictWords verdict={request.verdict} />
            </Card>
          )}
          <div className="max-lg:order-last">
            <Discussion request={request} />
          </div>
        </div>
        <div className="flex min-w-0 flex-col gap-4 max-lg:contents">
          <div className="max-lg:-order-1">
            <ChangeActions request={request} />
          </div>
          <Approvals request={request} />
          <Facts request={request} />
        </div>
      </div>
    </div>
  );
}

function Head({ request }: { request: ChangeRequest }) {
  const { session } = useConsole();
  const now = useNow();
  const [editing, setEditing] = useState(false);
  const title = request.title || touchesText(request.touches);
  useEffect(() => {
    document.title = `${title} · Yardarm`;
  }, [title]);
  if (editing) return <Describe request={request} onClose={() => setEditing(false)} />;
  return (
    <header className="flex flex-wrap items-start gap-3 pt-1 pb-4">
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-2">
          <h1 className="break-words font-semibold text-xl">{title}</h1>
          <StateBadge item={request} />
        </div>
        <p className="text-ink-3 text-xs">
          by {request.author.name}, <span title={instant(request.created_at)}>{ago(request.created_at, now)}</span>
        </p>
        {request.description ? (
          <p className="mt-1 max-w-prose whitespace-pre-wrap text-ink-2 text-sm">{request.description}</p>
        ) : null}
      </div>
      {request.editors.includes(session.user.id) && !isOver(request) ? (
        <Button size="sm" variant="ghost" onClick={() => setEditing(true)}>
          Edit title
        </Button>
      ) : null}
    </header>
  );
}

function Describe({ request, onClose }: { request: ChangeRequest; onClose: () => void }) {
  const { project } = useConsole();
  const act = useActOnChangeRequest(project.key, request.id);
  const [title, setTitle] = useState(request.title);
  const [description, setDescription] = useState(request.description);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    act.mutate({ act: "describe", title: title.trim(), description }, { onSuccess: onClose });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3 py-4">
      <h1 className="sr-only">{request.title}</h1>
      <Field label="Title">
        {(props) => (
          <Input {...props} required maxLength={200} value={title} onChange={(event) => setTitle(event.target.value)} />
        )}
      </Field>
      <Field label="Description" hint="Why it is asked for.">
        {(props) => (
          <Textarea {...props} rows={3} value={description} onChange={(event) => setDescription(event.target.value)} />
        )}
      </Field>
      <FormError error={act.error} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={act.isPending}>
          Save the title
        </Button>
      </div>
    </form>
  );
}
