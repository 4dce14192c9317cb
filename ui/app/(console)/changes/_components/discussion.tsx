"use client";
import { type FormEvent, useState } from "react";
import { useConsole } from "@/components/console-context";
import { FormError } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Textarea } from "@/components/ui/field";
import type { ChangeRequest } from "@/lib/api/control";
import { useNow } from "@/lib/now";
import { useActOnChangeRequest } from "@/lib/queries/change-requests";
import { ago, instant } from "@/lib/time";

/** What people said, oldest first. */
export function Discussion({ request }: { request: ChangeRequest }) {
  const { project, session } = useConsole();
  const act = useActOnChangeRequest(project.key, request.id);
  const now = useNow();
  const [text, setText] = useState("");
  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (text.trim() === "" || act.isPending) return;
    act.mutate({ act: "comments", text: text.trim() }, { onSuccess: () => setText("") });
  };
  return (
    <Card title="Discussion">
      <div className="flex flex-col gap-3">
        {request.comments.length === 0 ? <p className="text-ink-2 text-sm">Nobody has said anything yet.</p> : null}
        <ol className="flex flex-col gap-3">
          {request.comments.map((comment, i) => (
            <li key={i} className="text-sm">
              <p className="flex flex-wrap items-center gap-2 text-xs">
                <b className="font-medium">{comment.by.name}</b>
                {comment.remark === "rejection" ? <Badge tone="bad">asked for changes</Badge> : null}
                <span className="text-ink-3" title={instant(comment.at)}>
                  {ago(comment.at, now)}
                </span>
              </p>
              <p className="whitespace-pre-wrap break-words text-ink-2">{comment.text}</p>
            </li>
          ))}
        </ol>
        {session.permissions.includes("change_request.create") ? (
          <form onSubmit={send} className="flex flex-col gap-2">
            <Textarea
              aria-label="Comment"
              placeholder="Say something about it"
              maxLength={4000}
              rows={2}
              value={text}
              onChange={(event) => setText(event.target.value)}
              onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && send()}
            />
            <FormError error={act.error} />
            <Button type="submit" className="self-end" disabled={text.trim() === "" || act.isPending}>
              Comment
            </Button>
          </form>
        ) : null}
      </div>
    </Card>
  );
}
