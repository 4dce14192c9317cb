"use client";
import { Flag, KeyRound, Plus, UsersRound } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import type { ReactNode } from "react";
import { ActivityItem } from "@/components/activity-item";
import { useConsole } from "@/components/console-context";
import { ServesChip } from "@/components/marks";
import { PageTitle } from "@/components/page-title";
import { ErrorState } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { SkeletonRows } from "@/components/ui/skeleton";
import { useNow } from "@/lib/now";
import { useWaitingForMe } from "@/lib/queries/change-requests";
import { useFlags } from "@/lib/queries/flags";
import { useHistory } from "@/lib/queries/history";
import { useKeys } from "@/lib/queries/keys";
import { useSegments } from "@/lib/queries/segments";
import { ago } from "@/lib/time";
import { href } from "@/lib/url";
import { FirstEvaluation } from "./_components/first-evaluation";

// Not a part of the first load: for most people nobody waits.
const WaitingForMe = dynamic(() => import("./_components/waiting-for-me").then((m) => m.WaitingForMe), { ssr: false });

export default function HomePage() {
  const { project, can, openCreateFlag } = useConsole();
  const waiting = useWaitingForMe(project.key).data?.total ?? 0;
  return (
    <div className="mx-auto w-full max-w-[1160px] px-4 pb-8 [&>div:first-child]:px-0">
      <PageTitle
        title="Home"
        action={
          can("editor") ? (
            <Button variant="primary" onClick={() => openCreateFlag()}>
              <Plus /> New flag
            </Button>
          ) : null
        }
      />
      <div className="grid items-start gap-4 pt-1 lg:grid-cols-[minmax(0,1fr)_380px]">
        <div className="flex min-w-0 flex-col gap-4">
          {waiting > 0 ? <WaitingForMe /> : null}
          <FirstEvaluation key={project.key} />
          <LatelyChanged />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Counts />
          <Recent />
        </div>
      </div>
    </div>
  );
}

function Counts() {
  const { project } = useConsole();
  const flags = useFlags(project.key).data?.items.filter((flag) => !flag.archived).length;
  const segments = useSegments(project.key).data?.items.length;
  const keys = useKeys(project.key).data?.items.filter((key) => !key.revoked_at).length;
  return (
    <nav aria-label="This project" className="grid grid-cols-3 gap-2">
      <Count to="/flags" icon={<Flag />} name="Flags" count={flags} />
      <Count to="/segments" icon={<UsersRound />} name="Segments" count={segments} />
      <Count to="/keys" icon={<KeyRound />} name="SDK keys" count={keys} />
    </nav>
  );
}

function Count({ to, icon, name, count }: { to: string; icon: ReactNode; name: string; count: number | undefined }) {
  const { project } = useConsole();
  return (
    <Link
      href={href(to, { p: project.key })}
      prefetch={false}
      className="rounded-lg border bg-raised px-3 py-2.5 hover:bg-hover"
    >
      <span className="flex items-center gap-1.5 text-ink-2 text-xs [&_svg]:size-3.5">
        {icon} {name}
      </span>
      <span className="font-semibold text-xl tabular-nums">
        {count === undefined ? "…" : count.toLocaleString("en")}
      </span>
    </Link>
  );
}

/** Flags that changed last, with what they serve now. */
function LatelyChanged() {
  const { project, environments } = useConsole();
  const flags = useFlags(project.key);
  const now = useNow();
  const environment = environments.find((each) => each.production) ?? environments[0];
  if (flags.error) return <ErrorState error={flags.error} what="the flags" retry={() => void flags.refetch()} />;
  if (!flags.data) return <SkeletonRows label="Loading flags" />;
  const items = flags.data.items
    .filter((flag) => !flag.archived)
    .toSorted((a, b) => (b.changed?.at ?? b.created_at) - (a.changed?.at ?? a.created_at))
    .slice(0, 8);
  if (items.length === 0 || !environment) return null;
  return (
    <Card
      flush
      title={`Lately changed, as served in ${environment.name}`}
      action={
        <Link
          href={href("/flags", { p: project.key, sort: "-changed" })}
          prefetch={false}
          className="text-accent text-xs hover:underline"
        >
          All flags
        </Link>
      }
    >
      <ul className="divide-y">
        {items.map((flag) => (
          <li key={flag.key} className="relative flex min-h-10 items-center gap-3 px-4 py-1.5 hover:bg-sunken">
            <Link
              href={href("/flag", { p: project.key, key: flag.key })}
              prefetch={false}
              className="min-w-0 flex-1 truncate font-mono text-xs before:absolute before:inset-0 before:content-['']"
            >
              {flag.key}
            </Link>
            <ServesChip
              serves={flag.environments[environment.key]?.serves ?? { kind: "off", text: "off" }}
              className="max-w-[45%]"
            />
            <span className="w-32 shrink-0 truncate text-right text-ink-3 text-xs max-sm:hidden">
              {flag.changed ? `${ago(flag.changed.at, now)} · ${flag.changed.actor}` : "new"}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Recent() {
  const { project } = useConsole();
  const history = useHistory(project.key, {}, 12);
  const items = history.data?.pages[0]?.items ?? [];
  return (
    <Card
      flush
      title="What happened"
      action={
        <Link
          href={href("/history", { p: project.key })}
          prefetch={false}
          className="text-accent text-xs hover:underline"
        >
          History
        </Link>
      }
    >
      {history.error ? (
        <ErrorState error={history.error} what="the history" retry={() => void history.refetch()} />
      ) : !history.data ? (
        <SkeletonRows label="Loading the history" count={4} />
      ) : items.length === 0 ? (
        <p className="px-4 py-3 text-ink-2 text-sm">Nothing yet.</p>
      ) : (
        <ol className="divide-y">
          {items.slice(0, 12).map((item) => (
            <ActivityItem key={item.rev} item={item} compact />
          ))}
        </ol>
      )}
    </Card>
  );
}
