// Shapes of the management API, named as in the server's documents.

import type { operations } from "./schema";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type ValueType = "boolean" | "string" | "number" | "json";
export type Role = "viewer" | "editor" | "admin" | "owner";
export type Audience = "server" | "client";

export type Version = { epoch: string | number; rev: number };
export type List<T> = { items: T[]; next: string | null; total?: number };

export type Tenant = { id: string; key: string; name: string; role?: Role | null; roles?: string[] };
export type User = { id: string; name: string; email: string };
export type Session = {
  user: User;
  tenant: Tenant;
  /** The greatest built-in role that they hold all of. */
  role: Role | null;
  roles: string[];
  permissions: string[];
  tenants: Tenant[];
  via: "session" | "token";
  /** What the tenant demands and this session has not shown. */
  unmet?: "second_factor" | "sso" | null;
};

/** The first step of signing in is done; one of these is needed. */
export type SecondFactorNeeded = { second_factor: ("totp" | "recovery_code" | "passkey")[] };
export type Security = {
  password: boolean;
  totp: boolean;
  passkeys: number;
  /** Browsers make passkeys for this server's address. */
  passkeys_available: boolean;
  recovery_codes: number;
};
export type Passkey = { id: string; name: string; created_at: number; last_used_at?: number | null };
/** What an authenticator is asked; the browser reads them. */
export type CreationOptions = object;
export type RequestOptions = object;
export type Asked<Options> = { options: Options; ticket: string };
export type AddedPasskey = { passkey: Passkey; recovery_codes: string[] };
export type TotpEnrolment = { secret: string; uri: string; ticket: string };
export type RecoveryCodes = { recovery_codes: string[] };
export type OpenSession = {
  id: string;
  current: boolean;
  method: "password" | "link" | "passkey" | "sso";
  second_factor: boolean;
  address: string;
  user_agent: string;
  created_at: number;
  expires_at: number;
};

export type Project = {
  key: string;
  name: string;
  description?: string;
  version: Version;
  environments: number;
  flags: number;
  created_at?: number;
};

export type Environment = {
  key: string;
  name: string;
  position: number;
  color: number;
  production: boolean;
  revision: number;
};

export type ServesKind = "off" | "all" | "partial" | "split" | "rules";
export type Serves = { kind: ServesKind; text: string };

export type Variant = { key: string; value: Json; description?: string };
export type Changed = { rev: number; at: number; actor: string; action: string };

export type FlagItem = {
  key: string;
  name: string;
  description?: string;
  type: ValueType;
  tags: string[];
  owner: string | null;
  permanent: boolean;
  archived: boolean;
  created_at: number;
  variants: Variant[];
  revision: number;
  environments: Record<string, { on: boolean; serves: Serves; revision: number }>;
  changed: Changed | null;
};
export type Flag = FlagItem & { salt?: string; needs?: string[]; needed_by?: string[] };

export const OPERATORS = [
  "in",
  "starts_with",
  "ends_with",
  "contains",
  "matches",
  "less_than",
  "at_most",
  "greater_than",
  "at_least",
  "before",
  "after",
  "semver_equal",
  "semver_less_than",
  "semver_at_most",
  "semver_greater_than",
  "semver_at_least",
  "in_cidr",
  "has_any",
  "has_all",
  "present",
] as const;
export type Operator = (typeof OPERATORS)[number];

export type AttributeTest = {
  attribute: string;
  operator: Operator;
  values?: Json[];
  negate?: boolean;
  ignore_case?: boolean;
};
export type InSegment = { segment: string; negate?: boolean };
/** The evaluator's own form, kept where an imported flag cannot be said exactly in ours; `text` is how it reads. */
export type Exact = { exact: Json; text?: string };
/** An answer in the evaluator's own form, and the reason that is reported with it. */
export type Exactly = Exact & { reason?: string };
export type Condition =
  | AttributeTest
  | InSegment
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  | Exact;

export type Rollout = {
  variant: string;
  percent: number;
  bucket_by?: string;
  otherwise?: string;
  ranges?: [number, number][];
};
export type Share = { variant: string; percent: number; ranges?: [number, number][] };
export type Split = { bucket_by?: string; shares: Share[] };
export type Serve = { variant: string } | { rollout: Rollout } | { split: Split } | Exact;

export type Rule = { id: string; description?: string; if: Condition; serve: Serve; reason?: string };
export type Target = { variant: string; context_kind?: string; keys: string[] };
export type Prerequisite = { flag: string; variants: string[] };

/** What one flag does in one environment. */
export type Configuration = {
  on: boolean;
  prerequisites?: Prerequisite[];
  targets?: Target[];
  rules?: Rule[];
  default: Serve;
  off_variant: string;
  /** Served instead of `off_variant` where that was no variant in the system it came from. */
  off?: Exactly;
  /** What exact forms name. */
  buckets?: { [name: string]: Json };
  /** What becomes of the flag when no rule decides and one could not be answered. */
  unknown?: "skip" | "error";
  /** Served when flags ask each other in a circle. */
  cycle?: Exactly;
};
export type ConfigurationAnswer = Configuration & { serves: Serves; sentences: string[]; revision: number };

