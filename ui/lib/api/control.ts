// Shapes of change control: policies, verdicts and change requests, named as in the server's documents.
import type { Json } from "./types";

export type Person = { id: string; name: string };
export type Place = { kind: string; key: string };

export type Schedule = { at: string; zone: string; instant: number; grace_seconds: number; by: Person };
/** A wall clock without an offset, and its IANA time zone. */
export type When = { at: string; zone: string };

export const CHANGE_REQUEST_STATES = [
  "draft",
  "open",
  "approved",
  "scheduled",
  "rejected",
  "failed",
  "withdrawn",
  "applied",
] as const;
export type ChangeRequestState = (typeof CHANGE_REQUEST_STATES)[number];

export type Requirement = {
  policy: string;
  name: string;
  environments: string[];
  required: number;
  roles: string[];
  groups: string[];
  author_may_approve: boolean;
};
/** With the ids of those whose approval counts. */
export type Needed = Requirement & { given: string[] };

export type ChangeRequestItem = {
  id: string;
  title: string;
  state: ChangeRequestState;
  since: number;
  author: Person;
  created_at: number;
  hash: string;
  touches: Place[];
  schedule: Schedule | null;
  approved: boolean;
  waits_for_me: boolean;
  needed: Needed[];
  moved: Place[];
};

export type PlanEntry = Place & {
  action: "create" | "update" | "archive" | "restore" | "remove";
  production: boolean;
  changes: { pointer: string; before: Json; after: Json }[];
  lists: { list: string; added: number; removed: number; first_added: string[]; first_removed: string[] }[];
  sentences: { before?: string | null; after?: string | null }[];
  effects: string[];
};

export type Violation = Place & {
  policy: string;
  rule: string;
  code: string;
  environment: string;
  pointer: string;
  message: string;
  may_bypass: boolean;
  clears_at?: number | null;
};
export type Verdict = {
  environments: string[];
  approvals: Requirement[];
  violations: Violation[];
  notes: (Place & { policy: string; code: string; environment: string; message: string })[];
};

export type Approval = { by: Person; at: number; hash: string; comment: string; void: string | null };
export type Comment = { by: Person; at: number; remark: "comment" | "rejection"; text: string };
export type MergeConflict = Place & { pointer: string; base: Json; request: Json; current: Json };
export type MergeChoice = Place & { pointer: string; take: "request" | "current" };

export type ChangeRequest = ChangeRequestItem & {
  description: string;
  editors: string[];
  entries: PlanEntry[];
  verdict: Verdict;
  approvals: Approval[];
  conflicts: MergeConflict[];
  comments: Comment[];
  outcome: { by: Person; at: number; revision?: number | null; reason: string } | null;
};
export type Scheduled = ChangeRequest & { note: string | null };

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Weekday = (typeof WEEKDAYS)[number];
/** Once from an instant to another, or each week on `days`, by the clock of the zone. */
export type Freeze = { name: string; days?: Weekday[]; from: string; until: string; time_zone: string };

/** What a policy asks for; a member that is not there is a rule that it does not have. */
export type PolicyRules = {
  name: string;
  description?: string;
  environments?: string[];
  flags?: { tags: string[] };
  approvals?: { required: number; roles?: string[]; groups?: string[]; author_may_approve?: boolean };
  freeze?: Freeze[];
  largest_step?: number;
  require_owner?: boolean;
  require_reason?: boolean;
  forbidden_attributes?: string[];
  min_soak?: { hours: number; environment?: string };
  hold_kills?: boolean;
};
export type Policy = PolicyRules & { key: string; holds_in: string[]; created_at: number; revision: number };

/** A change to ask the policies about; one of the three. */
export type PolicyQuestion = {
  configuration?: { flag: string; environment: string; patch?: unknown; body?: unknown };
  flag?: { flag: string; patch: unknown };
  segment?: { segment: string; patch: unknown };
};
export type Held = { rev: number; at: number; actor_name?: string | null; summary: string; verdict: Verdict };
export type PolicyAnswer = {
  verdict: Verdict | null;
  clear: boolean | null;
  past: { changes: number; cut: boolean; left_out: string[]; held: Held[] } | null;
};
