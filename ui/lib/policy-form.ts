// A policy as a form, and back: a rule that is left empty is one that the policy does not have.
import type { Freeze, PolicyRules } from "./api/control";
import type { PolicyPatch } from "./queries/policies";
import { isZone } from "./zones";

export type PolicyForm = {
  description: string;
  everyProduction: boolean;
  environments: string[];
  tags: string[];
  approvals: boolean;
  required: string;
  roles: string[];
  groups: string[];
  authorMay: boolean;
  freeze: Freeze[];
  step: string;
  owner: boolean;
  reason: boolean;
  forbidden: string[];
  soakHours: string;
  soakIn: string;
  holdKills: boolean;
};

export function formOf(policy?: PolicyRules): PolicyForm {
  const { approvals, min_soak } = policy ?? {};
  return {
    description: policy?.description ?? "",
    everyProduction: policy?.environments === undefined,
    environments: policy?.environments ?? [],
    tags: policy?.flags?.tags ?? [],
    approvals: policy === undefined || approvals !== undefined,
    required: String(approvals?.required ?? 1),
    roles: approvals?.roles ?? [],
    groups: approvals?.groups ?? [],
    authorMay: approvals?.author_may_approve ?? false,
    freeze: policy?.freeze ?? [],
    step: policy?.largest_step === undefined ? "" : String(policy.largest_step),
    owner: policy?.require_owner ?? false,
    reason: policy?.require_reason ?? false,
    forbidden: policy?.forbidden_attributes ?? [],
    soakHours: min_soak ? String(min_soak.hours) : "",
    soakIn: min_soak?.environment ?? "",
    holdKills: policy?.hold_kills ?? false,
  };
}

/** The rules, with null for those that are not there: what a patch takes. */
export function rulesOf(form: PolicyForm, name: string): PolicyPatch & { name: string } {
  return {
    name,
    description: form.description.trim(),
    environments: form.everyProduction ? null : form.environments,
    flags: form.tags.length > 0 ? { tags: form.tags } : null,
    approvals: form.approvals
      ? {
          required: Number(form.required),
          roles: form.roles,
          groups: form.groups,
          author_may_approve: form.authorMay,
        }
      : null,
    freeze: form.freeze.length > 0 ? form.freeze : null,
    largest_step: form.step === "" ? null : Number(form.step),
    require_owner: form.owner || null,
    require_reason: form.reason || null,
    forbidden_attributes: form.forbidden.length > 0 ? form.forbidden : null,
    min_soak: form.soakHours === "" ? null : { hours: Number(form.soakHours), environment: form.soakIn || undefined },
    hold_kills: form.holdKills || null,
  };
}

/** What keeps it from being sent; the server says the rest. */
export function policyProblem(form: PolicyForm): string | null {
  if (!form.everyProduction && form.environments.length === 0) return "Choose an environment.";
  const rules = rulesOf(form, "");
  const { approvals, freeze, largest_step, require_owner, require_reason, forbidden_attributes, min_soak } = rules;
  if (![approvals, freeze, largest_step, require_owner, require_reason, forbidden_attributes, min_soak].some(Boolean))
    return "A policy has at least one rule.";
  if (approvals && !(approvals.required >= 1 && approvals.required <= 10)) return "Approvals: 1 to 10 people.";
  for (const { name, days, from, until, time_zone } of form.freeze) {
    if (!isZone(time_zone)) return `${name || "A freeze"}: ${time_zone} is no IANA time zone.`;
    if (days?.length === 0) return `${name || "A freeze"}: choose a day.`;
    if (from === "" || until === "") return `${name || "A freeze"}: say from when and until when.`;
  }
  if (largest_step !== null && largest_step !== undefined && !(largest_step > 0 && largest_step <= 100))
    return "The largest step is above 0 and at most 100.";
  return null;
}
