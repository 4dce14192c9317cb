"use client";
import { useRouter } from "next/navigation";
import type { FormEvent } from "react";
import { useState } from "react";
import type { ValueType } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { useCreateFlag, useFlags } from "@/lib/queries/flags";
import { href } from "@/lib/url";
import { useConsole } from "./console-context";
import { NameAndKey, useNameAndKey } from "./key-fields";
import { EmptyState, FormError } from "./states";
import { Button } from "./ui/button";
import { Dialog } from "./ui/dialog";

const TYPES: { type: ValueType; name: string }[] = [
  { type: "boolean", name: "On / off" },
  { type: "string", name: "Text" },
  { type: "number", name: "Number" },
  { type: "json", name: "JSON" },
];

/** Name, key, type, Enter: off everywhere, and the new flag's page opens. */
export function CreateFlag({ name, onClose }: { name: string; onClose: () => void }) {
  const { project, can } = useConsole();
  const router = useRouter();
  const flags = useFlags(project.key);
  const create = useCreateFlag(project.key);
  const state = useNameAndKey(name);
  const [type, setType] = useState<ValueType>("boolean");
  const taken = flags.data?.items.some((flag) => flag.key === state.key);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (state.problem || state.key === "" || taken) return;
    create.mutate(
      { key: state.key, name: state.name.trim() || state.key, type },
      {
        onSuccess: (flag) => {
          onClose();
          router.push(href("/flag", { p: project.key, key: flag.key }));
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="New flag"
      description="Off everywhere until you say otherwise."
      className="max-w-md"
    >
      {can("editor") ? (
        <form onSubmit={submit} className="flex flex-col gap-3">
          <NameAndKey state={state} placeholder="New checkout" taken={taken} />
          <fieldset>
            <legend className="mb-1 font-medium text-xs">Type</legend>
            <div className="grid grid-cols-4 gap-1 rounded-md border bg-sunken p-1">
              {TYPES.map((each) => (
                <label
                  key={each.type}
                  className={cn(
                    "flex h-7 items-center justify-center rounded-sm text-ink-2 text-xs has-focus-visible:outline-2 has-focus-visible:outline-accent",
                    type === each.type && "bg-raised font-medium text-ink shadow-sm ring-1 ring-edge/50",
                  )}
                >
                  <input
                    type="radio"
                    name="type"
                    value={each.type}
                    checked={type === each.type}
                    onChange={() => setType(each.type)}
                    className="sr-only"
                  />
                  {each.name}
                </label>
              ))}
            </div>
          </fieldset>
          <FormError error={create.error} />
          <div className="flex items-center justify-between gap-3">
            <code className="truncate font-mono text-[11px] text-ink-3">POST /api/v1/projects/{project.key}/flags</code>
            <Button type="submit" variant="primary" disabled={create.isPending || Boolean(taken)}>
              Create flag
            </Button>
          </div>
        </form>
      ) : (
        <EmptyState title="You may not create flags">Ask an owner of this tenant to make you an editor.</EmptyState>
      )}
    </Dialog>
  );
}
