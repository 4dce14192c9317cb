/** The OpenFeature provider for servers: `@yardarm/server/openfeature`. */

import {
  ErrorCode,
  type EvaluationContext,
  type JsonValue as FeatureValue,
  type FlagMetadata,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  type ResolutionDetails,
  type TrackingEventDetails,
} from "@openfeature/server-sdk";

import type { Context, Details, JsonValue, ErrorCode as OurCode } from "../../core/src/details.js";
import type { Status } from "../../core/src/status.js";
import type { Client } from "./client.js";

/** Answers OpenFeature's flag calls through a {@link Client}. */
export class YardarmProvider implements Provider {
  readonly metadata = { name: "yardarm" } as const;
  readonly runsOn = "server";
  readonly events = new OpenFeatureEventEmitter();
  readonly #client: Client;
  readonly #readyWithin: number;
  #quiet: (() => void) | undefined;

  /** `readyWithinMs`: how long the initialisation waits. The client goes on trying after that. */
  constructor(client: Client, { readyWithinMs = 5_000 }: { readyWithinMs?: number } = {}) {
    this.#client = client;
    this.#readyWithin = readyWithinMs;
  }

  async initialize(): Promise<void> {
    let before = this.#client.status;
    this.#quiet?.();
    const state = await this.#client.waitReady(this.#readyWithin);
    this.#quiet = this.#client.observe((now) => {
      this.#tell(before, now);
      before = now;
    });
    before = this.#client.status;
    if (state === "NOT_READY" || state === "ERROR") throw new Error(before.error ?? "there is no ruleset yet");
    if (state === "STALE") queueMicrotask(() => this.events.emit(ProviderEvents.Stale, {}));
  }

  async onClose(): Promise<void> {
    this.#quiet?.();
    await this.#client.shutdown();
  }

  async resolveBooleanEvaluation(
    flag: string,
    fallback: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    return resolved(this.#client.booleanDetails(flag, plain(context), fallback));
  }

  async resolveStringEvaluation(
    flag: string,
    fallback: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>> {
    return resolved(this.#client.stringDetails(flag, plain(context), fallback));
  }

  async resolveNumberEvaluation(
    flag: string,
    fallback: number,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<number>> {
    return resolved(this.#client.numberDetails(flag, plain(context), fallback));
  }

  async resolveObjectEvaluation<T extends FeatureValue>(
    flag: string,
    fallback: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    const details = this.#client.jsonDetails(flag, plain(context), fallback as JsonValue);
    return resolved(details) as unknown as ResolutionDetails<T>;
  }

  track(event: string, context: EvaluationContext, details: TrackingEventDetails = {}): void {
    const { value, ...data } = details;
    this.#client.track(event, plain(context), value, Object.keys(data).length > 0 ? (data as JsonValue) : undefined);
  }

  #tell(before: Status, now: Status): void {
    if (now.version !== before.version && before.version !== null)
      this.events.emit(ProviderEvents.ConfigurationChanged, {});
    if (now.state === before.state) return;
    if (now.state === "READY") this.events.emit(ProviderEvents.Ready, {});
    if (now.state === "STALE") this.events.emit(ProviderEvents.Stale, {});
    if (now.state === "ERROR") this.events.emit(ProviderEvents.Error, { message: now.error ?? "" });
  }
}

/** OpenFeature's contexts have dates as objects. */
function plain(context: EvaluationContext): Context {
  return context as Context;
}

function resolved<T>({ value, variant, reason, rule, error, version }: Details<T>): ResolutionDetails<T> {
  const flagMetadata: FlagMetadata = {};
  if (version !== null) flagMetadata.version = version;
  if (rule !== null) flagMetadata.ruleId = rule;
  const answer: ResolutionDetails<T> = { value, reason, flagMetadata };
  if (variant !== null) answer.variant = variant;
  if (error !== null) {
    answer.errorCode = CODES[error];
    answer.errorMessage = WORDS[error];
  }
  return answer;
}

const CODES: Record<OurCode, ErrorCode> = {
  FLAG_NOT_FOUND: ErrorCode.FLAG_NOT_FOUND,
  PARSE_ERROR: ErrorCode.PARSE_ERROR,
  TYPE_MISMATCH: ErrorCode.TYPE_MISMATCH,
  TARGETING_KEY_MISSING: ErrorCode.TARGETING_KEY_MISSING,
  INVALID_CONTEXT: ErrorCode.INVALID_CONTEXT,
  PROVIDER_NOT_READY: ErrorCode.PROVIDER_NOT_READY,
  GENERAL: ErrorCode.GENERAL,
};

const WORDS: Record<OurCode, string> = {
  FLAG_NOT_FOUND: "there is no such flag",
  PARSE_ERROR: "the flag uses something that this SDK does not know",
  TYPE_MISMATCH: "the flag is of another type",
  TARGETING_KEY_MISSING: "the flag splits by targeting key and the context has none",
  INVALID_CONTEXT: "the context cannot be read",
  PROVIDER_NOT_READY: "there is no ruleset yet",
  GENERAL: "the flag could not be evaluated",
};
