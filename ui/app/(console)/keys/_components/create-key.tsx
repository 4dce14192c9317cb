"use client";
import { CircleCheck, PlugZap } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useConsole } from "@/components/console-context";
import { SecretOnce } from "@/components/secret-once";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { CodeBlock } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, Select } from "@/components/ui/field";
import { Tab, TabList, TabPanel, Tabs } from "@/components/ui/tabs";
import type { Audience, SdkKey } from "@/lib/api/types";
import { tryKey, useCreateKey } from "@/lib/queries/keys";
import { snippets } from "@/lib/snippets";

export function CreateKey({ onClose }: { onClose: () => void }) {
  const { project, environments } = useConsole();
  const create = useCreateKey(project.key);
  const [made, setMade] = useState<SdkKey | null>(null);
  const [audience, setAudience] = useState<Audience>("server");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    create.mutate(
      {
        name: String(form.get("name")).trim(),
        environment: String(form.get("environment")),
        audience,
        ...(audience === "client" && form.get("attested") ? { attested: true } : {}),
      },
      { onSuccess: setMade },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={made ? `Key “${made.name}”` : "New SDK key"}
      // A click beside it must not lose a secret that is shown once.
      onInteractOutside={(event) => made && event.preventDefault()}
      footer={made ? <Button onClick={onClose}>I have copied it</Button> : null}
    >
      {made?.key ? (
        <SecretOnce secret={made.key} label="SDK key">
          <Connect secret={made.key} audience={made.audience} />
        </SecretOnce>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-3">
          <Field label="Name" hint="Where it will be used.">
            {(props) => <Input {...props} name="name" required autoFocus placeholder="shop backend" />}
          </Field>
          <Field label="Environment">
            {(props) => (
              <Select {...props} name="environment" className="w-full">
                {environments.map((each) => (
                  <option key={each.key} value={each.key}>
                    {each.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <fieldset className="flex flex-col gap-2">
            <legend className="mb-1 font-medium text-xs">Kind</legend>
            <Choice
              value="server"
              name="Server"
              hint="For backends. Reads all rules and evaluates locally; keep it secret."
              chosen={audience}
              onChoose={setAudience}
            />
            <Choice
              value="client"
              name="Client"
              hint="For browsers and apps. Gets answers for one user, never the rules."
              chosen={audience}
              onChoose={setAudience}
            />
          </fieldset>
          {audience === "client" ? (
            <label className="flex items-start gap-2 px-2.5 text-sm">
              <input type="checkbox" name="attested" className="mt-1 accent-(--accent)" />
              <span>
                Answer only signed contexts
                <span className="block text-ink-2 text-xs">
                  Your server signs who the user is, with a server key of this environment.
                </span>
              </span>
            </label>
          ) : null}
          <FormError error={create.error} />
          <Button type="submit" variant="primary" className="self-end" disabled={create.isPending}>
            Create key
          </Button>
        </form>
      )}
    </Dialog>
  );
}

function Choice({
  value,
  name,
  hint,
  chosen,
  onChoose,
}: {
  value: Audience;
  name: string;
  hint: string;
  chosen: Audience;
  onChoose: (value: Audience) => void;
}) {
  return (
    <label className="flex items-start gap-2 rounded-md border p-2.5 has-checked:border-accent has-checked:bg-accent-tint">
      <input
        type="radio"
        name="audience"
        value={value}
        checked={chosen === value}
        onChange={() => onChoose(value)}
        className="mt-0.5 accent-(--accent)"
      />
      <span className="text-sm">
        {name}
        <span className="block text-ink-2 text-xs">{hint}</span>
      </span>
    </label>
  );
}

function Connect({ secret, audience }: { secret: string; audience: Audience }) {
  const [state, setState] = useState<{ text: string; ok: boolean } | null>(null);
  const code = snippets(window.location.origin, secret, audience);
  const test = async () => {
    try {
      setState({ ok: true, text: await tryKey(secret) });
    } catch (error) {
      setState({ ok: false, text: error instanceof Error ? error.message : "It does not work." });
    }
  };
  return (
    <>
      <Tabs defaultValue={code[0]?.name}>
        <TabList className="mb-2">
          {code.map((each) => (
            <Tab key={each.name} value={each.name} className="text-xs">
              {each.name}
            </Tab>
          ))}
        </TabList>
        {code.map((each) => (
          <TabPanel key={each.name} value={each.name}>
            <CodeBlock code={each.code} label={`${each.name} example`} />
          </TabPanel>
        ))}
      </Tabs>
      <div className="flex flex-wrap items-center gap-3">
        <Button onClick={() => void test()}>
          <PlugZap /> Test this key
        </Button>
        <span role="status" className={state?.ok ? "flex items-center gap-1.5 text-ok text-sm" : "text-bad text-sm"}>
          {state?.ok ? <CircleCheck aria-hidden className="size-4" /> : null}
          {state?.text}
        </span>
      </div>
    </>
  );
}
