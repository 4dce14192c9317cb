"use client";
import { GitCompareArrows } from "lucide-react";
import { useState } from "react";
import { useConsole } from "@/components/console-context";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import type { ChangeRequest, MergeChoice, MergeConflict } from "@/lib/api/control";
import { conflictSides, pointerWords } from "@/lib/control-diff";
import { placeName, reasons, touchesText } from "@/lib/control-words";
import { useActOnChangeRequest } from "@/lib/queries/change-requests";
import { toast } from "@/lib/toast";

const nameOf = ({ kind, key, pointer }: MergeConflict) => `${kind} ${key} ${pointer}`;

/** It moved: what was changed under it, and what both sides changed, to be decided place by place. */
export function Conflicts({ request }: { request: ChangeRequest }) {
  const { project, session } = useConsole();
  const act = useActOnChangeRequest(project.key, request.id);
  const [choices, setChoices] = useState<Record<string, MergeChoice["take"]>>({});
  const why = reasons(request, session.user.id, (permission) => session.permissions.includes(permission)).rebase;
  const open = request.conflicts.filter((conflict) => !choices[nameOf(conflict)]).length;
  const blocked =
    why ?? (open > 0 ? `Choose a side for ${open === 1 ? "one more place" : `${open} more places`}.` : null);
  const rebase = () => {
    if (blocked) return;
    const chosen = request.conflicts.flatMap((conflict): MergeChoice[] => {
      const { kind, key, pointer } = conflict;
      const take = choices[nameOf(conflict)];
      return take ? [{ kind, key, pointer, take }] : [];
    });
    act.mutate(
      { act: "rebase", choices: chosen },
      { onSuccess: () => toast.success("It is rebased. Approvals were for the content before, and count no more.") },
    );
  };
  return (
    <Card
      className="border-warn/60"
      title={
        <span className="flex items-center gap-2">
          <GitCompareArrows aria-hidden className="size-4 text-warn" /> It has moved
        </span>
      }
    >
      <div className="flex flex-col gap-3">
        <p className="text-ink-2 text-sm">
          Changed since this was made: <b className="font-medium text-ink">{touchesText(request.moved)}</b>. A rebase
          brings it onto the project as it is now; approvals count no more then.
        </p>
        {request.conflicts.map((conflict) => {
          const name = nameOf(conflict);
          const sides = conflictSides(conflict);
          return (
            <fieldset key={name} className="min-w-0 rounded-md border p-3">
              <legend className="px-1 font-medium text-xs">
                {placeName(conflict)}
                {conflict.pointer ? `: ${pointerWords(conflict.pointer)}` : ""}
              </legend>
              <p className="mb-2 break-words text-ink-3 text-xs">Was: {sides.base}</p>
              <div className="grid gap-2 sm:grid-cols-2">
                {(["request", "current"] as const).map((side) => (
                  <label
                    key={side}
                    className="flex min-w-0 items-start gap-2 rounded-md border px-2.5 py-2 text-sm has-checked:border-accent has-checked:bg-accent-tint has-focus-visible:outline-2 has-focus-visible:outline-accent"
                  >
                    <input
                      type="radio"
                      name={name}
                      className="mt-1 accent-(--accent)"
                      checked={choices[name] === side}
                      onChange={() => setChoices({ ...choices, [name]: side })}
                    />
                    <span className="min-w-0">
                      <span className="block text-ink-3 text-xs">
                        {side === "request" ? "This request" : "Now there"}
                      </span>
                      <span className="break-words">{sides[side]}</span>
                    </span>
                  </label>
                ))}
              </div>
            </fieldset>
          );
        })}
        <FormError error={act.error} />
        <div className="flex flex-wrap items-center justify-end gap-2">
          {blocked ? (
            <span id="rebase-reason" className="text-ink-3 text-xs">
              {blocked}
            </span>
          ) : null}
          <Button
            variant="primary"
            aria-disabled={blocked !== null || act.isPending}
            aria-describedby={blocked ? "rebase-reason" : undefined}
            onClick={rebase}
          >
            Rebase
          </Button>
        </div>
      </div>
    </Card>
  );
}
