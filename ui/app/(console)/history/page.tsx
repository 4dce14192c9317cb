"use client";
import { useMemo } from "react";
import { ActivityList } from "@/components/activity-list";
import { useConsole } from "@/components/console-context";
import { PageTitle } from "@/components/page-title";
import { Button } from "@/components/ui/button";
import { Combobox } from "@/components/ui/combobox";
import { Select } from "@/components/ui/field";
import { KINDS } from "@/lib/history-words";
import { useFlags } from "@/lib/queries/flags";
import { useMembers } from "@/lib/queries/people";
import { useQuery } from "@/lib/url";

export default function HistoryPage() {
  const { project } = useConsole();
  const query = useQuery();
  const flags = useFlags(project.key).data?.items ?? [];
  const members = useMembers().data?.items ?? [];
  const [kind, flag, actor] = [query.read("kind"), query.read("flag"), query.read("actor")];
  const filter = useMemo(
    () => ({ kind: kind || undefined, flag: flag || undefined, actor: actor || undefined }),
    [kind, flag, actor],
  );
  const filtered = Boolean(kind || flag || actor);
  return (
    <div className="mx-auto w-full max-w-[960px] pb-8">
      <PageTitle title="History" />
      <search className="mb-3 flex flex-wrap items-center gap-2 px-4">
        <Combobox
          label="Flag"
          className="w-52 font-mono text-xs"
          placeholder="any flag"
          value={flag}
          options={flags.map((each) => ({ value: each.key, hint: each.name }))}
          creatable
          onChange={(key) => query.set({ flag: key }, "push")}
        />
        <Select aria-label="What" value={kind} onChange={(event) => query.set({ kind: event.target.value }, "push")}>
          <option value="">Any kind of change</option>
          {Object.entries(KINDS).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </Select>
        {members.length > 1 ? (
          <Select aria-label="Who" value={actor} onChange={(event) => query.set({ actor: event.target.value }, "push")}>
            <option value="">By anybody</option>
            {members.map(({ user }) => (
              <option key={user.id} value={`user:${user.id}`}>
                {user.name}
              </option>
            ))}
          </Select>
        ) : null}
        {filtered ? (
          <Button variant="ghost" onClick={() => query.set({ kind: null, flag: null, actor: null }, "push")}>
            Clear
          </Button>
        ) : null}
      </search>
      <div className="px-4">
        <ActivityList
          filter={filter}
          empty={filtered ? "No change matches these filters" : "Nothing has changed yet"}
        />
      </div>
    </div>
  );
}
