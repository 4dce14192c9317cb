"use client";
import { Search, UserPlus } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { Confirm } from "@/components/confirm";
import { useConsole } from "@/components/console-context";
import { Needs, useMay } from "@/components/needs";
import { EmptyState, ErrorState } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Input } from "@/components/ui/field";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { Member } from "@/lib/api/types";
import { count, type Held, held } from "@/lib/people";
import { useGroups, useMembers, useRemoveMember } from "@/lib/queries/people";
import { toast } from "@/lib/toast";
import { useQuery } from "@/lib/url";
import { EditMember } from "./edit-member";
import { InvitationsCard } from "./invitations-card";
import { Invite } from "./invite";

/** Roles, each with the group that gives it. */
export function HeldRoles({ roles }: { roles: Held[] }) {
  if (roles.length === 0) return <span className="text-ink-3 text-xs">nothing</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {roles.map(({ role, by }) => (
        <Badge key={`${role} ${by}`} tone={by ? "outline" : "off"}>
          {role}
          {by ? <span className="font-normal text-ink-3">by {by}</span> : null}
        </Badge>
      ))}
    </span>
  );
}

export function MembersTab() {
  const { session } = useConsole();
  const query = useQuery();
  const search = query.read("search");
  const members = useMembers(useDeferredValue(search));
  const groups = useGroups();
  const remove = useRemoveMember();
  const manage = useMay("member.manage");
  const [inviting, setInviting] = useState(false);
  const [editing, setEditing] = useState<Member | null>(null);
  const [removing, setRemoving] = useState<Member | null>(null);
  const items = members.data?.items ?? [];
  const total = members.data?.total ?? items.length;
  return (
    <>
      <Card
        flush
        title={
          <>
            Members{" "}
            <span role="status" className="ml-1 font-normal text-ink-3 tabular-nums">
              {members.data ? total : ""}
            </span>
          </>
        }
        action={
          <>
            <search className="relative max-sm:order-last max-sm:w-full">
              <Search aria-hidden className="-translate-y-1/2 absolute top-1/2 left-2.5 size-3.5 text-ink-3" />
              <Input
                type="search"
                data-search
                aria-label="Search members"
                placeholder="Name or e-mail"
                className="w-full pl-8 sm:w-48"
                value={search}
                onChange={(event) => query.set({ search: event.target.value })}
              />
            </search>
            <Button variant="primary" {...manage.describe} onClick={() => setInviting(true)}>
              <UserPlus /> Invite
            </Button>
          </>
        }
      >
        <Needs of={manage} to="invite, change and remove people" />
        {members.error ? (
          <ErrorState error={members.error} what="the members" retry={() => void members.refetch()} />
        ) : !members.data ? (
          <SkeletonRows label="Loading members" count={4} />
        ) : items.length === 0 ? (
          <EmptyState
            title={`Nobody matches “${search}”`}
            action={<Button onClick={() => query.set({ search: null })}>Clear the search</Button>}
          />
        ) : (
          <SimpleTable
            label="Members"
            head={[
              "Name",
              "Holds",
              <span key="actions" className="sr-only">
                Actions
              </span>,
            ]}
          >
            {items.map((member) => (
              <tr key={member.user.id}>
                <td>
                  <span className="font-medium">{member.user.name}</span>
                  {member.user.id === session.user.id ? <Badge className="ml-2">you</Badge> : null}
                  <span className="block break-all text-ink-3 text-xs">{member.user.email}</span>
                </td>
                <td>
                  <HeldRoles roles={held(member, groups.data?.items ?? [])} />
                </td>
                <td className="whitespace-nowrap text-right">
                  <Button
                    size="sm"
                    aria-label={`Change what ${member.user.name} holds`}
                    {...manage.describe}
                    onClick={() => setEditing(member)}
                  >
                    Change
                  </Button>{" "}
                  <Button
                    size="sm"
                    variant="quietDanger"
                    aria-label={`Remove ${member.user.name}`}
                    {...manage.describe}
                    onClick={() => setRemoving(member)}
                  >
                    Remove
                  </Button>
                </td>
              </tr>
            ))}
          </SimpleTable>
        )}
        {total > items.length && items.length > 0 ? (
          <p className="border-t px-4 py-2 text-ink-3 text-xs">
            The first {items.length} of {count(total, "member")}. Search for the others.
          </p>
        ) : null}
      </Card>
      <InvitationsCard />
      {inviting ? <Invite onClose={() => setInviting(false)} /> : null}
      {editing ? <EditMember member={editing} onClose={() => setEditing(null)} /> : null}
      {removing ? (
        <Confirm
          title={`Remove ${removing.user.name}`}
          confirm="Remove from the tenant"
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await remove.mutateAsync(removing.user.id);
            toast.success(`${removing.user.name} is no member of ${session.tenant.name} any more.`);
          }}
        >
          <p>
            {removing.user.name} leaves {session.tenant.name} at once: open sessions here end, and their access tokens
            open nothing any more. Other tenants of theirs stay as they are.
          </p>
        </Confirm>
      ) : null}
    </>
  );
}
