"use client";
import dynamic from "next/dynamic";
import { useConsole } from "@/components/console-context";
import { ErrorState } from "@/components/states";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Tab, TabList, TabPanel, Tabs } from "@/components/ui/tabs";
import { ApiProblem } from "@/lib/api/client";
import { useFlag, useFlags } from "@/lib/queries/flags";
import { useQuery } from "@/lib/url";
import { EnvironmentTabs } from "./_components/environment-tabs";
import { FlagHeader } from "./_components/flag-header";
import { RulesTab } from "./_components/rules-tab";

const Coming = () => <SkeletonRows label="Loading" />;

// The rules come with the page; the code of the other tabs when they are opened.
const ActivityTab = dynamic(() => import("./_components/activity-tab").then((m) => m.ActivityTab), {
  ssr: false,
  loading: Coming,
});
const SettingsTab = dynamic(() => import("./_components/settings-tab").then((m) => m.SettingsTab), {
  ssr: false,
  loading: Coming,
});
const VariantsTab = dynamic(() => import("./_components/variants-tab").then((m) => m.VariantsTab), {
  ssr: false,
  loading: Coming,
});

const TABS = [
  ["rules", "Rules"],
  ["variants", "Variants"],
  ["activity", "Activity"],
  ["settings", "Settings"],
] as const;

export default function FlagPage() {
  const { project, environments } = useConsole();
  const query = useQuery();
  const key = query.read("key");
  // The list, if it is there, shows the flag before its own answer comes.
  const listed = useFlags(project.key).data?.items.find((item) => item.key === key);
  const answer = useFlag(project.key, key);
  const flag = answer.data ?? listed;
  const wanted = query.read("env");
  const environment =
    environments.find((each) => each.key === wanted) ?? environments.find((each) => each.production) ?? environments[0];
  const tab = TABS.some(([name]) => name === query.read("tab")) ? query.read("tab") : "rules";

  if (key === "") return <ErrorState heading="h1" error={new ApiProblem(404, {})} what="this flag" />;
  if (answer.error && !flag)
    return <ErrorState heading="h1" error={answer.error} what="this flag" retry={() => void answer.refetch()} />;
  if (!flag || !environment) return <SkeletonRows label="Loading the flag" count={10} />;

  return (
    <div className="mx-auto w-full max-w-[1240px] px-4 pb-6">
      <FlagHeader flag={flag} environment={environment} />
      <Tabs value={tab} onValueChange={(next) => query.set({ tab: next === "rules" ? null : next }, "push")}>
        <TabList aria-label="Parts of the flag">
          {TABS.map(([name, title]) => (
            <Tab key={name} value={name}>
              {title}
            </Tab>
          ))}
        </TabList>
        <TabPanel value="rules" tabIndex={-1} className="pt-4 outline-none">
          <EnvironmentTabs flag={flag} environment={environment} />
          <RulesTab key={`${flag.key} ${environment.key}`} flag={flag} environment={environment} />
        </TabPanel>
        <TabPanel value="variants" tabIndex={-1} className="pt-4 outline-none">
          <VariantsTab key={`${flag.key} ${flag.revision}`} flag={flag} />
        </TabPanel>
        <TabPanel value="activity" tabIndex={-1} className="pt-4 outline-none">
          <ActivityTab flag={flag} />
        </TabPanel>
        <TabPanel value="settings" tabIndex={-1} className="pt-4 outline-none">
          <SettingsTab key={`${flag.key} ${flag.revision}`} flag={flag} />
        </TabPanel>
      </Tabs>
    </div>
  );
}
