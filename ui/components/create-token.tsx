"use client";
import { type FormEvent, useState } from "react";
import type { AccessToken, Role, ServiceAccount } from "@/lib/api/types";
import { atLeast, useCreateToken } from "@/lib/queries/session";
import { DAY } from "@/lib/time";
import { useConsole } from "./console-context";
import { SecretOnce } from "./secret-once";
import { FormError } from "./states";
import { Button } from "./ui/button";
import { CodeBlock } from "./ui/copy-button";
import { Dialog } from "./ui/dialog";
import { Field, Input, Select } from "./ui/field";

const ROLES: Role[] = ["viewer", "editor", "admin", "owner"];

/** A new access token: one's own, or of a service account. Its secret is shown this once. */
export function CreateToken({ account, onClose }: { account?: ServiceAccount; onClose: () => void }) {
  const { session } = useConsole();
  const create = useCreateToken();
  const [made, setMade] = useState<AccessToken | null>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const days = Number(form.get("days"));
    create.mutate(
      {
        name: String(form.get("name")).trim(),
        ...(form.get("role") ? { role: form.get("role") as Role } : {}),
        ...(account ? { service_account: account.id } : {}),
        ...(days > 0 ? { expires_at: Date.now() + days * DAY } : {}),
      },
      { onSuccess: ({ data }) => setMade(data) },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={made ? `Token “${made.name}”` : "New access token"}
      onInteractOutside={(event) => made && event.preventDefault()}
      footer={made ? <Button onClick={onClose}>I have copied it</Button> : null}
    >
      {made?.token ? (
        <SecretOnce secret={made.token} label="Access token">
          <CodeBlock
            label="command line example"
            code={`export YARDARM_URL=${window.location.origin}\nexport YARDARM_TOKEN=${made.token}\nyardarm flags list`}
          />
        </SecretOnce>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-3">
          <Field label="Name" hint="What it is for.">
            {(props) => <Input {...props} name="name" required autoFocus placeholder="CI deploy" />}
          </Field>
          <Field label="Role" hint="At most this. You can give only what you hold.">
            {(props) => (
              <Select {...props} name="role" defaultValue={account ? "" : "editor"} className="w-full">
                {account ? <option value="">all that it holds</option> : null}
                {ROLES.filter((role) => atLeast(session.role, role)).map((role) => (
                  <option key={role}>{role}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Ends">
            {(props) => (
              <Select {...props} name="days" defaultValue="90" className="w-full">
                <option value="30">in 30 days</option>
                <option value="90">in 90 days</option>
                <option value="365">in a year</option>
                <option value="0">never</option>
              </Select>
            )}
          </Field>
          <FormError error={create.error} />
          <Button type="submit" variant="primary" className="self-end" disabled={create.isPending}>
            Create token
          </Button>
        </form>
      )}
    </Dialog>
  );
}
