"use client";
import dynamic from "next/dynamic";
import { type ReactNode, useRef, useState } from "react";
import type { PolicyQuestion, Verdict } from "@/lib/api/control";
import type { Configuration, Environment, Json } from "@/lib/api/types";
import { Asked, type Reason, verdictOf, type Way, wayName } from "@/lib/api/way";
import type { Change } from "@/lib/changes";
import { cn } from "@/lib/cn";
import { DifferenceTabs } from "./difference-tabs";
import { Impact } from "./impact";
import { EnvBadge } from "./marks";
import { FormError } from "./states";
import { Button } from "./ui/button";
import { Sheet } from "./ui/dialog";
import { Field, Input } from "./ui/field";
import { Kbd } from "./ui/kbd";

// Most changes are held by nothing: how the others go on comes when it is wanted.
const HeldForm = dynamic(() => import("./control/held-form").then((m) => m.HeldForm), { ssr: false });
const Foreseen = dynamic(() => import("./control/foreseen").then((m) => m.Foreseen), { ssr: false });

/**
 * Shows what a change does before it is made. Its button is named after the act; Enter and Ctrl-Enter press it. What
 * policies hold, as `question` foresees or the server answers, goes into a change request from here, or past them.
 */
export function ReviewSheet({
  title,
  environment,
  note,
  changes,
  before,
  after,
  children,
  confirm,
  danger,
  question,
  onConfirm,
  onClose,
}: {
  title: string;
  environment?: Environment;
  note?: ReactNode;
  changes: Change[];
  before: Json;
  after: Json;
  children?: ReactNode;
  confirm: string;
  danger?: boolean;
  /** The change as the policies are asked about it. */
  question?: PolicyQuestion;
  onConfirm: (reason: Reason) => Promise<unknown>;
  onClose: () => void;
}) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const button = useRef<HTMLButtonElement>(null);

  const [held, setHeld] = useState<Verdict | null>(null);
  const [way, setWay] = useState<Way | null>(null);

  const send = async (way: Way) => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await onConfirm({ text: reason.trim(), way });
      onClose();
    } catch (problem) {
      if (problem instanceof Asked) return onClose();
      const verdict = verdictOf(problem);
      // What is held is explained with the ways that are left; a refusal of one of these ways is an error.
      if (verdict) setHeld(verdict);
      if (!verdict || way !== "straight") setError(problem);
      setBusy(false);
    }
  };
  const act = () => {
    if (!held) return send("straight");
    return way ? send(way) : undefined;
  };

  return (
    <Sheet
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={
        environment ? (
          <span className="flex items-center gap-2">
            in <EnvBadge environment={environment} />
            {environment.production ? (
              <span>– {held ? "policies hold this" : "real users see this at once"}</span>
            ) : null}
          </span>
        ) : (
          "Check the difference, then save."
        )
      }
      className={cn(environment?.production && "border-l-2 border-l-bad")}
      onOpenAutoFocus={(event) => {
        event.preventDefault();
        button.current?.focus();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          void act();
        }
      }}
      footer={
        <>
          <span className="mr-auto flex items-center gap-1 text-ink-3 text-xs max-sm:hidden">
            <Kbd>Ctrl</Kbd>
            <Kbd>Enter</Kbd>
          </span>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            ref={button}
            variant={danger && !held ? "danger" : "primary"}
            onClick={() => void act()}
            aria-disabled={busy || (held !== null && way === null)}
          >
            {busy ? "Saving…" : held ? wayName(held, way) : confirm}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {note ? <div className="text-sm">{note}</div> : null}
        {children}
        <DifferenceTabs changes={changes} before={before} after={after} />
        {environment && question?.configuration ? (
          <Impact
            flag={question.configuration.flag}
            environment={environment}
            before={before as unknown as Configuration}
            after={after as unknown as Configuration}
          />
        ) : null}
        <Field label="Reason (kept in the history)">
          {(props) => (
            <Input
              {...props}
              maxLength={500}
              placeholder="Why?"
              value={reason}
              onChange={(event) => setReason(event.target.value)}
              onKeyDown={(event) => event.key === "Enter" && !event.ctrlKey && void act()}
            />
          )}
        </Field>
        {question ? <Foreseen question={question} reason={reason.trim() !== ""} onVerdict={setHeld} /> : null}
        {held ? (
          <HeldForm
            title={environment ? `${title} in ${environment.name}` : title}
            verdict={held}
            reason={reason}
            onWay={setWay}
            onBypass={() => void send("bypass")}
          />
        ) : null}
        <FormError error={error} />
      </div>
    </Sheet>
  );
}
