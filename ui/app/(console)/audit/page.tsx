"use client";
import { useMemo } from "react";
import { useConsole } from "@/components/console-context";
import { PageTitle } from "@/components/page-title";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { useNow } from "@/lib/now";
import { useMembers } from "@/lib/queries/people";
import { useQuery } from "@/lib/url";
import { EntryList } from "./_components/entry-list";

const DAY = 24 * 60 * 60 * 1_000;
const AGES = [
  ["1", "Last 24 hours"],
  ["7", "Last 7 days"],
  ["30", "Last 30 days"],
] as const;
const NAMES = ["in", "actor", "action", "key", "environment", "reason", "trace", "days"] as const;

/** The tenant's own log and its projects' as one. */
export default function AuditPage() {
  const { projects } = useConsole();
  const query = useQuery();
  const now = useNow();
  const members = useMembers().data?.items ?? [];
  const [project, actor, action, key, environment, reason, trace, days] = NAMES.map(query.read);
  // To the hour, so that the passing of time is not another question.
  const hour = Math.floor(now / 3_600_000) * 3_600_000;
  const filter = useMemo(
    () => ({
      project: project || undefined,
      actor: actor || undefined,
      action: action || undefined,
      key: key || undefined,
      environment: environment || undefined,
      reason: reason || undefined,
      trace_id: trace || undefined,
      since: days ? hour - Number(days) * DAY : undefined,
    }),
    [project, actor, action, key, environment, reason, trace, days, hour],
  );
  const filtered = NAMES.some((name) => query.read(name));
  const text = (name: (typeof NAMES)[number], label: string, className = "w-40") => (
    <Input
      aria-label={label}
      placeholder={label}
      className={className}
      value={query.read(name)}
      onChange={(event) => query.set({ [name]: event.target.value })}
    />
  );
  return (
    <div className="mx-auto w-full max-w-[1120px] pb-8">
      <PageTitle title="Audit log" />
      <search className="mb-3 flex flex-wrap items-center gap-2 px-4">
        <Select aria-label="Log" value={project} onChange={(event) => query.set({ in: event.target.value }, "push")}>
          <option value="">The whole tenant</option>
          {projects.map((each) => (
            <option key={each.key} value={each.key}>
              {each.name}
            </option>
          ))}
        </Select>
        <Select aria-label="Who" value={actor} onChange={(event) => query.set({ actor: event.target.value }, "push")}>
          <option value="">By anybody</option>
          {members.map(({ user }) => (
            <option key={user.id} value={`user:${user.id}`}>
              {user.name}
            </option>
          ))}
        </Select>
        <Select aria-label="When" value={days} onChange={(event) => query.set({ days: event.target.value }, "push")}>
          <option value="">At any time</option>
          {AGES.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </Select>
        {text("action", "Action", "w-44 font-mono text-xs")}
        {text("key", "Key", "w-40 font-mono text-xs")}
        {text("environment", "Environment", "w-36 font-mono text-xs")}
        {text("reason", "Words in the reason", "w-44")}
        {text("trace", "Trace id", "w-44 font-mono text-xs")}
        {filtered ? (
          <Button
            variant="ghost"
            onClick={() => query.set(Object.fromEntries(NAMES.map((name) => [name, null])), "push")}
          >
            Clear
          </Button>
        ) : null}
      </search>
      <div className="px-4">
        <EntryList filter={filter} empty={filtered ? "No entry matches these filters" : "Nothing has happened yet"} />
      </div>
    </div>
  );
}
