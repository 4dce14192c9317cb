/** The answers for one context, as the server gave them. */

import type { Details, ErrorCode, JsonValue, Reason } from "../../core/src/details.js";
import { frozen } from "../../core/src/details.js";

/** Answers by flag key; `hasValue` is missing where the value is the caller's default. */
export type Answers = ReadonlyMap<string, Details<JsonValue | undefined>>;

/** What `POST /ofrep/v1/evaluate/flags` answers, as far as it is read. */
interface Bulk {
  readonly flags: readonly {
    readonly key: string;
    readonly value?: JsonValue;
    readonly variant?: string;
    readonly reason?: Reason;
    readonly errorCode?: ErrorCode;
    readonly metadata?: { readonly version?: string; readonly ruleId?: string; readonly flagSetId?: string };
  }[];
  readonly metadata?: { readonly version?: string; readonly flagSetId?: string };
  readonly eventStreams?: readonly { readonly type: string; readonly endpoint?: { readonly requestUri?: string } }[];
}

/** What was read of it. */
export interface Read {
  readonly answers: Answers;
  readonly version: string | null;
  /** `project/environment`. */
  readonly set: string | undefined;
  /** Where changes are told. */
  readonly stream: string | undefined;
}

/** Reads an answer; throws when it is none. */
export function read(text: string): Read {
  const bulk = JSON.parse(text) as Bulk;
  const version = bulk.metadata?.version ?? null;
  const answers = new Map<string, Details<JsonValue | undefined>>();
  if (!Array.isArray(bulk.flags)) throw new Error("unreadable answers: there is no list of flags");
  for (const { key, value, variant, reason, errorCode, metadata } of bulk.flags) {
    const answer: Details<JsonValue | undefined> = {
      value: value === undefined || errorCode ? undefined : frozen(value),
      variant: variant || null,
      reason: errorCode ? "ERROR" : (reason ?? "UNKNOWN"),
      rule: metadata?.ruleId ?? null,
      error: errorCode ?? null,
      version: metadata?.version ?? version,
    };
    answers.set(key, Object.freeze(answer));
  }
  const stream = bulk.eventStreams?.find(({ type }) => type === "sse")?.endpoint?.requestUri;
  return { answers, version, set: bulk.metadata?.flagSetId, stream };
}

/** A short name for a text: 53 bits, not secret. */
export function nameOf(text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}
