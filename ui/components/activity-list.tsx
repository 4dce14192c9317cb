"use client";
import { History } from "lucide-react";
import type { HistoryItem } from "@/lib/api/types";
import { useNow } from "@/lib/now";
import { type HistoryFilter, useHistory } from "@/lib/queries/history";
import { dayHeading } from "@/lib/time";
import { ActivityItem } from "./activity-item";
import { useConsole } from "./console-context";
import { EmptyState, ErrorState } from "./states";
import { Button } from "./ui/button";
import { SkeletonRows } from "./ui/skeleton";

/** A history by days, newest first. */
export function ActivityList({ filter, empty }: { filter: HistoryFilter; empty: string }) {
  const { project } = useConsole();
  const now = useNow();
  const history = useHistory(project.key, filter);
  if (history.error)
    return <ErrorState error={history.error} what="the history" retry={() => void history.refetch()} />;
  if (!history.data) return <SkeletonRows label="Loading the history" count={8} />;
  const items = history.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <EmptyState icon={<History />} title={empty} />;
  const days: { name: string; items: HistoryItem[] }[] = [];
  for (const item of items) {
    const name = dayHeading(item.at, now);
    const last = days.at(-1);
    if (last?.name === name) last.items.push(item);
    else days.push({ name, items: [item] });
  }
  return (
    <div className="flex flex-col gap-4">
      {days.map((day) => (
        <section key={day.name}>
          <h2 className="mb-1.5 font-medium text-ink-3 text-xs">{day.name}</h2>
          <ol className="divide-y rounded-lg border bg-raised">
            {day.items.map((item) => (
              <ActivityItem key={item.rev} item={item} />
            ))}
          </ol>
        </section>
      ))}
      {history.hasNextPage ? (
        <Button
          className="self-center"
          disabled={history.isFetchingNextPage}
          onClick={() => void history.fetchNextPage()}
        >
          {history.isFetchingNextPage ? "Loading…" : "Show older changes"}
        </Button>
      ) : null}
    </div>
  );
}
