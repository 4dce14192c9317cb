"use client";
import { useConsole } from "@/components/console-context";
import { JsonDiff, SentenceDiff } from "@/components/differences";
import { EnvBadge } from "@/components/marks";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Tab, TabList, TabPanel, Tabs } from "@/components/ui/tabs";
import type { ChangeRequest, PlanEntry } from "@/lib/api/control";
import type { Json } from "@/lib/api/types";
import { entryChanges } from "@/lib/control-diff";
import { isOver, placeName, touchesText } from "@/lib/control-words";

/** What it would do, document by document, in words and as JSON. */
export function Entries({ request }: { request: ChangeRequest }) {
  const { entries } = request;
  return (
    <Card title={isOver(request) ? "What it was about" : "What it does"}>
      {entries.length > 0 ? (
        <div className="flex flex-col gap-5">
          {entries.map((entry) => (
            <Entry key={`${entry.kind} ${entry.key}`} entry={entry} />
          ))}
        </div>
      ) : (
        <p className="text-ink-2 text-sm">
          {isOver(request)
            ? `${touchesText(request.touches)}. The difference is in the history.`
            : "Nothing: the project is so already."}
        </p>
      )}
    </Card>
  );
}

const ACTIONS = {
  create: ["ok", "new"],
  update: null,
  archive: ["bad", "archived"],
  restore: ["ok", "restored"],
  remove: ["bad", "removed"],
} as const;

function Entry({ entry }: { entry: PlanEntry }) {
  const { environments } = useConsole();
  const environment = environments.find(
    (each) => entry.kind === "configuration" && entry.key.startsWith(`${each.key}/`),
  );
  const action = ACTIONS[entry.action];
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
      <Tabs defaultValue="words">
        <TabList className="mb-2">
          <Tab value="words" className="h-7 text-xs">
            In words
          </Tab>
          <Tab value="json" className="h-7 text-xs">
            JSON
          </Tab>
        </TabList>
        <TabPanel value="words">
          <SentenceDiff changes={entryChanges(entry)} />
        </TabPanel>
        <TabPanel value="json">
          <JsonDiff before={side("before")} after={side("after")} />
        </TabPanel>
      </Tabs>
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
