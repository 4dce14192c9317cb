"use client";
import { type FormEvent, useState } from "react";
import { NameAndKey, useNameAndKey } from "@/components/key-fields";
import { RoleChoices } from "@/components/role-choices";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import type { Group } from "@/lib/api/types";
import { useCreateGroup, useUpdateGroup } from "@/lib/queries/people";

/** A new group, or another name, description and roles for one. */
export function EditGroup({ group, onClose }: { group: Group | null; onClose: () => void }) {
  const create = useCreateGroup();
  const update = useUpdateGroup();
  const made = useNameAndKey();
  const [name, setName] = useState(group?.name ?? "");
  const [roles, setRoles] = useState(group?.roles ?? []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const description = String(new FormData(event.currentTarget).get("description")).trim();
    if (group) update.mutate({ key: group.key, name: name.trim(), description, roles }, { onSuccess: onClose });
    else create.mutate({ key: made.key, name: made.name.trim(), description, roles }, { onSuccess: onClose });
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={group ? `Change “${group.name}”` : "New group"}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        {group ? (
          <Field label="Name">
            {(props) => (
              <Input {...props} required autoFocus value={name} onChange={(event) => setName(event.target.value)} />
            )}
          </Field>
        ) : (
          <NameAndKey state={made} placeholder="Payments team" />
        )}
        <Field label="Description" hint="What it is for.">
          {(props) => <Input {...props} name="description" defaultValue={group?.description ?? ""} />}
        </Field>
        <RoleChoices legend="Everybody in it holds" chosen={roles} onChange={setRoles} />
        <FormError error={create.error ?? update.error} />
        <Button
          type="submit"
          variant="primary"
          className="self-end"
          disabled={create.isPending || update.isPending || (!group && made.problem !== null)}
        >
          {group ? "Save" : "Create group"}
        </Button>
      </form>
    </Dialog>
  );
}