export type Segment = {
  key: string;
  name: string;
  description?: string;
  context_kind: string;
  rules: Condition[];
  buckets?: { [name: string]: Json };
  included_count: number;
  excluded_count: number;
  used_by: ({ flag: string; environment: string } | { segment: string })[];
  created_at: number;
  revision: number;
  text: string;
};

export type SdkKey = {
  id: string;
  name: string;
  environment: string;
  audience: Audience;
  hint: string;
  created_at: number;
  revoked_at?: number | null;
  /** Of a client key: it answers only contexts that the application's server has signed. */
  attested: boolean;
  key?: string;
};

export type AccessToken = {
  id: string;
  name: string;
  role?: string | null;
  /** What it is limited to where it is to no role. */
  grants?: Grant[] | null;
  /** Whose: a person's or a service account's id. */
  user: string;
  hint?: string;
  created_at: number;
  expires_at?: number | null;
  revoked_at?: number | null;
  last_used_at?: number | null;
  token?: string;
};

export type WebhookFormat = "standard" | "slack";

export type NewWebhook = {
  name: string;
  url: string;
  format: WebhookFormat;
  actions: string[];
  projects: string[];
  environments: string[];
};

export type Webhook = NewWebhook & {
  id: string;
  enabled: boolean;
  disabled_reason?: string | null;
  created_at: number;
  delivered_at?: number | null;
  secret?: string;
};

export type WebhookDelivery = {
  id: string;
  event: string;
  state: "waiting" | "delivered" | "failed";
  attempts: number;
  created_at: number;
  due_at?: number | null;
  status?: number | null;
  took_ms?: number | null;
  error?: string | null;
};

export type Member = { user: User; roles: string[]; groups: string[] };

/** Every kind that the API's own list of them has: `Record<DocumentKind, …>` is complete, or does not compile. */
export type DocumentKind = NonNullable<NonNullable<operations["listHistory"]["parameters"]["query"]>["kind"]>;
export type HistoryItem = {
  rev: number;
  at: number;
  actor: string;
  actor_name?: string | null;
  action: string;
  reason?: string | null;
  trace_id?: string | null;
  hash?: string;
  summary: string;
  documents: { kind: DocumentKind; key: string; removed?: boolean }[];
};
export type HistoryEntry = Omit<HistoryItem, "documents"> & {
  documents: { kind: DocumentKind; key: string; before: Json; after: Json }[];
};

/** A change as evidence; null names and reasons were redacted. */
export type AuditEntry = {
  scope: string;
  project: string | null;
  rev: number;
  at: number;
  actor: string;
  actor_name: string | null;
  via: string;
  action: string;
  reason: string | null;
  trace_id: string;
  prev_hash: string;
  hash: string;
  documents_total: number;
  documents: AuditDocument[];
};
export type AuditDocument = {
  kind: string;
  key: string;
  removed: boolean;
  before: Json;
  after: Json;
  content_hash: string | null;
  hidden?: "redacted" | "pruned" | "long";
};

export type Step = { text: string; result?: "true" | "false" | "unknown" | null; rule?: string | null; steps?: Step[] };
export type Explanation = {
  flag: string;
  reason: string;
  variant?: string | null;
  rule?: string | null;
  steps: Step[];
};
export type Evaluation = {
  flag: string;
  type?: ValueType;
  value?: Json;
  variant?: string | null;
  reason: string;
  rule?: string | null;
  error?: string | null;
  explanation?: Explanation | null;
};

export type Count = {
  environment: string;
  flag: string;
  variant: string | null;
  reason: string;
  sdk: string;
  hour: number;
  count: number;
};

export type StreamChange = {
  version: Version;
  actor_name?: string | null;
  action: string;
  documents: { kind: DocumentKind; key: string }[];
};

export type ProblemField = { pointer: string; code: string; message: string };

/** `"*"` is everything, also what is made later. */
export type Selected = "*" | string[];
export type Grant = { permissions: Selected; projects: Selected; environments: Selected };
export type PermissionLevel = "tenant" | "project" | "environment";
export type Permission = { name: string; level: PermissionLevel; description: string; role: Role };
export type CustomRole = { key: string; name: string; description: string; built_in: boolean; grants: Grant[] };
export type Group = { key: string; name: string; description: string; roles: string[]; members: string[] };
export type Invitation = {
  id: string;
  email: string;
  roles: string[];
  groups: string[];
  invited_by: string;
  created_at: number;
  expires_at: number;
};
export type InvitationLink = Invitation & { token: string };
export type InvitationLook = { tenant: string; email: string; known: boolean };
export type ServiceAccount = { id: string; name: string; description: string; roles: string[]; created_at: number };
export type SsoConnection = {
  id: string;
  name: string;
  issuer: string;
  client_id: string;
  redirect_uri: string;
  scopes: string[];
  groups_claim: string;
  groups: { [value: string]: { roles: string[]; groups: string[] } };
  domains: string[];
  provision: boolean;
  default_roles: string[];
  created_at: number;
};
export type TenantRules = Tenant & { requires_second_factor: boolean; requires_sso: boolean };
