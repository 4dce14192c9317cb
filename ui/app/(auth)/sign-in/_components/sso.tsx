"use client";
import { type FormEvent, useState } from "react";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { leaveToSso, ssoChoices } from "@/lib/queries/session";

const REASONS: Record<string, string> = {
  over: "It took too long, or was begun in another browser. Begin again.",
  state: "The answer did not fit the question of this browser. Begin again.",
  denied: "The identity provider refused.",
  token: "What the identity provider sent was not acceptable. Tell an owner of your organisation.",
  provider: "The identity provider cannot be reached now.",
  not_a_member: "You are no member here yet. Ask an owner of your organisation to add you.",
};

/** Why single sign-on led back to this page. */
export function SsoRefusal({ reason }: { reason: string }) {
  if (!reason) return null;
  return <FormError error={new Error(REASONS[reason] ?? "Single sign-on failed. Begin again.")} />;
}

/** Single sign-on: the organisation's key, then its identity provider. */
export function Sso({ next, tenant }: { next: string; tenant: string }) {
  const [open, setOpen] = useState(tenant !== "");
  const [choices, setChoices] = useState<{ id: string; name: string }[]>([]);
  const [chosen, setChosen] = useState(tenant);
  const [error, setError] = useState<unknown>(null);
  const leave = async (key: string, connection: string) => {
    window.location.assign(await leaveToSso({ tenant: key, connection, return_to: next }));
  };
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget).get("tenant")).trim();
    setError(null);
    try {
      const { connections } = await ssoChoices(key);
      const [only, ...others] = connections;
      if (!only) throw new Error("There is no single sign-on for this organisation.");
      setChosen(key);
      if (others.length > 0) setChoices(connections);
      else await leave(key, only.id);
    } catch (problem) {
      setError(problem);
    }
  };
  if (!open) {
    return (
      <Button size="lg" onClick={() => setOpen(true)}>
        Single sign-on
      </Button>
    );
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
      <Field label="Organisation" hint="Its key, for example acme.">
        {(props) => <Input {...props} name="tenant" required defaultValue={chosen} className="h-10" />}
      </Field>
      <FormError error={error} />
      {choices.length > 0 ? (
        choices.map((choice) => (
          <Button key={choice.id} size="lg" onClick={() => void leave(chosen, choice.id).catch(setError)}>
            {choice.name}
          </Button>
        ))
      ) : (
        <Button type="submit" size="lg">
          Continue
        </Button>
      )}
    </form>
  );
}
