"use client";
import { useState } from "react";
import { NameAndKey, useNameAndKey } from "@/components/key-fields";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Sheet } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import type { CustomRole, Grant, Permission } from "@/lib/api/types";
import { incomplete } from "@/lib/people";
import { useCreateRole, useUpdateRole } from "@/lib/queries/people";
import { toast } from "@/lib/toast";
import { PermissionMatrix } from "./permission-matrix";
import { Places } from "./places";

const FIRST: Grant = { permissions: [], projects: "*", environments: "*" };

/** A role as places and what is allowed in each: to see, to change, or a new one. */
export function RoleEditor({
  role,
  permissions,
  readOnly,
  onClose,
}: {
  role: CustomRole | null;
  permissions: Permission[];
  readOnly: boolean;
  onClose: () => void;
}) {
  const create = useCreateRole();
  const update = useUpdateRole();
  const made = useNameAndKey();
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const [grants, setGrants] = useState<Grant[]>(role?.grants ?? [FIRST]);
  const missing = incomplete(grants) ?? (role ? null : (made.problem ?? (made.key === "" ? "Name the role." : null)));
  const done = (what: string) => ({
    onSuccess: () => {
      toast.success(`The role ${what} is saved. It holds from the next request on.`);
      onClose();
    },
  });
  const save = () => {
    if (role) update.mutate({ key: role.key, name: name.trim(), description, grants }, done(name));
    else create.mutate({ key: made.key, name: made.name.trim(), description, grants }, done(made.name));
  };
  return (
    <Sheet
      open
      onOpenChange={(open) => !open && onClose()}
      className="max-w-[760px]"
      title={role ? (readOnly ? role.name : `Change “${role.name}”`) : "New role"}
      description={readOnly ? role?.description : "You can allow only what you hold yourself."}
      footer={
        readOnly ? (
          <Button onClick={onClose}>Close</Button>
        ) : (
          <>
            {missing ? (
              <p id="role-missing" role="status" className="mr-auto text-ink-2 text-xs">
                {missing}
              </p>
            ) : null}
            <Button onClick={onClose}>Cancel</Button>
            <Button
              variant="primary"
              aria-describedby={missing ? "role-missing" : undefined}
              disabled={missing !== null || create.isPending || update.isPending}
              onClick={save}
            >
              {role ? "Save" : "Create role"}
            </Button>
          </>
        )
      }
    >
      <div className="flex flex-col gap-5">
        {readOnly ? null : (
          <div className="flex flex-col gap-3">
            {role ? (
              <Field label="Name">
                {(props) => (
                  <Input {...props} required value={name} onChange={(event) => setName(event.target.value)} />
                )}
              </Field>
            ) : (
              <NameAndKey state={made} placeholder="Release manager" />
            )}
            <Field label="Description" hint="What it is for.">
              {(props) => (
                <Input {...props} value={description} onChange={(event) => setDescription(event.target.value)} />
              )}
            </Field>
          </div>
        )}
        <Places grants={grants} permissions={permissions} readOnly={readOnly} onChange={setGrants} />
        {grants.length > 0 ? (
          <PermissionMatrix grants={grants} permissions={permissions} readOnly={readOnly} onChange={setGrants} />
        ) : null}
        <FormError error={create.error ?? update.error} />
      </div>
    </Sheet>
  );
}
