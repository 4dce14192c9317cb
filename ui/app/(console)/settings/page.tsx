"use client";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useConsole } from "@/components/console-context";
import { PageTitle } from "@/components/page-title";
import { Card } from "@/components/ui/card";
import { SkeletonRows } from "@/components/ui/skeleton";
import { atLeast } from "@/lib/queries/session";
import { href } from "@/lib/url";
import { EnvironmentsCard } from "./_components/environments-card";
import { ProjectCard } from "./_components/project-card";
import { TokensCard } from "./_components/tokens-card";
import { WebhooksCard } from "./_components/webhooks-card";

const PoliciesCard = dynamic(() => import("./_components/policies-card").then((m) => m.PoliciesCard), {
  ssr: false,
  loading: () => <SkeletonRows label="Loading policies" count={3} />,
});

export default function SettingsPage() {
  const { project, session } = useConsole();
  return (
    <div className="mx-auto w-full max-w-[900px] pb-8">
      <PageTitle title="Settings" />
      <div className="flex flex-col gap-4 px-4 pt-2">
        <ProjectCard key={project.key} project={project} />
        <EnvironmentsCard />
        <PoliciesCard />
        <TokensCard />
        {atLeast(session.role, "admin") ? <WebhooksCard /> : null}
        <Card title={`People of ${session.tenant.name}`}>
          <p className="text-ink-2 text-sm">
            Members, groups, roles, service accounts and sign-in are on{" "}
            <Link href={href("/people", { p: project.key })} prefetch={false} className="text-accent underline">
              a page of their own
            </Link>
            .
          </p>
        </Card>
      </div>
    </div>
  );
}
