"use client";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { ServeEditor } from "@/components/editors";
import { ServeSentence } from "@/components/rule-sentence";
import { Button } from "@/components/ui/button";
import { VariantSelect } from "@/components/variant-select";
import type { Configuration, Flag, Serve } from "@/lib/api/types";
import { exactText } from "@/lib/sentence";

type Props = {
  flag: Flag;
  value: Configuration;
  editable: boolean;
  edit: (next: (value: Configuration) => Configuration) => void;
};

/** The one variant that a rule can give, if it is one. */
const servedBy = (serve: Serve): string | null =>
  "variant" in serve ? serve.variant : "rollout" in serve ? serve.rollout.variant : null;

/** What everyone gets whom no rule has decided for. */
export function DefaultRule({ flag, value, editable, edit, hasRules }: Props & { hasRules: boolean }) {
  const [editing, setEditing] = useState(false);
  // Easily missed: a new flag serves its first variant by default, and a rule that serves the same changes nothing.
  const last = "variant" in value.default ? value.default.variant : null;
  const anyway =
    last !== value.off_variant &&
    (value.rules ?? []).length > 0 &&
    (value.rules ?? []).every((rule) => servedBy(rule.serve) === last)
      ? last
      : null;
  return (
    <li aria-label="Default rule" className="px-4 py-2.5">
      <div className="flex items-start gap-3">
        <span aria-hidden className="mt-1 size-5 shrink-0 text-center text-ink-3">
          ∗
        </span>
        <div className="min-w-0 flex-1 leading-7">
          <span className="font-medium text-ink-2">{hasRules ? "Otherwise " : "Everyone "}</span>
          <ServeSentence serve={value.default} asDefault offVariant={value.off_variant} />
        </div>
        {editable ? (
          <Button
            size="sm"
            variant="ghost"
            aria-label={editing ? "Close the default rule" : "Edit the default rule"}
            onClick={() => setEditing(!editing)}
          >
            {editing ? (
              "Done"
            ) : (
              <>
                <Pencil /> Edit
              </>
            )}
          </Button>
        ) : null}
      </div>
      {editable && anyway ? (
        <p className="ml-8 flex flex-wrap items-center gap-2 text-warn text-xs">
          The rules make no difference: everyone gets {anyway} anyway.
          <Button
            size="sm"
            variant="link"
            onClick={() => edit((now) => ({ ...now, default: { variant: now.off_variant } }))}
          >
            Serve {value.off_variant} otherwise
          </Button>
        </p>
      ) : null}
      {editing && editable ? (
        <div className="mt-2 rounded-md bg-sunken p-3">
          <ServeEditor
            label="Default rule"
            asDefault
            serve={value.default}
            variants={flag.variants}
            offVariant={value.off_variant}
            onChange={(serve) => edit((now) => ({ ...now, default: serve }))}
          />
        </div>
      ) : null}
    </li>
  );
}

export function OffVariant({ flag, value, editable, edit }: Props) {
  return (
    <li aria-label="When off" className="flex items-center gap-3 px-4 py-2.5">
      <span aria-hidden className="size-5 shrink-0 text-center text-ink-3">
        ○
      </span>
      <span className="font-medium text-ink-2">When off serve</span>
      {value.off ? (
        <>
          <span className="min-w-0 break-words">{exactText(value.off)}</span>
          {editable ? (
            <Button size="sm" variant="ghost" onClick={() => edit(({ off: _, ...now }) => now)}>
              Serve a variant instead
            </Button>
          ) : null}
        </>
      ) : editable ? (
        <VariantSelect
          label="Off variant"
          variants={flag.variants}
          value={value.off_variant}
          onChange={(off_variant) => edit((now) => ({ ...now, off_variant }))}
        />
      ) : (
        <span>{value.off_variant}</span>
      )}
    </li>
  );
}
