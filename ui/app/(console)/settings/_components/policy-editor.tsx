"use client";
import { type FormEvent, useState } from "react";
import { useConsole } from "@/components/console-context";
import { NameAndKey, useNameAndKey } from "@/components/key-fields";
import { GroupChoices, RoleChoices } from "@/components/role-choices";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { ChipsField } from "@/components/ui/chips-field";
import { Sheet } from "@/components/ui/dialog";
import { Checkbox, Field, Input, Select, Textarea } from "@/components/ui/field";
import type { Policy } from "@/lib/api/control";
import { Asked } from "@/lib/api/way";
import { formOf, type PolicyForm, policyProblem, rulesOf } from "@/lib/policy-form";
import { useSavePolicy } from "@/lib/queries/policies";
import { toast } from "@/lib/toast";
import { FreezeFields } from "./freeze-fields";
import { TryPolicy } from "./try-policy";

/** A policy with all of its rules, and what it would have said about the past. */
export function PolicyEditor({ existing, onClose }: { existing?: Policy; onClose: () => void }) {
  const { project, environments } = useConsole();
  const save = useSavePolicy(project.key);
  const names = useNameAndKey(existing?.name);
  const [form, setForm] = useState<PolicyForm>(() => formOf(existing));
  const put = (change: Partial<PolicyForm>) => setForm({ ...form, ...change });
  const key = existing?.key ?? names.key;
  const rules = rulesOf(form, names.name.trim() || key);
  const problem = (existing ? null : names.problem) ?? (key === "" ? "Give it a name." : policyProblem(form));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (problem !== null || save.isPending) return;
    save.mutate(
      { key, existing, rules },
      {
        onSuccess: () => {
          toast.success(`${names.name.trim() || key} is saved. It is for the changes after it.`);
          onClose();
        },
        // It waits in a change request: there is nothing left to do here.
        onError: (error) => error instanceof Asked && onClose(),
      },
    );
  };
  const chips = (label: string, name: "tags" | "forbidden", placeholder: string) => (
    <div className="flex min-w-0 flex-col gap-1">
      <span className="font-medium text-xs">{label}</span>
      <ChipsField
        label={label}
        values={form[name]}
        read={(typed) => typed.trim()}
        show={(value) => value}
        placeholder={placeholder}
        mono
        onChange={(values) => put({ [name]: values })}
      />
    </div>
  );
  return (
    <Sheet
      open
      onOpenChange={(open) => !open && onClose()}
      title={existing ? `Edit ${existing.name}` : "New policy"}
      description="What changes must keep to. It is for the changes after it."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form="policy"
            variant="primary"
            aria-disabled={problem !== null || save.isPending}
            title={problem ?? undefined}
          >
            {existing ? "Save the policy" : "Create the policy"}
          </Button>
        </>
      }
    >
      <form id="policy" onSubmit={submit} className="flex flex-col gap-5">
        <Part title="What it is">
          {existing ? (
            <Field label="Name">
              {(props) => (
                <Input {...props} required value={names.name} onChange={(event) => names.setName(event.target.value)} />
              )}
            </Field>
          ) : (
            <NameAndKey state={names} placeholder="Production" />
          )}
          <Field label="Description" hint="Why it exists: those whom it holds up read this.">
            {(props) => (
              <Textarea
                {...props}
                rows={2}
                value={form.description}
                onChange={(event) => put({ description: event.target.value })}
              />
            )}
          </Field>
        </Part>

        <Part title="Where it holds">
          <Checkbox
            label="In every environment that is marked production"
            checked={form.everyProduction}
            onChange={(event) => put({ everyProduction: event.target.checked })}
          />
          {form.everyProduction ? null : (
            <fieldset className="flex flex-wrap gap-3 pl-6">
              <legend className="sr-only">Environments</legend>
              {environments.map((each) => (
                <Checkbox
                  key={each.key}
                  label={each.name}
                  checked={form.environments.includes(each.key)}
                  onChange={(event) =>
                    put({
                      environments: event.target.checked
                        ? [...form.environments, each.key]
                        : form.environments.filter((key) => key !== each.key),
                    })
                  }
                />
              ))}
            </fieldset>
          )}
          {chips("Only flags with one of these tags", "tags", "all flags")}
        </Part>

        <Part title="Approvals">
          <Checkbox
            label="Others must approve first"
            checked={form.approvals}
            onChange={(event) => put({ approvals: event.target.checked })}
          />
          {form.approvals ? (
            <div className="flex flex-col gap-3 pl-6">
              <Field label="How many people" className="w-40">
                {(props) => (
                  <Input
                    {...props}
                    type="number"
                    min={1}
                    max={10}
                    value={form.required}
                    onChange={(event) => put({ required: event.target.value })}
                  />
                )}
              </Field>
              <RoleChoices
                legend="With one of these roles; none: anybody who may approve"
                chosen={form.roles}
                onChange={(roles) => put({ roles })}
              />
              <GroupChoices
                legend="Or of one of these groups"
                chosen={form.groups}
                onChange={(groups) => put({ groups })}
              />
              <Checkbox
                label="The author's own approval counts"
                checked={form.authorMay}
                onChange={(event) => put({ authorMay: event.target.checked })}
              />
            </div>
          ) : null}
        </Part>

        <Part title="When nothing may change">
          <FreezeFields freezes={form.freeze} onChange={(freeze) => put({ freeze })} />
        </Part>

        <Part title="What changes must keep to">
          <Field
            label="Largest step, percentage points"
            hint="By how much one change may widen who is served a variant."
          >
            {(props) => (
              <Input
                {...props}
                type="number"
                min={0}
                max={100}
                step="any"
                className="w-40"
                placeholder="no limit"
                value={form.step}
                onChange={(event) => put({ step: event.target.value })}
              />
            )}
          </Field>
          <div className="flex flex-wrap items-end gap-3">
            <Field label="Served before for, hours" className="w-40">
              {(props) => (
                <Input
                  {...props}
                  type="number"
                  min={1}
                  max={8760}
                  placeholder="not needed"
                  value={form.soakHours}
                  onChange={(event) => put({ soakHours: event.target.value })}
                />
              )}
            </Field>
            <Field label="Where">
              {(props) => (
                <Select {...props} value={form.soakIn} onChange={(event) => put({ soakIn: event.target.value })}>
                  <option value="">Unchanged here</option>
                  {environments.map((each) => (
                    <option key={each.key} value={each.key}>
                      Served in {each.name}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          </div>
          <Checkbox
            label="Flags must have an owner"
            checked={form.owner}
            onChange={(event) => put({ owner: event.target.checked })}
          />
          <Checkbox
            label="Changes must say why"
            checked={form.reason}
            onChange={(event) => put({ reason: event.target.checked })}
          />
          {chips("Attributes that nothing new may look at", "forbidden", "user.email")}
          <Checkbox
            label="Hold up turning off, too"
            hint="Otherwise approvals, freezes and reasons are not asked for a change that only turns a flag off."
            checked={form.holdKills}
            onChange={(event) => put({ holdKills: event.target.checked })}
          />
        </Part>
        {problem ? <p className="text-ink-3 text-xs">{problem}</p> : null}
        <FormError error={save.error} />
      </form>
      <TryPolicy policy={problem === null ? { key, ...rules } : null} />
    </Sheet>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="flex flex-col gap-3">
      <h3 className="border-b pb-1 font-semibold text-sm">{title}</h3>
      {children}
    </section>
  );
}
