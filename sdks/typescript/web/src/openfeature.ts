/** The OpenFeature provider for browsers: `@yardarm/web/openfeature`. */

import {
  type ErrorCode,
  type EvaluationContext,
  type JsonValue as FeatureValue,
  type FlagMetadata,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  type ResolutionDetails,
  type TrackingEventDetails,
} from "@openfeature/web-sdk";

import type { Context, Details, JsonValue } from "../../core/src/details.js";
import type { Status } from "../../core/src/status.js";
import type { Client } from "./client.js";

/** Answers OpenFeature's flag calls through a {@link Client}. OpenFeature's context is the client's. */
export class YardarmProvider implements Provider {
  readonly metadata = { name: "yardarm" } as const;
  readonly runsOn = "client";
  readonly events = new OpenFeatureEventEmitter();
  readonly #client: Client;
  readonly #readyWithin: number;
  #quiet: (() => void) | undefined;

  /** `readyWithinMs`: how long the initialisation waits. The client goes on trying after that. */
  constructor(client: Client, { readyWithinMs = 5_000 }: { readyWithinMs?: number } = {}) {
    this.#client = client;
    this.#readyWithin = readyWithinMs;
  }

  async initialize(context?: EvaluationContext): Promise<void> {
    this.#quiet?.();
    const client = this.#client;
    const given = context && Object.keys(context).length > 0;
    const state = given
      ? await client.setContext(context as Context, this.#readyWithin)
      : await client.waitReady(this.#readyWithin);
    let before = client.status;
    this.#quiet = client.observe((now) => {
      this.#tell(before, now);
      before = now;
    });
    if (state === "NOT_READY" || state === "ERROR") throw new Error(before.error ?? "there are no answers yet");
    if (state === "STALE") queueMicrotask(() => this.events.emit(ProviderEvents.Stale));
  }

  async onContextChange(_: EvaluationContext, context: EvaluationContext): Promise<void> {
    await this.#client.setContext(context as Context, this.#readyWithin);
  }

  async onClose(): Promise<void> {
    this.#quiet?.();
    await this.#client.shutdown();
  }

  resolveBooleanEvaluation(flag: string, fallback: boolean): ResolutionDetails<boolean> {
    return resolved(this.#client.booleanDetails(flag, fallback));
  }

  resolveStringEvaluation(flag: string, fallback: string): ResolutionDetails<string> {
    return resolved(this.#client.stringDetails(flag, fallback));
  }

  resolveNumberEvaluation(flag: string, fallback: number): ResolutionDetails<number> {
    return resolved(this.#client.numberDetails(flag, fallback));
  }

  resolveObjectEvaluation<T extends FeatureValue>(flag: string, fallback: T): ResolutionDetails<T> {
    return resolved(this.#client.jsonDetails(flag, fallback as JsonValue)) as unknown as ResolutionDetails<T>;
  }

  track(event: string, _: EvaluationContext, details: TrackingEventDetails = {}): void {
    const { value, ...data } = details;
    this.#client.track(event, value, Object.keys(data).length > 0 ? (data as JsonValue) : undefined);
  }

  #tell(before: Status, now: Status): void {
    if (now.version !== before.version && before.version !== null)
      this.events.emit(ProviderEvents.ConfigurationChanged);
    if (now.state === before.state) return;
    if (now.state === "READY") this.events.emit(ProviderEvents.Ready);
    if (now.state === "STALE") this.events.emit(ProviderEvents.Stale);
    if (now.state === "ERROR") this.events.emit(ProviderEvents.Error, { message: now.error ?? "" });
  }
}

function resolved<T>({ value, variant, reason, rule, error, version }: Details<T>): ResolutionDetails<T> {
  const flagMetadata: FlagMetadata = {};
  if (version !== null) flagMetadata.version = version;
  if (rule !== null) flagMetadata.ruleId = rule;
  const answer: ResolutionDetails<T> = { value, reason, flagMetadata };
  if (variant !== null) answer.variant = variant;
  // OpenFeature's codes are these words.
  if (error !== null) answer.errorCode = error as ErrorCode;
  return answer;
}
