"use client";
import { type ReactNode, useId, useState } from "react";
import { useConsole } from "@/components/console-context";
import { Bypass } from "@/components/control/held-form";
import { WhenFields, whenProblem } from "@/components/control/when-fields";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, Textarea } from "@/components/ui/field";
import type { ChangeRequest, When } from "@/lib/api/control";
import { isOver, type Reasons, reasons, STATES } from "@/lib/control-words";
import { useNow } from "@/lib/now";
import { type Act, useActOnChangeRequest } from "@/lib/queries/change-requests";
import { toast } from "@/lib/toast";
import { localZone } from "@/lib/zones";

type Name = Exclude<keyof Reasons, "rebase">;
const NAMES: Record<Name, string> = {
  approve: "Approve",
  reject: "Request changes",
  submit: "Submit",
  apply: "Apply",
  schedule: "Schedule…",
  unschedule: "Unschedule",
  withdraw: "Withdraw",
};
/** What each says when it is done. */
const DONE: Record<Name, string> = {
  approve: "You have approved it.",
  reject: "Its author is asked for changes.",
  submit: "It waits for approval now.",
  apply: "It is applied. Running SDKs get it now.",
  schedule: "It is scheduled.",
  unschedule: "It has no time any more.",
  withdraw: "It is withdrawn.",
};

/** Those that make sense at this stage, the one that is most likely wanted first. */
function offered(request: ChangeRequest, mine: boolean): Name[] {
  if (isOver(request)) return [];
  const time: Name[] = request.schedule ? ["unschedule", "schedule"] : ["schedule"];
  if (request.state === "draft" || request.state === "rejected" || request.state === "failed")
    return ["submit", ...time, ...(mine ? (["withdraw"] as Name[]) : [])];
  const first: Name[] = request.approved && !request.waits_for_me ? ["apply", "approve"] : ["approve", "apply"];
  return [...first, "reject", ...time, ...(mine ? (["withdraw"] as Name[]) : [])];
}

export function ChangeActions({ request }: { request: ChangeRequest }) {
  const { project, session } = useConsole();
  const act = useActOnChangeRequest(project.key, request.id);
  const [asking, setAsking] = useState<Name | null>(null);
  // What is approved is what was on the screen when the button was pressed, whatever comes meanwhile.
  const [seen, setSeen] = useState(request.hash);
  const [emergency, setEmergency] = useState("");
  const id = useId();
  const can = (permission: string) => session.permissions.includes(permission);
  const why = reasons(request, session.user.id, can);
  const mine = request.editors.includes(session.user.id);
  const names = offered(request, mine);
  // To submit somebody else's work again is possible, and seldom what one came for.
  const wanted = names[0] === "submit" && !mine ? null : names[0];
  const send = (name: Name, wish: Act) =>
    act.mutateAsync(wish).then(({ data }) => {
      toast.success(DONE[name], data.note ? { description: data.note } : undefined);
    });
  const press = (name: Name) => {
    if (why[name] !== null || act.isPending) return;
    if (name === "submit" || name === "unschedule" || name === "apply")
      void send(name, { act: name }).catch(() => null);
    else {
      act.reset();
      setSeen(request.hash);
      setAsking(name);
    }
  };
  const told = names.filter((name) => why[name] !== null);
  if (names.length === 0)
    return (
      <Card title="What you can do">
        <p className="text-ink-2 text-sm">Nothing: it is {STATES[request.state].text.toLowerCase()}.</p>
      </Card>
    );
  return (
    <Card title="What you can do">
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap gap-2">
          {names.map((name) => (
            <Button
              key={name}
              variant={
                name === wanted && why[name] === null ? "primary" : name === "withdraw" ? "quietDanger" : "secondary"
              }
              aria-disabled={why[name] !== null || act.isPending}
              aria-describedby={why[name] === null ? undefined : `${id}-${name}`}
              title={why[name] ?? undefined}
              onClick={() => press(name)}
            >
              {NAMES[name]}
            </Button>
          ))}
        </div>
        {told.length > 0 ? (
          <dl className="flex flex-col gap-0.5 text-ink-3 text-xs">
            {told.map((name) => (
              <div key={name} id={`${id}-${name}`}>
                <dt className="inline font-medium">{NAMES[name].replace("…", "")}: </dt>
                <dd className="inline">{why[name]}</dd>
              </div>
            ))}
          </dl>
        ) : null}
        {asking === null ? <FormError error={act.error} /> : null}
        {why.apply !== null &&
        ["open", "scheduled", "approved"].includes(request.state) &&
        request.moved.length === 0 &&
        can("change_request.bypass") &&
        request.schedule === null ? (
          <div className="flex flex-col gap-2 border-t pt-3">
            <Bypass
              verdict={request.verdict}
              reason={emergency}
              act="Bypass the policies and apply now"
              onBypass={() => void send("apply", { act: "apply", bypass: emergency.trim() }).catch(() => null)}
            >
              <Field label="Reason (kept in the audit log)">
                {(props) => (
                  <Input
                    {...props}
                    maxLength={500}
                    value={emergency}
                    onChange={(event) => setEmergency(event.target.value)}
                  />
                )}
              </Field>
            </Bypass>
          </div>
        ) : null}
      </div>
      {asking ? (
        <Ask
          name={asking}
          request={request}
          hash={seen}
          busy={act.isPending}
          error={act.error}
          onSend={(wish) =>
            void send(asking, wish).then(
              () => setAsking(null),
              () => null,
            )
          }
          onClose={() => setAsking(null)}
        />
      ) : null}
    </Card>
  );
}

