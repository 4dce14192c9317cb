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
import type { CustomRole } from "@/lib/api/types";
import { byRank, grantText } from "@/lib/people";
import { useDeleteRole, usePermissions, useRoles } from "@/lib/queries/people";
import { toast } from "@/lib/toast";
import { RoleEditor } from "./role-editor";

/** Roles: the four that every tenant has, and its own. */
export function RolesTab() {
  const roles = useRoles();
  const permissions = usePermissions();
  const remove = useDeleteRole();
  const manage = useMay("role.manage");
  const [open, setOpen] = useState<CustomRole | "new" | null>(null);
  const [removing, setRemoving] = useState<CustomRole | null>(null);
  const items = byRank(roles.data?.items ?? []);
  const error = roles.error ?? permissions.error;
  return (
    <Card
      flush
      title="Roles"
      action={
        <Button variant="primary" {...manage.describe} onClick={() => setOpen("new")}>
          <Plus /> New role
        </Button>
      }
    >
      <Needs of={manage} to="make and change roles" />
      {error ? (
        <ErrorState
          error={error}
          what="the roles"
          retry={() => void Promise.all([roles.refetch(), permissions.refetch()])}
        />
      ) : !roles.data || !permissions.data ? (
        <SkeletonRows label="Loading roles" count={4} />
      ) : (
        <SimpleTable
          label="Roles"
          head={[
            "Role",
            "Allows",
            <span key="actions" className="sr-only">
              Actions
            </span>,
          ]}
        >
          {items.map((role) => (
            <tr key={role.key}>
              <td>
                <span className="font-medium">{role.name}</span>
                {role.built_in ? (
                  <Badge tone="outline" className="ml-2">
                    built in
                  </Badge>
                ) : null}
                <span className="block text-ink-3 text-xs">{role.description || role.key}</span>
              </td>
              <td className="text-ink-2 text-xs">
                <ul>
                  {role.grants.map((grant, i) => (
                    <li key={i}>{grantText(grant)}</li>
                  ))}
                </ul>
              </td>
              <td className="whitespace-nowrap text-right">
                <Button
                  size="sm"
                  aria-label={`${role.built_in || !manage.may ? "See" : "Change"} ${role.name}`}
                  onClick={() => setOpen(role)}
                >
                  {role.built_in || !manage.may ? "See" : "Change"}
                </Button>{" "}
                {role.built_in ? null : (
                  <Button
                    size="sm"
                    variant="quietDanger"
                    aria-label={`Delete ${role.name}`}
                    {...manage.describe}
                    onClick={() => setRemoving(role)}
                  >
                    Delete
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </SimpleTable>
      )}
      {open && permissions.data ? (
        <RoleEditor
          role={open === "new" ? null : open}
          permissions={permissions.data.items}
          readOnly={open !== "new" && (open.built_in || !manage.may)}
          onClose={() => setOpen(null)}
        />
      ) : null}
      {removing ? (
        <Confirm
          title={`Delete the role “${removing.name}”`}
          confirm="Delete the role"
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await remove.mutateAsync(removing.key);
            toast.success(`The role ${removing.name} is deleted.`);
          }}
        >
          <p>A role that somebody holds stays: take it from people, groups and tokens first.</p>
        </Confirm>
      ) : null}
    </Card>
  );
}
