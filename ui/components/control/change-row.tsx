"use client";
import { CalendarClock, GitCompareArrows } from "lucide-react";
import Link from "next/link";
import type { ChangeRequestItem } from "@/lib/api/control";
import { approvalsText, isOver, STATES, touchesText } from "@/lib/control-words";
import { useNow } from "@/lib/now";
import { ago, instant } from "@/lib/time";
import { href } from "@/lib/url";
import { fromNow, instantIn } from "@/lib/zones";
import { useConsole } from "../console-context";
import { Badge } from "../ui/badge";

export function StateBadge({ item }: { item: ChangeRequestItem }) {
  const stuck = item.state === "open" && item.moved.length > 0;
  const { text, tone } = stuck ? { text: "Needs a rebase", tone: "warn" as const } : STATES[item.state];
  return (
    <Badge tone={tone} className="shrink-0">
      {text}
    </Badge>
  );
}

/** A change request in a list: what it does, where, by whom, whose consent it has, when it happens, whether it moved. */
export function ChangeRow({ item }: { item: ChangeRequestItem }) {
  const { project } = useConsole();
  const now = useNow();
  const { schedule, moved } = item;
  return (
    <li className="relative flex flex-col gap-0.5 px-4 py-2.5 hover:bg-sunken">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Link
          href={href("/changes", { p: project.key, id: item.id })}
          prefetch={false}
          className="min-w-0 break-words font-medium text-sm before:absolute before:inset-0 before:content-['']"
        >
          {item.title || touchesText(item.touches)}
        </Link>
        <StateBadge item={item} />
        {moved.length > 0 ? (
          <Badge tone="warn" title={`Changed since: ${touchesText(moved)}`}>
            <GitCompareArrows aria-hidden /> moved
          </Badge>
        ) : null}
      </div>
      <p className="break-words text-ink-2 text-xs">
        <span className="font-mono">{touchesText(item.touches) || "nothing yet"}</span>
      </p>
      <p className="flex flex-wrap items-center gap-x-1.5 text-ink-3 text-xs">
        <span>by {item.author.name}</span>
        <span aria-hidden>·</span>
        <span title={instant(item.created_at)}>{ago(item.created_at, now)}</span>
        {isOver(item) || item.state === "draft" ? null : (
          <>
            <span aria-hidden>·</span>
            <span>{approvalsText(item.needed)}</span>
          </>
        )}
        {schedule && !isOver(item) ? (
          <>
            <span aria-hidden>·</span>
            <span className="inline-flex items-center gap-1 text-ink-2">
              <CalendarClock aria-hidden className="size-3.5" />
              applies {instantIn(schedule.instant, schedule.zone)} ({fromNow(schedule.instant, now)})
            </span>
          </>
        ) : null}
      </p>
    </li>
  );
}
