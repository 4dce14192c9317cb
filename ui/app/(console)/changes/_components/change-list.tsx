"use client";
import { GitPullRequestArrow } from "lucide-react";
import { useDeferredValue } from "react";
import { useConsole } from "@/components/console-context";
import { ChangeRow } from "@/components/control/change-row";
import { PageTitle } from "@/components/page-title";
import { EmptyState, ErrorState } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Tab, TabList, Tabs } from "@/components/ui/tabs";
import { type ChangeRequestFilter, useChangeRequests, useWaitingForMe } from "@/lib/queries/change-requests";
import { useQuery } from "@/lib/url";

const TABS = [
  ["waiting", "Waiting for me"],
  ["mine", "Mine"],
  ["scheduled", "Scheduled"],
  ["all", "All"],
] as const;

/** What there is to choose among all of them. */
const STATES: [value: string, name: string, filter: ChangeRequestFilter][] = [
  ["", "Any state", {}],
  ["unfinished", "Not over", { unfinished: true }],
  ["draft", "Drafts", { state: "draft" }],
  ["open", "Waiting for approval", { state: "open" }],
  ["approved", "Approved", { state: "approved" }],
  ["rejected", "Changes requested", { state: "rejected" }],
  ["failed", "Failed", { state: "failed" }],
  ["applied", "Applied", { state: "applied" }],
  ["withdrawn", "Withdrawn", { state: "withdrawn" }],
];

const EMPTY: Record<string, [title: string, text: string]> = {
  waiting: ["Nothing waits for you", "What others ask you to approve is listed here."],
  mine: ["You have asked for nothing yet", "A change that needs approval is kept here until it is applied."],
  scheduled: ["Nothing is scheduled", "A change request with a time is applied by itself when that has come."],
  all: [
    "No change requests yet",
    "Where a policy wants approval, saving offers to ask for it. Policies are made in the settings of the project.",
  ],
};

export function ChangeList() {
  const { project, session } = useConsole();
  const query = useQuery();
  const tab = TABS.find(([name]) => name === query.read("tab"))?.[0] ?? "waiting";
  const search = useDeferredValue(query.read("q"));
  const state = query.read("state");
  const waiting = useWaitingForMe(project.key).data?.total;
  const filter: ChangeRequestFilter = {
    waiting: { waits_for_me: true },
    mine: { author: session.user.id },
    scheduled: { state: "scheduled" },
    all: STATES.find(([value]) => value === state)?.[2] ?? {},
  }[tab];
  const requests = useChangeRequests(project.key, { ...filter, search });
  const items = requests.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = search !== "" || (tab === "all" && state !== "");
  const [title, text] = EMPTY[tab] ?? ["Nothing", ""];
  return (
    <div className="mx-auto w-full max-w-[1000px] pb-8">
      <PageTitle title="Changes" count={requests.data ? String(requests.data.pages[0]?.total ?? "") : undefined} />
      <Tabs value={tab} onValueChange={(next) => query.set({ tab: next === "waiting" ? null : next }, "push")}>
        <TabList className="mx-4 mb-3" aria-label="Which change requests">
          {TABS.map(([name, label]) => (
            <Tab key={name} value={name} aria-controls="change-requests">
              {label}
              {name === "waiting" && waiting ? <Badge tone="warn">{waiting}</Badge> : null}
            </Tab>
          ))}
        </TabList>
        <div id="change-requests" role="tabpanel" aria-label={TABS.find(([name]) => name === tab)?.[1]}>
          <search className="mb-3 flex flex-wrap items-center gap-2 px-4">
            <Input
              data-search
              type="search"
              aria-label="Search change requests"
              placeholder="Title, author or flag"
              className="max-w-sm"
              value={query.read("q")}
              onChange={(event) => query.set({ q: event.target.value })}
            />
            {tab === "all" ? (
              <Select
                aria-label="State"
                value={state}
                onChange={(event) => query.set({ state: event.target.value }, "push")}
              >
                {STATES.map(([value, name]) => (
                  <option key={value} value={value}>
                    {name}
                  </option>
                ))}
              </Select>
            ) : null}
          </search>
          {requests.error ? (
            <ErrorState error={requests.error} what="the change requests" retry={() => void requests.refetch()} />
          ) : !requests.data ? (
            <SkeletonRows label="Loading change requests" />
          ) : items.length === 0 ? (
            filtered ? (
              <EmptyState
                title="No change request matches"
                action={<Button onClick={() => query.set({ q: null, state: null })}>Clear</Button>}
              />
            ) : (
              <EmptyState
                icon={<GitPullRequestArrow />}
                title={title}
                action={
                  tab === "waiting" ? (
                    <Button onClick={() => query.set({ tab: "all" }, "push")}>All change requests</Button>
                  ) : null
                }
              >
                {text}
              </EmptyState>
            )
          ) : (
            <>
              <ul className="mx-4 divide-y rounded-lg border bg-raised">
                {items.map((item) => (
                  <ChangeRow key={item.id} item={item} />
                ))}
              </ul>
              {requests.hasNextPage ? (
                <div className="mt-4 flex justify-center">
                  <Button disabled={requests.isFetchingNextPage} onClick={() => void requests.fetchNextPage()}>
                    {requests.isFetchingNextPage ? "Loading…" : "Show older change requests"}
                  </Button>
                </div>
              ) : null}
            </>
          )}
        </div>
      </Tabs>
    </div>
  );
}
