"use client";
import { Ban, UserRoundCheck } from "lucide-react";
import type { Verdict } from "@/lib/api/control";
import { requirementText, violationText } from "@/lib/control-words";

/** What policies say about a change, one sentence each: marks and words, not colour alone. */
export function VerdictWords({ verdict }: { verdict: Verdict }) {
  const { violations, approvals, notes } = verdict;
  if (violations.length + approvals.length + notes.length === 0)
    return <p className="text-ink-2 text-sm">No policy stands against it, and nobody has to approve it.</p>;
  return (
    <ul data-slot="verdict" className="flex flex-col gap-1.5 text-sm">
      {violations.map((one, i) => (
        <li key={`violation ${i}`} className="flex items-start gap-2 rounded-md bg-bad-tint px-2.5 py-1.5">
          <Ban aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
          <span className="min-w-0 break-words">
            <span className="sr-only">Forbidden: </span>
            {violationText(one)}
            {one.may_bypass ? null : " Not even an emergency passes over this."}
          </span>
        </li>
      ))}
      {approvals.map((one, i) => (
        <li key={`approval ${i}`} className="flex items-start gap-2 rounded-md bg-warn-tint px-2.5 py-1.5">
          <UserRoundCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
          <span className="min-w-0 break-words">{requirementText(one)}.</span>
        </li>
      ))}
      {notes.map((one, i) => (
        <li key={`note ${i}`} className="px-2.5 text-ink-2 text-xs">
          {one.message}
        </li>
      ))}
    </ul>
  );
}
