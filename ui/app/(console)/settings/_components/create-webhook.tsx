"use client";
import { type FormEvent, useState } from "react";
import { SecretOnce } from "@/components/secret-once";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, Select } from "@/components/ui/field";
import type { Webhook, WebhookFormat } from "@/lib/api/types";
import { useCreateWebhook } from "@/lib/queries/webhooks";

/** Words between commas or spaces. */
const words = (value: FormDataEntryValue | null): string[] =>
  String(value ?? "")
    .split(/[\s,]+/)
    .filter(Boolean);

export function CreateWebhook({ onClose }: { onClose: () => void }) {
  const create = useCreateWebhook();
  const [made, setMade] = useState<Webhook | null>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    create.mutate(
      {
        name: String(form.get("name")).trim(),
        url: String(form.get("url")).trim(),
        format: form.get("format") as WebhookFormat,
        actions: words(form.get("actions")),
        projects: words(form.get("projects")),
        environments: words(form.get("environments")),
      },
      { onSuccess: setMade },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={made ? `Webhook “${made.name}”` : "New webhook"}
      onInteractOutside={(event) => made && event.preventDefault()}
      footer={made ? <Button onClick={onClose}>I have copied it</Button> : null}
    >
      {made?.secret ? (
        <SecretOnce secret={made.secret} label="Signing secret">
          <p className="text-ink-2 text-sm">The receiver checks with it that a message comes from here.</p>
        </SecretOnce>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-3">
          <Field label="Name" hint="Who is told.">
            {(props) => <Input {...props} name="name" required autoFocus placeholder="Deploy bot" />}
          </Field>
          <Field label="Address" hint="Called from the server; it must be public.">
            {(props) => <Input {...props} name="url" required placeholder="https://example.com/hooks/flags" />}
          </Field>
          <Field label="Format">
            {(props) => (
              <Select {...props} name="format" defaultValue="standard" className="w-full">
                <option value="standard">Signed JSON (Standard Webhooks)</option>
                <option value="slack">A sentence for Slack</option>
              </Select>
            )}
          </Field>
          <Field label="Actions" hint="* is everything; flag.* or configuration.update is less.">
            {(props) => <Input {...props} name="actions" defaultValue="*" />}
          </Field>
          <Field label="Projects" hint="Keys, or * for all.">
            {(props) => <Input {...props} name="projects" defaultValue="*" />}
          </Field>
          <Field label="Environments" hint="Keys, or * for all.">
            {(props) => <Input {...props} name="environments" defaultValue="*" />}
          </Field>
          <FormError error={create.error} />
          <Button type="submit" variant="primary" className="self-end" disabled={create.isPending}>
            Create webhook
          </Button>
        </form>
      )}
    </Dialog>
  );
}
