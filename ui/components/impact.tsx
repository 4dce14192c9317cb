"use client";
import { ArrowRight } from "lucide-react";
import { useId } from "react";
import type { Configuration, Environment } from "@/lib/api/types";
import { type Impact as Found, impactOf } from "@/lib/impact";
import { useDayCounts } from "@/lib/queries/flags";
import { useConsole } from "./console-context";
import { Skeleton } from "./ui/skeleton";

/** What a change of what a flag serves would have done to the evaluations of the last 24 hours. */
export function Impact({
  flag,
  environment,
  before,
  after,
}: {
  flag: string;
  environment: Environment;
  before: Configuration;
  after: Configuration;
}) {
  const { project } = useConsole();
  const counts = useDayCounts(project.key, environment.key, flag);
  const title = useId();
  return (
    <div
      role="group"
      aria-labelledby={title}
      data-slot="impact"
      className="flex flex-col gap-1.5 rounded-md border px-3 py-2"
    >
      <p id={title} className="font-medium text-ink-2 text-xs">
        Impact, by the last 24 h
      </p>
      {counts.data ? (
        <Told impact={impactOf(before, after, counts.data.items)} environment={environment} />
      ) : counts.error ? (
        <p className="text-ink-2 text-sm">Not known: the counts of evaluations could not be loaded.</p>
      ) : (
        <Skeleton className="w-3/5" />
      )}
    </div>
  );
}

const number = (count: number) => count.toLocaleString("en");

function Told({ impact, environment }: { impact: Found | null; environment: Environment }) {
  if (!impact)
    return (
      <p className="text-ink-2 text-sm">
        Nobody has asked for this flag in {environment.name}: there is no traffic to judge from.
      </p>
    );
  const { total, changed, sure, moves } = impact;
  if (sure === "at most")
    return (
      <p className="text-sm">
        Up to <b className="font-semibold tabular-nums">{number(changed)}</b> of {number(total)} evaluations would get
        another variant.{" "}
        <span className="text-ink-2">
          How many is not known: it depends on contexts, and only the number of evaluations is kept.
        </span>
      </p>
    );
  if (changed === 0) return <p className="text-sm">None of {number(total)} evaluations would get another variant.</p>;
  const about = sure === "about" ? "About " : "";
  return (
    <>
      <p className="text-sm">
        {about}
        <b className="font-semibold tabular-nums">
          {changed === total && sure === "exactly" ? `All ${number(total)}` : `${number(changed)} of ${number(total)}`}
        </b>{" "}
        evaluations would get another variant.
      </p>
      <div aria-hidden className="h-1.5 overflow-hidden rounded-full bg-off-tint">
        <div className="h-full rounded-full bg-accent" style={{ width: `${Math.max(1, (changed / total) * 100)}%` }} />
      </div>
      <ul className="flex flex-col gap-0.5 text-ink-2 text-xs">
        {moves.map(({ from, to, count }) => (
          <li key={`${from} ${to}`} className="flex items-center gap-1.5">
            <span className="min-w-0 truncate">{from}</span>
            <ArrowRight aria-hidden className="size-3 shrink-0 text-ink-3" />
            <span className="sr-only">to</span>
            <span className="min-w-0 truncate font-medium text-ink">{to}</span>
            <span className="ml-auto shrink-0 tabular-nums">
              {number(count)} · {((count / total) * 100).toFixed(1)} %
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
