"use client";
import { X } from "lucide-react";
import { type FormEvent, useDeferredValue, useState } from "react";
import { useConsole } from "@/components/console-context";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Input, Textarea } from "@/components/ui/field";
import { Skeleton } from "@/components/ui/skeleton";
import { Tab, TabList, TabPanel, Tabs } from "@/components/ui/tabs";
import type { Segment } from "@/lib/api/types";
import { type ListName, useEditSegmentList, useSegmentList } from "@/lib/queries/segments";
import { failed, saved } from "@/lib/undo";

/** Keys that are always in, and keys that are never in by rule. */
export function SegmentLists({ segment }: { segment: Segment }) {
  return (
    <Card title="Lists">
      <Tabs defaultValue="included">
        <TabList className="mb-3">
          <Tab value="included">Included {segment.included_count.toLocaleString("en")}</Tab>
          <Tab value="excluded">Excluded {segment.excluded_count.toLocaleString("en")}</Tab>
        </TabList>
        <TabPanel value="included">
          <List segment={segment} list="included" hint="Members whatever the rules say." />
        </TabPanel>
        <TabPanel value="excluded">
          <List
            segment={segment}
            list="excluded"
            hint="Not members even if a rule matches. Included wins over excluded."
          />
        </TabPanel>
      </Tabs>
    </Card>
  );
}

function List({ segment, list, hint }: { segment: Segment; list: ListName; hint: string }) {
  const { project, can } = useConsole();
  const [search, setSearch] = useState("");
  const [text, setText] = useState("");
  const keys = useSegmentList(project.key, segment.key, list, useDeferredValue(search));
  const edit = useEditSegmentList(project.key, segment.key);
  const count = list === "included" ? segment.included_count : segment.excluded_count;
  const typed = [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
  const editable = can("editor");

  const add = (event: FormEvent) => {
    event.preventDefault();
    if (typed.length === 0) return;
    edit.mutate(
      { list, add: typed, remove: [] },
      {
        onSuccess: ({ rev }) => {
          setText("");
          saved(`${typed.length} ${typed.length === 1 ? "key" : "keys"} ${list} in ${segment.key}`, project.key, rev);
        },
      },
    );
  };
  const remove = (key: string) =>
    edit.mutate(
      { list, add: [], remove: [key] },
      {
        onSuccess: ({ rev }) => saved(`${key} is no longer ${list} in ${segment.key}`, project.key, rev),
        onError: (error) => failed(error),
      },
    );
  return (
    <div className="flex flex-col gap-3">
      <p className="text-ink-2 text-xs">{hint}</p>
      {editable ? (
        <form onSubmit={add} className="flex flex-col gap-2">
          <Textarea
            aria-label={`Keys to add to ${list}`}
            rows={2}
            spellCheck={false}
            className="font-mono text-xs"
            placeholder={`${segment.context_kind} keys, separated by spaces, commas or lines`}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <FormError error={edit.error} />
          <Button type="submit" className="self-end" disabled={typed.length === 0 || edit.isPending}>
            {typed.length > 1 ? `Add ${typed.length.toLocaleString("en")} keys` : "Add"}
          </Button>
        </form>
      ) : null}
      {count > 0 ? (
        <>
          <Input
            type="search"
            aria-label={`Search ${list}`}
            placeholder="Search keys"
            className="max-w-sm"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          {keys.data ? (
            <ul className="flex max-h-72 flex-wrap gap-1 overflow-y-auto">
              {keys.data.items.map((key) => (
                <li key={key} className="inline-flex items-center rounded-sm bg-off-tint pl-2 font-mono text-xs">
                  {key}
                  {editable ? (
                    <button
                      type="button"
                      aria-label={`Remove ${key}`}
                      className="inline-flex size-6 items-center justify-center text-ink-2 hover:text-ink"
                      onClick={() => remove(key)}
                    >
                      <X className="size-3" />
                    </button>
                  ) : (
                    <span className="pr-2" />
                  )}
                </li>
              ))}
            </ul>
          ) : (
            <Skeleton className="h-16" />
          )}
          {keys.data?.next ? (
            <p className="text-ink-3 text-xs">The first {keys.data.items.length} are shown. Search for others.</p>
          ) : null}
          {keys.data?.items.length === 0 ? <p className="text-ink-2 text-sm">No key contains “{search}”.</p> : null}
        </>
      ) : null}
    </div>
  );
}
