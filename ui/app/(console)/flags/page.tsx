"use client";
import { Flag as FlagIcon, Plus, Search, X } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { useConsole } from "@/components/console-context";
import { PageTitle } from "@/components/page-title";
import { EmptyState, ErrorState } from "@/components/states";
import { useFlagSwitch } from "@/components/switch-flag";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { SkeletonRows } from "@/components/ui/skeleton";
import { filterFlags, sortFlags } from "@/lib/flag-list";
import { useFlags } from "@/lib/queries/flags";
import { useQuery } from "@/lib/url";
import { FlagTable } from "./_components/flag-table";

const NAMES = ["q", "type", "owner", "tag", "env", "serves", "archived"] as const;

export default function FlagsPage() {
  const { project, environments, can, openCreateFlag } = useConsole();
  const query = useQuery();
  const flags = useFlags(project.key);
  const { ask, review } = useFlagSwitch();
  // The field is state of its own so that typing never waits for the address.
  const [text, setText] = useState(() => query.read("q"));
  const inAddress = query.read("q");
  useEffect(() => setText(inAddress), [inAddress]);
  const wanted = useDeferredValue(text);
  const [type, owner, tag, environment, serves] = (["type", "owner", "tag", "env", "serves"] as const).map(query.read);
  const archived = query.read("archived") === "true";
  const sort = query.read("sort") || "key";

  const all = flags.data?.items;
  const shown = useMemo(() => {
    const filter = {
      text: wanted,
      type: type ?? "",
      owner: owner ?? "",
      tag: tag ?? "",
      environment: environment ?? "",
      serves: serves ?? "",
      archived,
    };
    return sortFlags(filterFlags(all ?? [], filter), sort);
  }, [all, wanted, type, owner, tag, environment, serves, archived, sort]);
  const owners = useMemo(() => [...new Set((all ?? []).flatMap((flag) => flag.owner ?? []))].sort(), [all]);
  const tags = useMemo(() => [...new Set((all ?? []).flatMap((flag) => flag.tags))].sort(), [all]);
  const total = all?.filter((flag) => flag.archived === archived).length ?? 0;
  const active = NAMES.filter((name) => query.read(name) !== "");
  const clear = () => {
    setText("");
    query.set(Object.fromEntries(NAMES.map((name) => [name, null])), "push");
  };

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageTitle
        title={archived ? "Archived flags" : "Flags"}
        count={
          flags.data
            ? shown.length === total
              ? total.toLocaleString("en")
              : `${shown.length.toLocaleString("en")} of ${total.toLocaleString("en")}`
            : undefined
        }
        busy={flags.data && !flags.data.complete ? `loading ${flags.data.total.toLocaleString("en")}…` : undefined}
        action={
          can("editor") ? (
            <Button variant="primary" onClick={() => openCreateFlag()}>
              <Plus /> New flag
            </Button>
          ) : null
        }
      />
      <search className="flex items-center gap-2 overflow-x-auto px-4 py-2 [scrollbar-width:none] md:flex-wrap md:overflow-visible">
        <div className="relative min-w-44 flex-1 md:max-w-sm">
          <Search aria-hidden className="-translate-y-1/2 absolute top-1/2 left-2.5 size-4 text-ink-3" />
          <Input
            data-search
            type="search"
            aria-label="Search flags"
            placeholder="Search key, name, tag, owner"
            className="pl-8"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              query.set({ q: event.target.value });
            }}
            onKeyDown={(event) => {
              if (event.key === "ArrowDown" || event.key === "Enter") {
                event.preventDefault();
                document.querySelector<HTMLElement>("[data-skip-target]")?.focus();
              }
            }}
          />
        </div>
        <Select
          aria-label="What it serves"
          value={serves}
          onChange={(event) => query.set({ serves: event.target.value }, "push")}
        >
          <option value="">Serves anything</option>
          <option value="on">On</option>
          <option value="off">Off</option>
          <option value="partial">Part of the users</option>
        </Select>
        {serves ? (
          <Select
            aria-label="Environment"
            value={environment}
            onChange={(event) => query.set({ env: event.target.value }, "push")}
          >
            <option value="">in any environment</option>
            {environments.map((each) => (
              <option key={each.key} value={each.key}>
                in {each.name}
              </option>
            ))}
          </Select>
        ) : null}
        <Select aria-label="Type" value={type} onChange={(event) => query.set({ type: event.target.value }, "push")}>
          <option value="">Any type</option>
          <option value="boolean">On / off</option>
          <option value="string">Text</option>
          <option value="number">Number</option>
          <option value="json">JSON</option>
        </Select>
        {owners.length > 0 ? (
          <Select
            aria-label="Owner"
            value={owner}
            onChange={(event) => query.set({ owner: event.target.value }, "push")}
          >
            <option value="">Any owner</option>
            {owners.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </Select>
        ) : null}
        {tags.length > 0 ? (
          <Select aria-label="Tag" value={tag} onChange={(event) => query.set({ tag: event.target.value }, "push")}>
            <option value="">Any tag</option>
            {tags.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </Select>
        ) : null}
        <Select
          aria-label="Archived or not"
          value={String(archived)}
          onChange={(event) => query.set({ archived: event.target.value === "true" }, "push")}
        >
          <option value="false">Active</option>
          <option value="true">Archived</option>
        </Select>
        {active.length > 0 ? (
          <Button variant="ghost" onClick={clear}>
            <X /> Clear
          </Button>
        ) : null}
      </search>
      {flags.error && !flags.data ? (
        <ErrorState error={flags.error} what="the flags" retry={() => void flags.refetch()} />
      ) : !flags.data ? (
        <SkeletonRows label="Loading flags" count={12} />
      ) : shown.length === 0 ? (
        active.length > 0 ? (
          <EmptyState
            icon={<Search />}
            title={archived && active.length === 1 ? "No flag is archived" : "No flag matches"}
            action={<Button onClick={clear}>Clear the filters</Button>}
          >
            {text
              ? `Nothing has “${text}” in its key, name, description, tags or owner${active.length > 1 ? ", with the other filters" : ""}.`
              : "Try fewer filters."}
          </EmptyState>
        ) : (
          <EmptyState
            icon={<FlagIcon />}
            title="No flags yet"
            action={
              can("editor") ? (
                <Button variant="primary" onClick={() => openCreateFlag()}>
                  <Plus /> Create the first flag
                </Button>
              ) : null
            }
          >
            A flag lets you turn a part of your software on and off, for everyone or for some, while it runs.
          </EmptyState>
        )
      ) : (
        <FlagTable
          flags={shown}
          sort={sort}
          onSort={(next) => query.set({ sort: next === "key" ? null : next }, "push")}
          onSwitch={ask}
        />
      )}
      {review}
    </div>
  );
}
