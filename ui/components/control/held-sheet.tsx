"use client";
import { useState } from "react";
import { Asked, type HeldChange, verdictOf, type Way, wayName } from "@/lib/api/way";
import { FormError } from "../states";
import { Button } from "../ui/button";
import { Sheet } from "../ui/dialog";
import { Field, Input } from "../ui/field";
import { HeldForm } from "./held-form";

export type Question = HeldChange & { settle: (answer: unknown) => void; fail: (problem: unknown) => void };

/** Asks which way a held change should go, wherever in the console it was to be saved. */
export function HeldSheet({ question, onClose }: { question: Question; onClose: () => void }) {
  const [verdict, setVerdict] = useState(question.verdict);
  const [way, setWay] = useState<Way | null>(null);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const send = async (way: Way) => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      question.settle(await question.again({ text: reason.trim(), way }));
      onClose();
    } catch (failure) {
      if (failure instanceof Asked) {
        question.fail(failure);
        onClose();
        return;
      }
      setVerdict(verdictOf(failure) ?? verdict);
      setError(failure);
      setBusy(false);
    }
  };
  const cancel = () => {
    question.fail(question.problem);
    onClose();
  };
  return (
    <Sheet
      open
      onOpenChange={(open) => !open && cancel()}
      title="Policies hold this change"
      description="Choose what becomes of it. Until then nothing is changed."
      footer={
        <>
          <Button onClick={cancel}>Cancel</Button>
          <Button variant="primary" aria-disabled={busy || way === null} onClick={() => way && void send(way)}>
            {busy ? "Sending…" : wayName(verdict, way)}
          </Button>
        </>
      }
    >
      <HeldForm verdict={verdict} title="" reason={reason} onWay={setWay} onBypass={() => void send("bypass")}>
        <Field label="Reason (kept in the history)">
          {(props) => (
            <Input
              {...props}
              maxLength={500}
              placeholder="Why?"
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        <FormError error={error} />
      </HeldForm>
    </Sheet>
  );
}