/** What an act needs to know before it is done. */
function Ask({
  name,
  request,
  hash,
  busy,
  error,
  onSend,
  onClose,
}: {
  name: Name;
  request: ChangeRequest;
  hash: string;
  busy: boolean;
  error: unknown;
  onSend: (wish: Act) => void;
  onClose: () => void;
}) {
  const now = useNow();
  const [words, setWords] = useState("");
  const [when, setWhen] = useState<When>(() =>
    request.schedule ? { at: request.schedule.at, zone: request.schedule.zone } : { at: "", zone: localZone() },
  );
  const wish: Act | null =
    name === "approve"
      ? { act: "approve", hash, comment: words.trim() }
      : name === "reject"
        ? words.trim() === ""
          ? null
          : { act: "reject", comment: words.trim() }
        : name === "schedule"
          ? whenProblem(when, now) === null
            ? { act: "schedule", ...when }
            : null
          : { act: "withdraw" };
  const send = () => wish && !busy && onSend(wish);
  const label = name === "schedule" ? "Schedule" : NAMES[name];
  const text: Partial<Record<Name, ReactNode>> = {
    approve: (
      <>
        You approve the content <code className="font-mono text-xs">{hash.replace(/^\w+:/, "").slice(0, 8)}</code> as it
        was shown. If it is changed after that, your approval counts no more.
      </>
    ),
    reject: "Say what should be different. It can be changed and submitted again.",
    schedule:
      "It is submitted with this time. The time is part of what is approved, so approvals so far count no more.",
    withdraw: "It is over then, and stays here to be read. Nothing in the project is changed.",
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`${label}: ${request.title}`}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
      }}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant={name === "withdraw" ? "danger" : "primary"}
            aria-disabled={wish === null || busy}
            onClick={send}
          >
            {busy ? "Sending…" : label}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 text-sm">
        <p className="text-ink-2">{text[name]}</p>
        {name === "approve" || name === "reject" ? (
          <Field label={name === "reject" ? "What should be different" : "Comment (may be empty)"}>
            {(props) => (
              <Textarea
                {...props}
                rows={3}
                maxLength={4000}
                value={words}
                onChange={(event) => setWords(event.target.value)}
              />
            )}
          </Field>
        ) : null}
        {name === "schedule" ? <WhenFields when={when} onChange={setWhen} /> : null}
        <FormError error={error} />
      </div>
    </Dialog>
  );
}
