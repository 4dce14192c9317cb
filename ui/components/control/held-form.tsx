"use client";
import { ShieldAlert } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import type { Verdict, When } from "@/lib/api/control";
import type { Way } from "@/lib/api/way";
import { alongside } from "@/lib/control-words";
import { useNow } from "@/lib/now";
import { useUnfinished } from "@/lib/queries/change-requests";
import { localTime, localZone } from "@/lib/zones";
import { useConsole } from "../console-context";
import { Button } from "../ui/button";
import { Checkbox, Field, Input } from "../ui/field";
import { VerdictWords } from "./verdict";
import { WhenFields, whenProblem } from "./when-fields";
import { WhichRequest } from "./which-request";

/** Why a change is held, and the ways that are left: others' approval, in a request of its own or of more, another time, or an emergency. */
export function HeldForm({
  verdict,
  title: suggested,
  reason,
  onWay,
  onBypass,
  children,
}: {
  verdict: Verdict;
  title: string;
  reason: string;
  /** The chosen way; null while it cannot be gone. */
  onWay: (way: Way | null) => void;
  onBypass: () => void;
  children?: ReactNode;
}) {
  const { session, project } = useConsole();
  const others = alongside(useUnfinished(project.key).data?.items ?? [], verdict.environments);
  const [into, setInto] = useState<string | null>(null);
  // One that is over by now is not there any more.
  const chosen = others.find(({ id }) => id === into) ?? null;
  const chosenId = chosen?.id;
  const [title, setTitle] = useState(suggested);
  const [scheduled, setScheduled] = useState(false);
  const [when, setWhen] = useState<When>(() => ({ at: "", zone: localZone() }));
  const now = useNow();
  useEffect(() => {
    if (chosenId) return onWay({ into: chosenId });
    const ready = title.trim() !== "" && (!scheduled || whenProblem(when, now) === null);
    onWay(ready ? { title: title.trim(), schedule: scheduled ? when : undefined } : null);
  }, [chosenId, title, scheduled, when, now, onWay]);
  const clears = verdict.violations.map((one) => one.clears_at ?? null);
  const clear = clears.length > 0 && clears.every((at) => at !== null) ? Math.max(...clears.map(Number)) : null;
  const held = verdict.approvals.length > 0;
  return (
    <section aria-label="Policies" className="flex flex-col gap-3 rounded-md border border-warn/50 p-3">
      <p role="status" className="font-semibold text-sm">
        {verdict.violations.length > 0
          ? "Policies forbid this now. Nothing is changed yet."
          : "This needs others' approval. Nothing is changed yet."}
      </p>
      <VerdictWords verdict={verdict} />
      {verdict.violations.length > 0 && clear === null ? (
        <p className="text-ink-2 text-xs">
          Change it so that it keeps to them. A change request is not exempt: it can be discussed, and applied when they
          allow it.
        </p>
      ) : null}
      {others.length > 0 ? <WhichRequest requests={others} chosen={chosen} onChoose={setInto} /> : null}
      {chosen ? null : (
        <Field
          label="Title of the change request"
          hint={held ? "What those who approve it will read first." : "It waits under this name."}
        >
          {(props) => (
            <Input
              {...props}
              required
              maxLength={200}
              value={title}
              onChange={(event) => setTitle(event.target.value)}
            />
          )}
        </Field>
      )}
      {!chosen && session.permissions.includes("schedule.manage") ? (
        <>
          <Checkbox
            label="Schedule…"
            hint={
              held
                ? "It is applied by itself at that time, if it is approved by then. Without a time, somebody applies it."
                : "It is applied by itself at that time, if the policies allow it then."
            }
            checked={scheduled}
            onChange={(event) => {
              setScheduled(event.target.checked);
              // The first minute at which nothing stands against it, when that is known.
              if (when.at === "" && clear !== null) setWhen({ ...when, at: localTime(clear + 59_999, when.zone) });
            }}
          />
          {scheduled ? <WhenFields when={when} onChange={setWhen} /> : null}
        </>
      ) : null}
      {children}
      <Bypass verdict={verdict} reason={reason} onBypass={onBypass} />
    </section>
  );
}

/** For emergencies: a reason, and a word that nobody types by accident. */
export function Bypass({
  verdict,
  reason,
  act = "Bypass the policies and save now",
  onBypass,
  children,
}: {
  verdict: Verdict;
  reason: string;
  act?: string;
  onBypass: () => void;
  children?: ReactNode;
}) {
  const { session, project } = useConsole();
  const [typed, setTyped] = useState("");
  if (!session.permissions.includes("change_request.bypass")) return null;
  if (verdict.violations.some((one) => !one.may_bypass)) return null;
  const word = verdict.environments[0] ?? project.key;
  const missing =
    reason.trim() === "" ? "Give the reason first." : typed !== word ? `Type ${word} to confirm.` : undefined;
  return (
    <details className="text-sm">
      <summary className="cursor-pointer rounded-sm font-medium text-bad">Bypass in an emergency</summary>
      <div className="mt-2 flex flex-col gap-2">
        <p className="text-ink-2 text-xs">
          It is saved at once, without the approvals it needs and past the policies. The audit log keeps that you did
          it, what was passed over, and your reason.
        </p>
        {children}
        <Field label={`Type ${word} to confirm`}>
          {(props) => (
            <Input
              {...props}
              spellCheck={false}
              className="font-mono"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <div className="flex flex-wrap items-center gap-2">
          <Button
            variant="danger"
            aria-disabled={missing !== undefined}
            title={missing}
            onClick={() => missing === undefined && onBypass()}
          >
            <ShieldAlert /> {act}
          </Button>
          {missing ? <span className="text-ink-3 text-xs">{missing}</span> : null}
        </div>
      </div>
    </details>
  );
}
