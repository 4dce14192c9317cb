"use client";
import { useState } from "react";
import { GroupChoices, RoleChoices } from "@/components/role-choices";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Sheet } from "@/components/ui/dialog";
import type { Member } from "@/lib/api/types";
import { useUpdateMember } from "@/lib/queries/people";
import { toast } from "@/lib/toast";

/** What one member holds: roles of their own, and groups. */
export function EditMember({ member, onClose }: { member: Member; onClose: () => void }) {
  const update = useUpdateMember();
  const [roles, setRoles] = useState(member.roles);
  const [groups, setGroups] = useState(member.groups);
  const same = roles.join() === member.roles.join() && groups.join() === member.groups.join();
  const save = () =>
    update.mutate(
      { id: member.user.id, roles, groups },
      {
        onSuccess: () => {
          toast.success(`${member.user.name} holds it from the next request on.`);
          onClose();
        },
      },
    );
  return (
    <Sheet
      open
      onOpenChange={(open) => !open && onClose()}
      title={`What ${member.user.name} holds`}
      description={member.user.email}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" disabled={same || update.isPending} onClick={save}>
            Save
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <RoleChoices chosen={roles} onChange={setRoles} />
        <GroupChoices chosen={groups} onChange={setGroups} />
        <p className="text-ink-3 text-xs">You can give and take only what you hold yourself.</p>
        <FormError error={update.error} />
      </div>
    </Sheet>
  );
}
