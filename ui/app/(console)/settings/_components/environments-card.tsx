"use client";
import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Confirm } from "@/components/confirm";
import { useConsole } from "@/components/console-context";
import { NameAndKey, useNameAndKey } from "@/components/key-fields";
import { EnvBadge, environmentText } from "@/components/marks";
import { FormError } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { Checkbox, Field, Input } from "@/components/ui/field";
import type { Environment } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { useDeleteEnvironment, useSaveEnvironment } from "@/lib/queries/projects";
import { toast } from "@/lib/toast";

const COLORS = ["blue", "teal", "green", "amber", "violet", "red"];

export function EnvironmentsCard() {
  const { project, environments, can } = useConsole();
  const remove = useDeleteEnvironment(project.key);
  const [editing, setEditing] = useState<Environment | "new" | null>(null);
  const [deleting, setDeleting] = useState<Environment | null>(null);
  return (
    <Card
      flush
      title="Environments"
      action={
        can("admin") ? (
          <Button size="sm" onClick={() => setEditing("new")}>
            <Plus /> Add environment
          </Button>
        ) : null
      }
    >
      <ul className="divide-y">
        {environments.map((each) => (
          <li key={each.key} className="flex flex-wrap items-center gap-3 px-4 py-2">
            <EnvBadge environment={each} className="min-w-36" />
            <code className="font-mono text-ink-3 text-xs">{each.key}</code>
            {each.production ? <Badge tone="bad">changes are reviewed</Badge> : null}
            {can("admin") ? (
              <span className="ml-auto flex gap-1">
                <Button size="sm" variant="ghost" aria-label={`Edit ${each.name}`} onClick={() => setEditing(each)}>
                  Edit
                </Button>
                <Button
                  size="sm"
                  variant="ghost"
                  className="text-bad"
                  aria-label={`Delete ${each.name}`}
                  disabled={environments.length < 2}
                  onClick={() => setDeleting(each)}
                >
                  Delete
                </Button>
              </span>
            ) : null}
          </li>
        ))}
      </ul>
      {editing ? (
        <EnvironmentDialog existing={editing === "new" ? undefined : editing} onClose={() => setEditing(null)} />
      ) : null}
      {deleting ? (
        <Confirm
          title={`Delete ${deleting.name}`}
          confirm={`Delete ${deleting.name}`}
          onClose={() => setDeleting(null)}
          onConfirm={async () => {
            await remove.mutateAsync(deleting.key);
            toast.success(`${deleting.name} is deleted.`);
          }}
        >
          <p>
            All flags lose what they serve in {deleting.name}, and its SDK keys stop working at once. The history keeps
            all of it.
          </p>
        </Confirm>
      ) : null}
    </Card>
  );
}

function EnvironmentDialog({ existing, onClose }: { existing?: Environment; onClose: () => void }) {
  const { project } = useConsole();
  const save = useSaveEnvironment(project.key);
  const state = useNameAndKey(existing?.name);
  const [color, setColor] = useState(existing?.color ?? 1);
  const [production, setProduction] = useState(existing?.production ?? false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const key = existing?.key ?? state.key;
    if (!existing && (state.problem || key === "")) return;
    save.mutate(
      { key, name: state.name.trim() || key, color, production, existing },
      {
        onSuccess: () => {
          toast.success(`${state.name} is saved.`);
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={existing ? `Edit ${existing.name}` : "New environment"}
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        {existing ? (
          <Field label="Name">
            {(props) => (
              <Input {...props} required value={state.name} onChange={(event) => state.setName(event.target.value)} />
            )}
          </Field>
        ) : (
          <NameAndKey state={state} placeholder="Preview" />
        )}
        <fieldset>
          <legend className="mb-1 font-medium text-xs">Colour</legend>
          <div className="flex flex-wrap gap-2">
            {COLORS.map((name, i) => (
              <label
                key={name}
                className="flex items-center gap-1.5 rounded-md border px-2 py-1 text-xs has-checked:border-accent has-checked:bg-accent-tint has-focus-visible:outline-2 has-focus-visible:outline-accent"
              >
                <input
                  type="radio"
                  name="color"
                  className="sr-only"
                  checked={color === i + 1}
                  onChange={() => setColor(i + 1)}
                />
                <span aria-hidden className={cn("size-3 rounded-full bg-current", environmentText({ color: i + 1 }))} />
                {name}
              </label>
            ))}
          </div>
        </fieldset>
        <Checkbox
          label="Production"
          hint="Every change is reviewed before it is saved, and its pages have a red edge."
          checked={production}
          onChange={(event) => setProduction(event.target.checked)}
        />
        <FormError error={save.error} />
        <Button type="submit" variant="primary" className="self-end" disabled={save.isPending}>
          {existing ? "Save" : "Add environment"}
        </Button>
      </form>
    </Dialog>
  );
}
