"use client";
import { type FormEvent, useState } from "react";
import { RoleChoices } from "@/components/role-choices";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { ChipsField } from "@/components/ui/chips-field";
import { CodeBlock } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { Checkbox, Field, Input } from "@/components/ui/field";
import type { SsoConnection } from "@/lib/api/types";
import { useCreateConnection, useUpdateConnection } from "@/lib/queries/people";

/** An identity provider: new, or another word about it. What groups mean is said on the command line or by the API. */
export function EditConnection({ connection, onClose }: { connection: SsoConnection | null; onClose: () => void }) {
  const create = useCreateConnection();
  const update = useUpdateConnection();
  const [domains, setDomains] = useState(connection?.domains ?? []);
  const [provision, setProvision] = useState(connection?.provision ?? false);
  const [roles, setRoles] = useState(connection?.default_roles ?? []);
  if (create.data) {
    return (
      <Dialog
        open
        onOpenChange={(open) => !open && onClose()}
        title={`“${create.data.name}” is connected`}
        footer={<Button onClick={onClose}>Done</Button>}
      >
        <p className="mb-3 text-ink-2 text-sm">Enter this redirect URI at the provider:</p>
        <CodeBlock label="redirect URI" code={create.data.redirect_uri} />
      </Dialog>
    );
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const body = {
      name: text("name"),
      issuer: text("issuer"),
      client_id: text("client_id"),
      ...(form.get("client_secret") ? { client_secret: String(form.get("client_secret")) } : {}),
      groups_claim: text("groups_claim"),
      domains,
      provision,
      default_roles: roles,
    };
    if (connection) update.mutate({ id: connection.id, ...body }, { onSuccess: onClose });
    else create.mutate(body);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={connection ? `Change “${connection.name}”` : "Connect an identity provider"}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label="Name" hint="On the button of the sign-in page.">
          {(props) => (
            <Input {...props} name="name" required autoFocus placeholder="Acme login" defaultValue={connection?.name} />
          )}
        </Field>
        <Field label="Issuer" hint="Its address. The provider's own pages are found from it.">
          {(props) => (
            <Input
              {...props}
              name="issuer"
              type="url"
              required
              placeholder="https://login.example.com"
              defaultValue={connection?.issuer}
            />
          )}
        </Field>
        <Field label="Client ID">
          {(props) => <Input {...props} name="client_id" required defaultValue={connection?.client_id} />}
        </Field>
        <Field
          label="Client secret"
          hint={connection ? "Empty: as it is." : "Stored sealed. Empty for a public client."}
        >
          {(props) => <Input {...props} name="client_secret" type="password" autoComplete="off" />}
        </Field>
        <div className="flex flex-col gap-1">
          <span className="font-medium text-xs">Domains</span>
          <ChipsField
            label="Domains"
            values={domains}
            read={(typed) => typed.trim().toLowerCase()}
            show={(domain) => domain}
            placeholder="acme.example"
            onChange={setDomains}
          />
          <p className="text-ink-3 text-xs">Addresses of these domains are taken from the provider, and no others.</p>
        </div>
        <Field label="Groups claim" hint="Of the ID token.">
          {(props) => (
            <Input {...props} name="groups_claim" required defaultValue={connection?.groups_claim ?? "groups"} />
          )}
        </Field>
        <Checkbox
          label="Who is not here yet becomes a member"
          hint="With an address of these domains. Otherwise people need an invitation first."
          checked={provision}
          onChange={(event) => setProvision(event.target.checked)}
        />
        {provision ? <RoleChoices legend="New members hold" chosen={roles} onChange={setRoles} /> : null}
        {connection ? <CodeBlock label="redirect URI" code={connection.redirect_uri} /> : null}
        <FormError error={create.error ?? update.error} />
        <Button type="submit" variant="primary" className="self-end" disabled={create.isPending || update.isPending}>
          {connection ? "Save" : "Connect"}
        </Button>
      </form>
    </Dialog>
  );
}
