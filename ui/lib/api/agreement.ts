// What the server's OpenAPI says must fit the types the console is written with; `tsc` fails where it does not.

import type * as control from "./control";
import type { components } from "./schema";
import type * as ours from "./types";

type Schemas = components["schemas"];
type Fits<Ours, Theirs extends Ours> = Theirs extends Ours ? true : never;

/** Members that OpenAPI says less of: any JSON, text for a union of words, absent for null. */
type Loose = "variants" | "environments" | "owner" | "changed" | "needs" | "needed_by";

export type Agreement = [
  Fits<Omit<ours.Session, "via" | "unmet" | "role" | "tenants">, Schemas["SessionAnswer"]>,
  Fits<ours.Project, Schemas["ProjectAnswer"]>,
  Fits<ours.Environment, Schemas["EnvironmentAnswer"]>,
  Fits<Omit<ours.FlagItem, Loose>, Schemas["FlagItem"]>,
  Fits<Omit<ours.Flag, Loose>, Schemas["FlagAnswer"]>,
  Fits<Omit<ours.Serves, "kind">, Schemas["Serves"]>,
  Fits<Omit<ours.Segment, "rules" | "used_by" | "buckets">, Schemas["SegmentAnswer"]>,
  Fits<Pick<ours.ConfigurationAnswer, "on" | "off_variant" | "sentences" | "revision">, Schemas["ConfigurationAnswer"]>,
  Fits<ours.SdkKey, Schemas["KeyAnswer"]>,
  Fits<ours.AccessToken, Schemas["TokenAnswer"]>,
  Fits<ours.Webhook, Schemas["WebhookAnswer"]>,
  Fits<ours.WebhookDelivery, Schemas["DeliveryAnswer"]>,
  Fits<ours.Member, Schemas["Member"]>,
  Fits<ours.Security, Schemas["SecurityAnswer"]>,
  Fits<ours.TotpEnrolment, Schemas["TotpEnrolment"]>,
  Fits<ours.RecoveryCodes, Schemas["RecoveryCodes"]>,
  Fits<ours.Passkey, Schemas["PasskeyAnswer"]>,
  Fits<ours.AddedPasskey, Schemas["AddedPasskey"]>,
  Fits<ours.Asked<ours.CreationOptions>, Schemas["PasskeyEnrolment"]>,
  Fits<ours.Asked<ours.RequestOptions>, Schemas["PasskeyChallenge"]>,
  Fits<Omit<ours.OpenSession, "method">, Schemas["OpenSession"]>,
  Fits<ours.Count, Schemas["EvaluationCount"]>,
  Fits<Omit<control.ChangeRequestItem, "schedule" | "moved">, Omit<Schemas["ChangeRequestItem"], "schedule">>,
  Fits<control.Needed, Schemas["NeededAnswer"]>,
  Fits<control.Schedule, Schemas["ScheduleAnswer"]>,
  Fits<control.Requirement, Schemas["ApprovalRequirement"]>,
  Fits<control.Violation, Schemas["PolicyViolation"]>,
  Fits<Omit<control.MergeConflict, "base" | "request" | "current">, Schemas["MergeConflict"]>,
  Fits<control.MergeChoice, Schemas["MergeChoice"] & { take: control.MergeChoice["take"] }>,
  Fits<Pick<control.Policy, "key" | "name" | "holds_in" | "revision">, Schemas["PolicyAnswer"]>,
];
