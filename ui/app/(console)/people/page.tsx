"use client";
import dynamic from "next/dynamic";
import { useConsole } from "@/components/console-context";
import { PageTitle } from "@/components/page-title";
import { EmptyState } from "@/components/states";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Tab, TabList, TabPanel, Tabs } from "@/components/ui/tabs";
import { useQuery } from "@/lib/url";
import { MembersTab } from "./_components/members-tab";

const Coming = () => <SkeletonRows label="Loading" />;
const GroupsTab = dynamic(() => import("./_components/groups-tab").then((m) => m.GroupsTab), {
  ssr: false,
  loading: Coming,
});
const RolesTab = dynamic(() => import("./_components/roles-tab").then((m) => m.RolesTab), {
  ssr: false,
  loading: Coming,
});
const ServiceAccountsTab = dynamic(
  () => import("./_components/service-accounts-tab").then((m) => m.ServiceAccountsTab),
  { ssr: false, loading: Coming },
);
const SignInTab = dynamic(() => import("./_components/sign-in-tab").then((m) => m.SignInTab), {
  ssr: false,
  loading: Coming,
});

const TABS = [
  ["members", "Members", MembersTab],
  ["groups", "Groups", GroupsTab],
  ["roles", "Roles", RolesTab],
  ["service-accounts", "Service accounts", ServiceAccountsTab],
  ["sign-in", "Sign-in", SignInTab],
] as const;

/** Who is in the tenant, and what they may do. */
export default function PeoplePage() {
  const { session } = useConsole();
  const query = useQuery();
  const tab = TABS.some(([name]) => name === query.read("tab")) ? query.read("tab") : "members";
  if (!session.permissions.includes("member.read")) {
    return (
      <EmptyState heading="h1" title="You may not see the people of this tenant">
        Ask an owner of {session.tenant.name} for the permission <code className="font-mono">member.read</code>.
      </EmptyState>
    );
  }
  return (
    <div className="mx-auto w-full max-w-[1000px] px-4 pb-8 [&>div:first-child]:px-0">
      <PageTitle title={`People of ${session.tenant.name}`} />
      <Tabs
        value={tab}
        onValueChange={(next) => query.set({ tab: next === "members" ? null : next, search: null }, "push")}
      >
        <TabList aria-label="People">
          {TABS.map(([name, title]) => (
            <Tab key={name} value={name}>
              {title}
            </Tab>
          ))}
        </TabList>
        {TABS.map(([name, , Content]) => (
          <TabPanel key={name} value={name} className="flex flex-col gap-4 pt-4">
            <Content />
          </TabPanel>
        ))}
      </Tabs>
    </div>
  );
}
