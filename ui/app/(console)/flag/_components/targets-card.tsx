"use client";
import { Plus, Trash2 } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { ChipsField } from "@/components/ui/chips-field";
import { IconButton } from "@/components/ui/icon-button";
import { VariantSelect } from "@/components/variant-select";
import type { Configuration, Flag, Target } from "@/lib/api/types";

type Props = {
  flag: Flag;
  value: Configuration;
  editable: boolean;
  edit: (next: (value: Configuration) => Configuration) => void;
};

/** Keys that get a variant before any rule is asked. */
export function TargetsCard({ flag, value, editable, edit }: Props) {
  const targets = value.targets ?? [];
  const put = (next: Target[]) => edit((now) => ({ ...now, targets: next }));
  const unused = flag.variants.find((variant) => !targets.some((target) => target.variant === variant.key));
  if (targets.length === 0 && !editable) return null;
  const add =
    editable && unused ? (
      <Button
        size="sm"
        variant={targets.length > 0 ? "secondary" : "ghost"}
        onClick={() => put([...targets, { variant: unused.key, context_kind: "user", keys: [] }])}
      >
        <Plus /> Add individual targets
      </Button>
    ) : null;
  if (targets.length === 0) return add;
  return (
    <Card className="w-full" title="Individual targets" action={add}>
      <ul className="flex flex-col gap-2">
        {targets.map((target, i) => (
          <li key={i} className="flex flex-wrap items-start gap-2 max-sm:relative max-sm:pr-9">
            {editable ? (
              <>
                <VariantSelect
                  label={`Variant of individual targets ${i + 1}`}
                  variants={flag.variants}
                  value={target.variant}
                  onChange={(variant) => put(targets.map((each, k) => (k === i ? { ...each, variant } : each)))}
                />
                <span className="pt-1.5 text-ink-2 text-sm">
                  for {target.context_kind && target.context_kind !== "user" ? `${target.context_kind} keys` : "users"}
                </span>
                <ChipsField
                  label={`Keys that get ${target.variant}`}
                  mono
                  className="min-w-48 flex-1 max-sm:w-full max-sm:flex-none"
                  values={target.keys}
                  read={(typed) => typed.trim()}
                  show={(key) => key}
                  placeholder="user key, Enter; or paste many"
                  onChange={(keys) => put(targets.map((each, k) => (k === i ? { ...each, keys } : each)))}
                />
                <IconButton
                  className="max-sm:absolute max-sm:top-0 max-sm:right-0"
                  label={`Remove the individual targets of ${target.variant}`}
                  onClick={() => put(targets.filter((_, k) => k !== i))}
                >
                  <Trash2 />
                </IconButton>
              </>
            ) : (
              <p className="text-sm">
                {target.variant} for {target.keys.join(", ")}
              </p>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
