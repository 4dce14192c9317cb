/** Any JSON value. Those that the SDK gives out are frozen: they are shared by all calls. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [member: string]: JsonValue | undefined };

/**
 * Who or what a flag is asked for: `targetingKey` (a text or an integer) and any attributes, nested as you like. The
 * members of an object `user` count as attributes of the top level.
 */
export interface Context {
  readonly targetingKey?: string | number | null | undefined;
  readonly [attribute: string]: unknown;
}

/** Why an answer is what it is: OpenFeature's reasons, and one it has no word for. */
export type Reason =
  | "STATIC"
  | "DEFAULT"
  | "TARGETING_MATCH"
  | "SPLIT"
  | "DISABLED"
  | "PREREQUISITE_FAILED"
  | "ERROR"
  | (string & {});

/** Why a flag could not be evaluated: OpenFeature's error codes. */
export type ErrorCode =
  | "FLAG_NOT_FOUND"
  | "PARSE_ERROR"
  | "TYPE_MISMATCH"
  | "TARGETING_KEY_MISSING"
  | "INVALID_CONTEXT"
  | "PROVIDER_NOT_READY"
  | "GENERAL";

/** The type that a flag was asked for. */
export type FlagType = "boolean" | "string" | "number" | "json";

/** An answer with the reasons for it. */
export interface Details<T> {
  readonly value: T;
  readonly variant: string | null;
  readonly reason: Reason;
  /** The rule that decided. */
  readonly rule: string | null;
  readonly error: ErrorCode | null;
  /** `epoch:rev` of the ruleset that answered. */
  readonly version: string | null;
}

/** An error as an answer: the caller's default. */
export function failed<T>(value: T, error: ErrorCode, version: string | null): Details<T> {
  return { value, variant: null, reason: "ERROR", rule: null, error, version };
}

/** The type of a JSON value, as flags have them. */
export function typeOf(value: JsonValue): FlagType {
  const type = typeof value;
  return type === "boolean" || type === "string" || type === "number" ? type : "json";
}

/** Freezes a JSON value all the way down. */
export function frozen<T extends JsonValue>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) if (member !== undefined) frozen(member);
    Object.freeze(value);
  }
  return value;
}
