"use client";
import { useState } from "react";
import { useConsole } from "@/components/console-context";
import { VerdictWords } from "@/components/control/verdict";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/field";
import type { PolicyRules } from "@/lib/api/control";
import { useTryPolicy } from "@/lib/queries/policies";
import { instant } from "@/lib/time";

const COUNTS = [20, 100, 500];

/** The dry run: which of the last changes a policy as it stands in the form would have held. */
export function TryPolicy({ policy }: { policy: Record<string, unknown> | null }) {
  const { project } = useConsole();
  const attempt = useTryPolicy(project.key);
  const [count, setCount] = useState(100);
  const past = attempt.data?.past;
  const run = () => {
    if (!policy) return;
    const rules = Object.fromEntries(Object.entries(policy).filter(([, rule]) => rule !== null));
    attempt.mutate({ policy: rules as PolicyRules & { key: string }, replay: count });
  };
  return (
    <section aria-label="Try it" className="mt-5 flex flex-col gap-3 rounded-md bg-sunken p-3">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="mr-auto font-semibold text-sm">Try it on the past</h3>
        <Select aria-label="How many changes" value={count} onChange={(event) => setCount(Number(event.target.value))}>
          {COUNTS.map((each) => (
            <option key={each} value={each}>
              the last {each} changes
            </option>
          ))}
        </Select>
        <Button aria-disabled={policy === null || attempt.isPending} onClick={run}>
          {attempt.isPending ? "Trying…" : "Try it"}
        </Button>
      </div>
      <FormError error={attempt.error} />
      {past ? (
        <div role="status" className="flex flex-col gap-3">
          <p className="text-sm">
            <b className="font-semibold">
              {past.held.length} of {past.changes} {past.changes === 1 ? "change" : "changes"}
            </b>{" "}
            would have been held.
            {past.cut ? " What is older was pruned or redacted." : ""}
            {policy?.min_soak && past.left_out.includes("min_soak")
              ? " For how long something had been served is not looked up."
              : ""}
          </p>
          <ol className="flex flex-col gap-3">
            {past.held.slice(0, 20).map((held) => (
              <li key={held.rev} className="flex flex-col gap-1">
                <p className="text-xs">
                  <b className="font-medium">Revision {held.rev}</b>, {held.actor_name ?? "somebody"}: {held.summary}
                  <span className="text-ink-3"> · {instant(held.at)}</span>
                </p>
                <VerdictWords verdict={held.verdict} />
              </li>
            ))}
          </ol>
          {past.held.length > 20 ? <p className="text-ink-3 text-xs">and {past.held.length - 20} more.</p> : null}
        </div>
      ) : (
        <p className="text-ink-3 text-xs">Nothing is written. It says which changes it would have held, and why.</p>
      )}
    </section>
  );
}
