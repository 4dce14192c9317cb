"use client";
import { Plus, Trash2 } from "lucide-react";
import Link from "next/link";
import { useConsole } from "@/components/console-context";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Combobox } from "@/components/ui/combobox";
import { Checkbox } from "@/components/ui/field";
import { IconButton } from "@/components/ui/icon-button";
import type { Configuration, Flag, Prerequisite } from "@/lib/api/types";
import { useFlags } from "@/lib/queries/flags";
import { href } from "@/lib/url";

type Props = {
  flag: Flag;
  value: Configuration;
  editable: boolean;
  edit: (next: (value: Configuration) => Configuration) => void;
};

/** Other flags that must serve something first. */
export function PrerequisitesCard({ flag, value, editable, edit }: Props) {
  const { project } = useConsole();
  const flags = (useFlags(project.key).data?.items ?? []).filter((each) => !each.archived && each.key !== flag.key);
  const needed = value.prerequisites ?? [];
  const put = (next: Prerequisite[]) => edit((now) => ({ ...now, prerequisites: next }));
  const set = (i: number, change: Partial<Prerequisite>) =>
    put(needed.map((each, k) => (k === i ? { ...each, ...change } : each)));
  const add = editable ? (
    <Button
      size="sm"
      variant={needed.length > 0 ? "secondary" : "ghost"}
      onClick={() => put([...needed, { flag: "", variants: [] }])}
    >
      <Plus /> Add prerequisite
    </Button>
  ) : null;
  if (needed.length === 0) return add;
  return (
    <Card className="w-full" title="Prerequisites" action={add}>
      <ul className="flex flex-col gap-2">
        {needed.map((each, i) => {
          const other = flags.find((candidate) => candidate.key === each.flag);
          return (
            <li key={i} className="flex flex-wrap items-center gap-2 text-sm">
              {editable ? (
                <Combobox
                  label={`Prerequisite ${i + 1}`}
                  className="w-56 font-mono text-xs"
                  value={each.flag}
                  invalid={each.flag === ""}
                  placeholder="flag"
                  options={flags.map((candidate) => ({ value: candidate.key, hint: candidate.name }))}
                  empty="No such flag."
                  onChange={(key) => {
                    const chosen = flags.find((candidate) => candidate.key === key);
                    set(i, { flag: key, variants: chosen?.variants[0] ? [chosen.variants[0].key] : [] });
                  }}
                />
              ) : (
                <Link
                  className="font-mono text-accent text-xs"
                  href={href("/flag", { p: project.key, key: each.flag })}
                >
                  {each.flag}
                </Link>
              )}
              <span className="text-ink-2">must serve</span>
              {editable && other ? (
                <fieldset className="flex flex-wrap gap-3">
                  <legend className="sr-only">What {each.flag} must serve</legend>
                  {other.variants.map((variant) => (
                    <Checkbox
                      key={variant.key}
                      label={variant.key}
                      checked={each.variants.includes(variant.key)}
                      onChange={(event) =>
                        set(i, {
                          variants: event.target.checked
                            ? [...each.variants, variant.key]
                            : each.variants.filter((key) => key !== variant.key),
                        })
                      }
                    />
                  ))}
                </fieldset>
              ) : (
                <span>{each.variants.join(" or ")}</span>
              )}
              {editable ? (
                <IconButton
                  label={`Remove prerequisite ${each.flag || i + 1}`}
                  onClick={() => put(needed.filter((_, k) => k !== i))}
                >
                  <Trash2 />
                </IconButton>
              ) : null}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
