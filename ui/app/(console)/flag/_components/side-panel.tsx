"use client";
import Link from "next/link";
import { ActivityItem } from "@/components/activity-item";
import { useConsole } from "@/components/console-context";
import { Card } from "@/components/ui/card";
import type { Environment, Flag } from "@/lib/api/types";
import { CODE_DEFAULT } from "@/lib/impact";
import { useDayCounts } from "@/lib/queries/flags";
import { useHistory } from "@/lib/queries/history";
import { href, useQuery } from "@/lib/url";
import { WhoGetsWhat } from "./who-gets-what";

export function SidePanel({ flag, environment }: { flag: Flag; environment: Environment }) {
  const { project } = useConsole();
  const query = useQuery();
  const history = useHistory(project.key, { flag: flag.key }, 4);
  const items = history.data?.pages[0]?.items.slice(0, 4) ?? [];
  const needs = flag.needs ?? [];
  const neededBy = flag.needed_by ?? [];
  return (
    <aside aria-label="About this flag" className="flex min-w-0 flex-col gap-4">
      <WhoGetsWhat key={environment.key} flag={flag} environment={environment} />
      <Traffic flag={flag} environment={environment} />
      {needs.length > 0 || neededBy.length > 0 ? (
        <Card title="Depends">
          <dl className="flex flex-col gap-2 text-sm">
            <FlagLinks name="Needs" keys={needs} />
            <FlagLinks name="Needed by" keys={neededBy} />
          </dl>
        </Card>
      ) : null}
      <Card
        flush
        title="Last changes"
        action={
          <button
            type="button"
            className="rounded-sm text-accent text-xs hover:underline"
            onClick={() => query.set({ tab: "activity" }, "push")}
          >
            All
          </button>
        }
      >
        {items.length > 0 ? (
          <ol className="-mx-px divide-y">
            {items.map((item) => (
              <ActivityItem key={item.rev} item={item} compact />
            ))}
          </ol>
        ) : (
          <p className="px-4 py-3 text-ink-2 text-sm">{history.isPending ? "…" : "Nothing has changed yet."}</p>
        )}
      </Card>
    </aside>
  );
}

function FlagLinks({ name, keys }: { name: string; keys: string[] }) {
  const { project } = useConsole();
  if (keys.length === 0) return null;
  return (
    <div className="flex gap-2">
      <dt className="w-20 shrink-0 text-ink-3 text-xs leading-5">{name}</dt>
      <dd className="flex min-w-0 flex-wrap gap-x-2">
        {keys.map((key) => (
          <Link
            key={key}
            href={href("/flag", { p: project.key, key })}
            prefetch={false}
            className="break-all font-mono text-accent text-xs hover:underline"
          >
            {key}
          </Link>
        ))}
      </dd>
    </div>
  );
}

const BARS = ["bg-env-1", "bg-env-3", "bg-env-5", "bg-env-4", "bg-env-2", "bg-env-6"];

/** What was really served in the last 24 hours, counted by SDKs and by this server. */
function Traffic({ flag, environment }: { flag: Flag; environment: Environment }) {
  const { project } = useConsole();
  const counts = useDayCounts(project.key, environment.key, flag.key);
  const byVariant = new Map<string, number>();
  for (const count of counts.data?.items ?? []) {
    const name = count.variant || CODE_DEFAULT;
    byVariant.set(name, (byVariant.get(name) ?? 0) + count.count);
  }
  const total = [...byVariant.values()].reduce((sum, count) => sum + count, 0);
  const rows = [...byVariant].sort((a, b) => b[1] - a[1]);
  if (counts.error) return null;
  return (
    <Card title="Evaluations, 24 h">
      {total === 0 ? (
        <p className="text-ink-2 text-sm">
          {counts.isPending ? "…" : `Nobody has asked for it in ${environment.name} yet.`}
        </p>
      ) : (
        <ul className="flex flex-col gap-2">
          {rows.map(([variant, count], i) => (
            <li key={variant}>
              <div className="mb-0.5 flex justify-between gap-2 text-xs">
                <span className="truncate">{variant}</span>
                <span className="text-ink-2 tabular-nums">
                  {count.toLocaleString("en")} · {((count / total) * 100).toFixed(1)} %
                </span>
              </div>
              <div aria-hidden className="h-1.5 rounded-full bg-off-tint">
                <div
                  className={`h-full rounded-full ${BARS[i % BARS.length]}`}
                  style={{ width: `${(count / total) * 100}%` }}
                />
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
