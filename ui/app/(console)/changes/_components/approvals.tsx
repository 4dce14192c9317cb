"use client";
import { Check, CircleSlash } from "lucide-react";
import { Card } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import type { ChangeRequest } from "@/lib/api/control";
import { isOver, requirementText, STATES, whoMay } from "@/lib/control-words";
import { useNow } from "@/lib/now";
import { useMembers } from "@/lib/queries/people";
import { ago, instant } from "@/lib/time";
import { fromNow, instantIn } from "@/lib/zones";

const short = (hash: string) => hash.replace(/^\w+:/, "").slice(0, 8);

/** Whose consent policies want, whose is there, and to what: an approval is of one content. */
export function Approvals({ request }: { request: ChangeRequest }) {
  const now = useNow();
  const members = useMembers().data?.items ?? [];
  const nameOf = (id: string) =>
    request.approvals.find(({ by }) => by.id === id)?.by.name ??
    members.find(({ user }) => user.id === id)?.user.name ??
    id;
  return (
    <Card title="Approvals">
      <div className="flex flex-col gap-3 text-sm">
        {request.needed.length === 0 && (!isOver(request) || request.approvals.length === 0) ? (
          <p className="text-ink-2">{isOver(request) ? "Nobody approved it." : "No policy wants approval for this."}</p>
        ) : null}
        {request.needed.map((needed) => (
          <div key={needed.policy}>
            <p className="flex items-baseline justify-between gap-2 font-medium">
              {needed.name}
              <span className="shrink-0 tabular-nums">
                {Math.min(needed.given.length, needed.required)} of {needed.required}
              </span>
            </p>
            <p className="text-ink-2 text-xs">
              {needed.given.length >= needed.required
                ? `Given by ${needed.given.map(nameOf).join(", ")}.`
                : `${requirementText(needed)}. Still wanted: ${needed.required - needed.given.length}, from ${whoMay(needed)}.`}
            </p>
          </div>
        ))}
        {request.approvals.length > 0 ? (
          <ul className="flex flex-col gap-2 not-first:border-t not-first:pt-3">
            {request.approvals.map((approval) => (
              <li key={`${approval.by.id} ${approval.at}`} className="flex items-start gap-2">
                {approval.void === null ? (
                  <Check aria-hidden className="mt-0.5 size-4 shrink-0 text-ok" />
                ) : (
                  <CircleSlash aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
                )}
                <div className="min-w-0">
                  <p>
                    <b className="font-medium">{approval.by.name}</b> approved{" "}
                    <code className="font-mono text-xs" title={approval.hash}>
                      {short(approval.hash)}
                    </code>{" "}
                    <span className="text-ink-3 text-xs" title={instant(approval.at)}>
                      {ago(approval.at, now)}
                    </span>
                  </p>
                  {approval.comment ? <p className="break-words text-ink-2 text-xs">“{approval.comment}”</p> : null}
                  {approval.void === null ? null : (
                    <p className="text-warn text-xs">Counts no more: {approval.void}.</p>
                  )}
                </div>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    </Card>
  );
}

export function Facts({ request }: { request: ChangeRequest }) {
  const { schedule, outcome } = request;
  const now = useNow();
  return (
    <Card title="Facts">
      <dl className="grid grid-cols-[84px_minmax(0,1fr)] gap-x-2 gap-y-1.5 text-sm [&_dt]:pt-0.5 [&_dt]:text-ink-3 [&_dt]:text-xs">
        {schedule ? (
          <>
            <dt>Applies</dt>
            <dd>
              {instantIn(schedule.instant, schedule.zone)}
              <span className="block text-ink-3 text-xs">
                {schedule.at.replace("T", " ")}, {schedule.zone}; {fromNow(schedule.instant, now)}, in the name of{" "}
                {schedule.by.name}. Not later than {Math.round(schedule.grace_seconds / 360) / 10} h after that.
              </span>
            </dd>
          </>
        ) : null}
        {outcome ? (
          <>
            <dt>Outcome</dt>
            <dd className="break-words">
              {outcome.reason || STATES[request.state].text} by {outcome.by.name}, {instant(outcome.at)}
              {outcome.revision ? `, revision ${outcome.revision}` : ""}
            </dd>
          </>
        ) : null}
        <dt>Content</dt>
        <dd className="-my-1 flex items-center gap-1">
          <code className="font-mono text-xs" title={request.hash}>
            {short(request.hash)}
          </code>
          <CopyButton text={request.hash} label="Copy the hash" />
        </dd>
        <dt>Asked</dt>
        <dd>
          {request.author.name}, {instant(request.created_at)}
        </dd>
        <dt>Id</dt>
        <dd className="break-all pt-0.5 font-mono text-xs">{request.id}</dd>
      </dl>
    </Card>
  );
}
