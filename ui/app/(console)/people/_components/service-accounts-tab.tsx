"use client";
import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Confirm } from "@/components/confirm";
import { Needs, useMay } from "@/components/needs";
import { RoleChoices } from "@/components/role-choices";
import { ErrorState, FormError } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { ServiceAccount } from "@/lib/api/types";
import { count } from "@/lib/people";
import {
  useCreateServiceAccount,
  useDeleteServiceAccount,
  useServiceAccounts,
  useUpdateServiceAccount,
} from "@/lib/queries/people";
import { useTokens } from "@/lib/queries/session";
import { toast } from "@/lib/toast";
import { AccountTokens } from "./account-tokens";

/** Identities for programs, and their tokens. */
export function ServiceAccountsTab() {
  const accounts = useServiceAccounts();
  const tokens = useTokens();
  const remove = useDeleteServiceAccount();
  const manage = useMay("service_account.manage");
  const [editing, setEditing] = useState<ServiceAccount | "new" | null>(null);
  const [open, setOpen] = useState<ServiceAccount | null>(null);
  const [removing, setRemoving] = useState<ServiceAccount | null>(null);
  const live = (id: string) =>
    (tokens.data?.items ?? []).filter((token) => token.user === id && !token.revoked_at).length;
  return (
    <Card
      flush
      title="Service accounts"
      action={
        <Button variant="primary" {...manage.describe} onClick={() => setEditing("new")}>
          <Plus /> New service account
        </Button>
      }
    >
      <Needs of={manage} to="make service accounts and their tokens" />
      {accounts.error ? (
        <ErrorState error={accounts.error} what="the service accounts" retry={() => void accounts.refetch()} />
      ) : !accounts.data ? (
        <SkeletonRows label="Loading service accounts" count={3} />
      ) : accounts.data.items.length === 0 ? (
        <p className="px-4 py-3 text-ink-2 text-sm">
          No service accounts. One is for a program, such as CI: its tokens go on when the person who made them leaves.
        </p>
      ) : (
        <SimpleTable
          label="Service accounts"
          head={[
            "Name",
            "Holds",
            "Tokens",
            <span key="actions" className="sr-only">
              Actions
            </span>,
          ]}
        >
          {accounts.data.items.map((account) => (
            <tr key={account.id}>
              <td>
                <span className="font-medium">{account.name}</span>
                <span className="block break-all text-ink-3 text-xs">{account.description || account.id}</span>
              </td>
              <td>
                <span className="flex flex-wrap gap-1">
                  {account.roles.map((role) => (
                    <Badge key={role}>{role}</Badge>
                  ))}
                  {account.roles.length === 0 ? <span className="text-ink-3 text-xs">nothing</span> : null}
                </span>
              </td>
              <td className="whitespace-nowrap text-ink-2 text-xs tabular-nums">
                {manage.may ? count(live(account.id), "token") : "–"}
              </td>
              <td className="whitespace-nowrap text-right">
                <Button
                  size="sm"
                  aria-label={`Tokens of ${account.name}`}
                  {...manage.describe}
                  onClick={() => setOpen(account)}
                >
                  Tokens
                </Button>{" "}
                <Button
                  size="sm"
                  aria-label={`Change ${account.name}`}
                  {...manage.describe}
                  onClick={() => setEditing(account)}
                >
                  Change
                </Button>{" "}
                <Button
                  size="sm"
                  variant="quietDanger"
                  aria-label={`Delete ${account.name}`}
                  {...manage.describe}
                  onClick={() => setRemoving(account)}
                >
                  Delete
                </Button>
              </td>
            </tr>
          ))}
        </SimpleTable>
      )}
      {editing ? <EditAccount account={editing === "new" ? null : editing} onClose={() => setEditing(null)} /> : null}
      {open ? <AccountTokens account={open} onClose={() => setOpen(null)} /> : null}
      {removing ? (
        <Confirm
          title={`Delete “${removing.name}”`}
          confirm="Delete the service account"
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await remove.mutateAsync(removing.id);
            toast.success(`${removing.name} is deleted.`);
          }}
        >
          <p>
            Its {count(live(removing.id), "token")} open nothing from now on. Whatever uses them gets 401. It cannot be
            brought back.
          </p>
        </Confirm>
      ) : null}
    </Card>
  );
}

function EditAccount({ account, onClose }: { account: ServiceAccount | null; onClose: () => void }) {
  const create = useCreateServiceAccount();
  const update = useUpdateServiceAccount();
  const [roles, setRoles] = useState(account?.roles ?? []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const body = { name: text("name"), description: text("description"), roles };
    if (account) update.mutate({ id: account.id, ...body }, { onSuccess: onClose });
    else create.mutate(body, { onSuccess: onClose });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={account ? `Change “${account.name}”` : "New service account"}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label="Name">
          {(props) => (
            <Input {...props} name="name" required autoFocus placeholder="CI deploy" defaultValue={account?.name} />
          )}
        </Field>
        <Field label="Description" hint="What it is for.">
          {(props) => <Input {...props} name="description" defaultValue={account?.description} />}
        </Field>
        <RoleChoices legend="Holds" chosen={roles} onChange={setRoles} />
        <FormError error={create.error ?? update.error} />
        <Button type="submit" variant="primary" className="self-end" disabled={create.isPending || update.isPending}>
          {account ? "Save" : "Create service account"}
        </Button>
      </form>
    </Dialog>
  );
}
