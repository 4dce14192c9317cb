"use client";
import { Archive } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useConsole } from "@/components/console-context";
import { ReviewSheet } from "@/components/review";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { ChipsField } from "@/components/ui/chips-field";
import { CopyButton } from "@/components/ui/copy-button";
import { Checkbox, Field, Input, Textarea } from "@/components/ui/field";
import type { Flag } from "@/lib/api/types";
import { useArchiveFlag, useUpdateFlag } from "@/lib/queries/flags";
import { instant } from "@/lib/time";
import { saved } from "@/lib/undo";
import { href } from "@/lib/url";

export function SettingsTab({ flag }: { flag: Flag }) {
  const { project, environments, can } = useConsole();
  const router = useRouter();
  const update = useUpdateFlag(project.key, flag.key);
  const archive = useArchiveFlag(project.key);
  const [form, setForm] = useState({
    name: flag.name,
    description: flag.description ?? "",
    owner: flag.owner ?? "",
    tags: flag.tags,
    permanent: flag.permanent,
  });
  const [archiving, setArchiving] = useState(false);
  const editable = can("editor") && !flag.archived;
  const needed = flag.needed_by ?? [];

  const submit = (event: FormEvent) => {
    event.preventDefault();
    update.mutate(
      { patch: { ...form, owner: form.owner.trim() || null }, revision: flag.revision },
      { onSuccess: ({ rev }) => saved(`${flag.key} is saved`, project.key, rev) },
    );
  };
  return (
    <div className="flex max-w-2xl flex-col gap-4">
      <Card title="About">
        <form onSubmit={submit} className="flex flex-col gap-3">
          <fieldset disabled={!editable} className="flex flex-col gap-3">
            <Field label="Name">
              {(props) => (
                <Input
                  {...props}
                  required
                  value={form.name}
                  onChange={(event) => setForm({ ...form, name: event.target.value })}
                />
              )}
            </Field>
            <Field label="Description" hint="Why it exists, and when it can go.">
              {(props) => (
                <Textarea
                  {...props}
                  rows={3}
                  value={form.description}
                  onChange={(event) => setForm({ ...form, description: event.target.value })}
                />
              )}
            </Field>
            <Field label="Owner" hint="Who answers for it: a person or a team.">
              {(props) => (
                <Input
                  {...props}
                  value={form.owner}
                  onChange={(event) => setForm({ ...form, owner: event.target.value })}
                />
              )}
            </Field>
            <div className="flex flex-col gap-1">
              <span className="font-medium text-xs">Tags</span>
              <ChipsField
                label="Tags"
                values={form.tags}
                read={(typed) => typed.trim()}
                show={(tag) => tag}
                placeholder="tag, Enter"
                onChange={(tags) => setForm({ ...form, tags })}
              />
            </div>
            <Checkbox
              label="Permanent"
              hint="Meant to stay, like a kill switch or an entitlement."
              checked={form.permanent}
              onChange={(event) => setForm({ ...form, permanent: event.target.checked })}
            />
          </fieldset>
          <FormError error={update.error} />
          {editable ? (
            <Button type="submit" variant="primary" className="self-end" disabled={update.isPending}>
              Save
            </Button>
          ) : null}
        </form>
      </Card>
      <Card title="Facts">
        <dl className="grid grid-cols-[120px_minmax(0,1fr)] gap-y-1.5 text-sm">
          <dt className="text-ink-3 text-xs">Created</dt>
          <dd>{instant(flag.created_at)}</dd>
          <dt className="text-ink-3 text-xs">Revision</dt>
          <dd className="tabular-nums">{flag.revision}</dd>
          {flag.salt ? (
            <>
              <dt className="text-ink-3 text-xs">Salt</dt>
              <dd className="flex items-center gap-1 break-all font-mono text-xs">
                {flag.salt} <CopyButton text={flag.salt} label="Copy the salt" />
              </dd>
            </>
          ) : null}
        </dl>
      </Card>
      {editable ? (
        <Card title="Archive">
          <p className="mb-3 text-ink-2 text-sm">
            An archived flag is served nowhere: code that still asks gets its own default. Its key stays taken, its
            history stays, and it can be restored.
            {needed.length > 0
              ? ` ${needed.join(", ")} ${needed.length === 1 ? "needs" : "need"} it, so it cannot be archived yet.`
              : ""}
          </p>
          <Button variant="quietDanger" disabled={needed.length > 0} onClick={() => setArchiving(true)}>
            <Archive /> Archive {flag.key}
          </Button>
        </Card>
      ) : null}
      {archiving ? (
        <ReviewSheet
          title={`Archive ${flag.key}`}
          environment={environments.find((each) => each.production)}
          changes={environments.map((each) => ({
            subject: each.name,
            before: `serves ${flag.environments[each.key]?.serves.text ?? "off"}`,
            after: "not served; code uses its default",
          }))}
          before={{ archived: false }}
          after={{ archived: true }}
          confirm="Archive it everywhere"
          danger
          onClose={() => setArchiving(false)}
          onConfirm={async (reason) => {
            const { rev } = await archive.mutateAsync({ key: flag.key, archive: true, reason });
            saved(`${flag.key} is archived`, project.key, rev);
            router.push(href("/flags", { p: project.key }));
          }}
        />
      ) : null}
    </div>
  );
}
