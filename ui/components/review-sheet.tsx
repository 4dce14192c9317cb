"use client";
import { type ReactNode, useRef, useState } from "react";
import type { Environment, Json } from "@/lib/api/types";
import type { Change } from "@/lib/changes";
import { cn } from "@/lib/cn";
import { JsonDiff, SentenceDiff } from "./differences";
import { EnvBadge } from "./marks";
import { FormError } from "./states";
import { Button } from "./ui/button";
import { Sheet } from "./ui/dialog";
import { Field, Input } from "./ui/field";
import { Kbd } from "./ui/kbd";
import { Tab, TabList, TabPanel, Tabs } from "./ui/tabs";

/** Shows what a change does before it is made. Its button is named after the act; Enter and Ctrl-Enter press it. */
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
  onConfirm: (reason: string) => Promise<unknown>;
  onClose: () => void;
}) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const button = useRef<HTMLButtonElement>(null);

  const act = async () => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await onConfirm(reason.trim());
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
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
            {environment.production ? <span>– real users see this at once</span> : null}
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
          <Button ref={button} variant={danger ? "danger" : "primary"} onClick={() => void act()} aria-disabled={busy}>
            {busy ? "Saving…" : confirm}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {note ? <div className="text-sm">{note}</div> : null}
        {children}
        <Tabs defaultValue="sentence">
          <TabList className="mb-3">
            <Tab value="sentence">In words</Tab>
            <Tab value="json">JSON</Tab>
          </TabList>
          <TabPanel value="sentence">
            <SentenceDiff changes={changes} />
          </TabPanel>
          <TabPanel value="json">
            <JsonDiff before={before} after={after} />
          </TabPanel>
        </Tabs>
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
        <FormError error={error} />
      </div>
    </Sheet>
  );
}
