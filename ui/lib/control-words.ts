// Change control in words: what policies ask, how far a change request is, and why something cannot be done to it now.
import type {
  ChangeRequest,
  ChangeRequestItem,
  ChangeRequestState,
  Freeze,
  Needed,
  Place,
  PolicyRules,
  Requirement,
  Violation,
} from "./api/control";
import type { DocumentKind } from "./api/types";
import { documentName } from "./history-words";
import { instantIn, localZone } from "./zones";

const some = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
const list = (words: string[], last = "and") =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;

export const STATES: Record<ChangeRequestState, { text: string; tone: "off" | "accent" | "ok" | "warn" | "bad" }> = {
  draft: { text: "Draft", tone: "off" },
  open: { text: "Waiting for approval", tone: "warn" },
  approved: { text: "Approved", tone: "ok" },
  scheduled: { text: "Scheduled", tone: "accent" },
  rejected: { text: "Changes requested", tone: "bad" },
  failed: { text: "Failed at its time", tone: "bad" },
  withdrawn: { text: "Withdrawn", tone: "off" },
  applied: { text: "Applied", tone: "ok" },
};

export const isOver = ({ state }: Pick<ChangeRequestItem, "state">): boolean =>
  state === "withdrawn" || state === "applied";
const isOpen = ({ state }: Pick<ChangeRequestItem, "state">): boolean =>
  state === "open" || state === "approved" || state === "scheduled";

/** Of unfinished requests those that already change something in the environments where a change is held; all, without any. */
export const alongside = (requests: ChangeRequestItem[], environments: string[]): ChangeRequestItem[] =>
  requests.filter(
    (one) =>
      !isOver(one) &&
      (environments.length === 0 ||
        one.touches.some(
          ({ kind, key }) => kind === "configuration" && environments.includes(key.split("/")[0] ?? ""),
        )),
  );

export const placeName = ({ kind, key }: Place): string => documentName(kind as DocumentKind, key);

/** "new-checkout in production, Segment beta and 2 more" */
export function touchesText(touches: Place[]): string {
  const shown = touches.slice(0, 3).map(placeName);
  const rest = touches.length - shown.length;
  return list(rest > 0 ? [...shown, `${rest} more`] : shown);
}

/** Of all that policies want together: "1 of 2 approvals". */
export function approvalsText(needed: Needed[]): string {
  if (needed.length === 0) return "no approval needed";
  const required = needed.reduce((sum, one) => sum + one.required, 0);
  const given = needed.reduce((sum, one) => sum + Math.min(one.given.length, one.required), 0);
  return `${given} of ${some(required, "approval")}`;
}

/** Who may give it: "anybody who may approve", "people with the role lead or of the group payments". */
export function whoMay({ roles, groups }: Pick<Requirement, "roles" | "groups">): string {
  const parts = [
    ...(roles.length > 0 ? [`with the role ${list(roles, "or")}`] : []),
    ...(groups.length > 0 ? [`of the group ${list(groups, "or")}`] : []),
  ];
  return parts.length === 0 ? "anybody who may approve" : `people ${list(parts, "or")}`;
}

/** "Production wants 2 approvals for production, by anybody who may approve but the author" */
export function requirementText(requirement: Requirement): string {
  const { name, required, environments, author_may_approve: own } = requirement;
  const place = environments.length > 0 ? ` for ${list(environments)}` : "";
  return `${name} wants ${some(required, "approval")}${place}, by ${whoMay(requirement)}${own ? "" : " but the author"}`;
}

/** What stands against a change, where, and until when. */
export function violationText({ message, policy, kind, key, environment, clears_at }: Violation): string {
  const place = key
    ? ` (${placeName({ kind, key })}${environment && kind !== "configuration" ? ` in ${environment}` : ""})`
    : "";
  const until = clears_at ? ` From ${instantIn(clears_at, localZone())} on it stands against this no more.` : "";
  return `${message}${place}; policy ${policy}.${until}`;
}

/** Why each thing cannot be done to a change request now; null where it can. */
export type Reasons = Record<
  "approve" | "reject" | "submit" | "withdraw" | "apply" | "schedule" | "unschedule" | "rebase",
  string | null
