"use client";
import type { Json } from "@/lib/api/types";
import type { Change } from "@/lib/changes";
import { cn } from "@/lib/cn";
import { JsonDiff, SentenceDiff } from "./differences";
import { Tab, TabList, TabPanel, Tabs } from "./ui/tabs";

/** A difference in words, or line by line. `small` where there are several of them below each other. */
export function DifferenceTabs({
  changes,
  before,
  after,
  small,
}: {
  changes: Change[];
  before: Json;
  after: Json;
  small?: boolean;
}) {
  const tab = small ? "h-7 text-xs" : undefined;
  return (
    <Tabs defaultValue="words">
      <TabList className={cn(small ? "mb-2" : "mb-3")}>
        <Tab value="words" className={tab}>
          In words
        </Tab>
        <Tab value="json" className={tab}>
          JSON
        </Tab>
      </TabList>
      <TabPanel value="words">
        <SentenceDiff changes={changes} />
      </TabPanel>
      <TabPanel value="json">
        <JsonDiff before={before} after={after} />
      </TabPanel>
    </Tabs>
  );
}
