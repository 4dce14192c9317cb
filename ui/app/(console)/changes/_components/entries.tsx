"use client";
import { useConsole } from "@/components/console-context";
import { DifferenceTabs } from "@/components/difference-tabs";
import { Impact } from "@/components/impact";
import { EnvBadge } from "@/components/marks";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import type { ChangeRequest, PlanEntry } from "@/lib/api/control";
import type { Configuration, Environment, HistoryEntry, Json } from "@/lib/api/types";
import { entryChanges, withChanges } from "@/lib/control-diff";
import { isOver, placeName, touchesText } from "@/lib/control-words";
import { useConfiguration } from "@/lib/queries/flags";
import { useHistoryEntry } from "@/lib/queries/history";

/** Each asks the server twice. */
const MOST_JUDGED = 10;

/** What it would do, document by document, in words and as JSON. */
export function Entries({ request }: { request: ChangeRequest }) {
  const { project } = useConsole();
  const revision = request.outcome?.revision ?? 0;
  const applied = useHistoryEntry(project.key, revision, revision > 0);
  // Once it is over the request no longer says what it would do; the revision that it became says what it did.
  const entries = revision > 0 ? (applied.data?.documents ?? []).flatMap(entryOf) : request.entries;
  // What it would do to the traffic can be said while it would do it to the project as it is.
  const judged =
    isOver(request) || request.moved.length > 0
      ? []
      : entries.filter(({ kind, changes }) => kind === "configuration" && changes.length > 0);
  const foreseen = new Set(judged.slice(0, MOST_JUDGED));
  if (revision > 0 && applied.isPending)
    return (
      <Card title="What it did">
        <Skeleton className="h-16" />
      </Card>
    );
  return (
    <Card title={revision > 0 ? "What it did" : isOver(request) ? "What it was about" : "What it does"}>
      {entries.length > 0 ? (
        <div className="flex flex-col gap-5">
          {entries.map((entry) => (
            <Entry key={`${entry.kind} ${entry.key}`} entry={entry} foreseen={foreseen.has(entry)} />
          ))}
          {judged.length > foreseen.size ? (
            <p className="text-ink-3 text-xs">The impact is shown for the first {foreseen.size} of them.</p>
          ) : null}
        </div>
      ) : (
        <p className="text-ink-2 text-sm">
          {isOver(request) ? `${touchesText(request.touches)}.` : "Nothing: the project is so already."}
        </p>
      )}
    </Card>
  );
}

/** A document of a revision as an entry of a plan: the whole of both sides. */
function entryOf({ kind, key, before, after }: HistoryEntry["documents"][number]): PlanEntry[] {
  if (kind === "change_request") return [];
  const action = before === null ? "create" : after === null ? "remove" : "update";
  const changes = [{ pointer: "", before, after }];
  return [{ kind, key, action, production: false, changes, lists: [], sentences: [], effects: [] }];
}

const ACTIONS = {
  create: ["ok", "new"],
  update: null,
  archive: ["bad", "archived"],
  restore: ["ok", "restored"],
  remove: ["bad", "removed"],
} as const;

function Entry({ entry, foreseen }: { entry: PlanEntry; foreseen: boolean }) {
  const { environments } = useConsole();
  const environment = environments.find(
    (each) => entry.kind === "configuration" && entry.key.startsWith(`${each.key}/`),
  );
  // What a flag serves is there from the start, whether or not it was ever written.
  const action = environment && entry.action === "create" ? null : ACTIONS[entry.action];
  const whole = entry.changes.length === 1 && entry.changes[0]?.pointer === "";
  const side = (pick: "before" | "after"): Json =>
    whole
      ? (entry.changes[0]?.[pick] ?? null)
      : Object.fromEntries(entry.changes.map((change) => [change.pointer, change[pick]]));
  const name = placeName(entry);
  return (
    <section aria-label={name}>
      <h3 className="mb-2 flex flex-wrap items-center gap-2 font-medium text-sm">
        <span className="break-all font-mono text-xs">
          {environment ? entry.key.slice(environment.key.length + 1) : name}
        </span>
        {environment ? (
          <span className="flex items-center gap-1.5 text-xs">
            in <EnvBadge environment={environment} />
          </span>
        ) : null}
        {action ? <Badge tone={action[0]}>{action[1]}</Badge> : null}
      </h3>
      <DifferenceTabs small changes={entryChanges(entry)} before={side("before")} after={side("after")} />
      {foreseen && environment ? (
        <EntryImpact entry={entry} flag={entry.key.slice(environment.key.length + 1)} environment={environment} />
      ) : null}
      {entry.effects.length > 0 ? (
        <ul className="mt-2 flex flex-col gap-0.5 text-ink-2 text-xs">
          {entry.effects.map((effect) => (
            <li key={effect}>{effect}</li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

/** By what is served now; a flag that the request makes has not been asked for, and says nothing. */
function EntryImpact({ entry, flag, environment }: { entry: PlanEntry; flag: string; environment: Environment }) {
  const { project } = useConsole();
  const now = useConfiguration(project.key, flag, environment.key).data;
  if (!now) return null;
  const after = withChanges(now as unknown as Json, entry.changes) as unknown as Configuration;
  return (
    <div className="mt-2">
      <Impact flag={flag} environment={environment} before={now} after={after} />
    </div>
  );
}
