"use client";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Confirm } from "@/components/confirm";
import { Needs, useMay } from "@/components/needs";
import { ErrorState } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { Group } from "@/lib/api/types";
import { count } from "@/lib/people";
import { useDeleteGroup, useGroups } from "@/lib/queries/people";
import { toast } from "@/lib/toast";
import { EditGroup } from "./edit-group";
import { GroupMembers } from "./group-members";

/** Groups: their roles are held by everybody in them. */
export function GroupsTab() {
  const groups = useGroups();
  const remove = useDeleteGroup();
  const manage = useMay("group.manage");
  const [editing, setEditing] = useState<Group | "new" | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Group | null>(null);
  const items = groups.data?.items ?? [];
  const opened = items.find((group) => group.key === open);
  return (
    <Card
      flush
      title="Groups"
      action={
        <Button variant="primary" {...manage.describe} onClick={() => setEditing("new")}>
          <Plus /> New group
        </Button>
      }
    >
      <Needs of={manage} to="make groups and say who is in them" />
      {groups.error ? (
        <ErrorState error={groups.error} what="the groups" retry={() => void groups.refetch()} />
      ) : !groups.data ? (
        <SkeletonRows label="Loading groups" count={3} />
      ) : items.length === 0 ? (
        <p className="px-4 py-3 text-ink-2 text-sm">
          No groups. A group gives its roles to everybody in it: change it once, and it holds for all of them.
        </p>
      ) : (
        <SimpleTable
          label="Groups"
          head={[
            "Name",
            "Gives",
            "Members",
            <span key="actions" className="sr-only">
              Actions
            </span>,
          ]}
        >
          {items.map((group) => (
            <tr key={group.key}>
              <td>
                <span className="font-medium">{group.name}</span>
                <span className="block text-ink-3 text-xs">{group.description || group.key}</span>
              </td>
              <td>
                <span className="flex flex-wrap gap-1">
                  {group.roles.map((role) => (
                    <Badge key={role}>{role}</Badge>
                  ))}
                  {group.roles.length === 0 ? <span className="text-ink-3 text-xs">nothing</span> : null}
                </span>
              </td>
              <td className="whitespace-nowrap text-ink-2 text-xs tabular-nums">
                {count(group.members.length, "member")}
              </td>
              <td className="whitespace-nowrap text-right">
                <Button size="sm" aria-label={`Members of ${group.name}`} onClick={() => setOpen(group.key)}>
                  Members
                </Button>{" "}
                <Button
                  size="sm"
                  aria-label={`Change ${group.name}`}
                  {...manage.describe}
                  onClick={() => setEditing(group)}
                >
                  Change
                </Button>{" "}
                <Button
                  size="sm"
                  variant="quietDanger"
                  aria-label={`Delete ${group.name}`}
                  {...manage.describe}
                  onClick={() => setRemoving(group)}
                >
                  Delete
                </Button>
              </td>
            </tr>
          ))}
        </SimpleTable>
      )}
      {editing ? <EditGroup group={editing === "new" ? null : editing} onClose={() => setEditing(null)} /> : null}
      {opened ? <GroupMembers group={opened} onClose={() => setOpen(null)} /> : null}
      {removing ? (
        <Confirm
          title={`Delete the group “${removing.name}”`}
          confirm="Delete the group"
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await remove.mutateAsync(removing.key);
            toast.success(`The group ${removing.name} is deleted.`);
          }}
        >
          <p>
            {removing.members.length === 0
              ? "Nobody is in it."
              : `${count(removing.members.length, "member")} lose what it gives: ${removing.roles.join(", ") || "nothing"}.`}
          </p>
        </Confirm>
      ) : null}
    </Card>
  );
}
