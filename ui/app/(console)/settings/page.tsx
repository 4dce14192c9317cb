"use client";
import { useConsole } from "@/components/console-context";
import { PageTitle } from "@/components/page-title";
import { ErrorState } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { SkeletonRows } from "@/components/ui/skeleton";
import { atLeast, useMembers } from "@/lib/queries/session";
import { EnvironmentsCard } from "./_components/environments-card";
import { ProjectCard } from "./_components/project-card";
import { TokensCard } from "./_components/tokens-card";
import { WebhooksCard } from "./_components/webhooks-card";

export default function SettingsPage() {
  const { project, session } = useConsole();
  return (
    <div className="mx-auto w-full max-w-[900px] pb-8">
      <PageTitle title="Settings" />
      <div className="flex flex-col gap-4 px-4 pt-2">
        <ProjectCard key={project.key} project={project} />
        <EnvironmentsCard />
        <TokensCard />
        {atLeast(session.role, "admin") ? <WebhooksCard /> : null}
        <Card flush title={`Members of ${session.tenant.name}`}>
          <Members />
        </Card>
      </div>
    </div>
  );
}

function Members() {
  const members = useMembers();
  if (members.error)
    return <ErrorState error={members.error} what="the members" retry={() => void members.refetch()} />;
  if (!members.data) return <SkeletonRows label="Loading members" count={3} />;
  return (
    <SimpleTable label="Members" head={["Name", "E-mail", "Role"]}>
      {members.data.items.map(({ user, roles }) => (
        <tr key={user.id}>
          <td className="font-medium">{user.name}</td>
          <td className="text-ink-2">{user.email}</td>
          <td>
            {roles.map((role) => (
              <Badge key={role}>{role}</Badge>
            ))}
          </td>
        </tr>
      ))}
    </SimpleTable>
  );
}