>;

export function reasons(request: ChangeRequest, me: string, can: (permission: string) => boolean): Reasons {
  const state = STATES[request.state].text.toLowerCase();
  const over = isOver(request) ? `It is ${state}.` : null;
  const moved = request.moved.length > 0 ? "It has moved: rebase it first." : null;
  const lacks = (permission: string, act: string) => (can(permission) ? null : `You may not ${act}.`);
  const open = over ?? (isOpen(request) ? null : "Nobody is asked yet: submit it first.");
  const mine = request.editors.includes(me);
  const counts = request.approvals.some((one) => one.by.id === me && one.void === null);
  const asked = request.waits_for_me
    ? null
    : counts
      ? "You have approved it."
      : mine && !request.needed.some((one) => one.author_may_approve)
        ? "It is your own work: somebody else has to approve it."
        : request.needed.every((one) => one.given.length >= one.required)
          ? "Nobody's approval is missing."
          : "No policy asks you: you have none of the roles and groups.";
  const timed = request.schedule !== null;
  return {
    approve: open ?? moved ?? lacks("change_request.approve", "approve changes") ?? asked,
    reject: open ?? lacks("change_request.approve", "approve or reject changes"),
    submit: over ?? (isOpen(request) ? "It is submitted." : null) ?? lacks("change_request.create", "ask for changes"),
    withdraw: over ?? (mine ? null : "Only those who put it together withdraw it."),
    apply:
      open ??
      moved ??
      (timed ? "It has a time, which is part of what is approved. Unschedule it to apply it now." : null) ??
      (request.approved ? null : "Approvals are missing.") ??
      (request.verdict.violations.length > 0 ? "Policies forbid it now." : null),
    schedule: over ?? lacks("schedule.manage", "schedule changes"),
    unschedule: over ?? (timed ? null : "It has no time.") ?? lacks("schedule.manage", "schedule changes"),
    rebase: over ?? (moved ? null : "It has not moved.") ?? lacks("change_request.create", "ask for changes"),
  };
}

const NAMED_DAYS = {
  monday: "Mon",
  tuesday: "Tue",
  wednesday: "Wed",
  thursday: "Thu",
  friday: "Fri",
  saturday: "Sat",
  sunday: "Sun",
};

/** "Christmas: 2026-12-20 00:00 to 2027-01-04 09:00, Europe/Berlin" */
export function freezeText({ name, days, from, until, time_zone }: Freeze): string {
  const clock = (text: string) => text.replace("T", " ");
  const when = days?.length
    ? `each ${list(days.map((day) => NAMED_DAYS[day]))} ${from} to ${until}`
    : `${clock(from)} to ${clock(until)}`;
  return `${name}: ${when}, ${time_zone}`;
}

/** Every rule of a policy, one sentence each. */
export function policySentences(rules: PolicyRules): string[] {
  const { approvals, freeze = [], largest_step, min_soak, forbidden_attributes = [] } = rules;
  return [
    ...(approvals
      ? [
          `${some(approvals.required, "approval")} by ${whoMay({ roles: approvals.roles ?? [], groups: approvals.groups ?? [] })}${
            approvals.author_may_approve ? ", the author too" : ""
          }`,
        ]
      : []),
    ...freeze.map((one) => `nothing changes in ${freezeText(one)}`),
    ...(largest_step === undefined ? [] : [`no step of more than ${largest_step} percentage points`]),
    ...(min_soak
      ? [
          min_soak.environment
            ? `served in ${min_soak.environment} for ${some(min_soak.hours, "hour")} before`
            : `unchanged for ${some(min_soak.hours, "hour")} before`,
        ]
      : []),
    ...(rules.require_owner ? ["flags have an owner"] : []),
    ...(rules.require_reason ? ["changes say why"] : []),
    ...(forbidden_attributes.length > 0 ? [`nothing new looks at ${list(forbidden_attributes, "or")}`] : []),
    ...(rules.hold_kills ? ["turning off is held, too"] : []),
  ];
}
