import type { Context, Details, FlagType, JsonValue } from "./details.js";
import type { Logger } from "./log.js";

/** A flag call that was answered. */
export interface Call {
  /** The key as it was asked for. */
  readonly flag: string;
  /** The context it was asked with. */
  readonly context: Context;
  /** The targeting key as it may be told to others: a digest when it is private. */
  readonly unit: string | undefined;
  /** The type it was asked for. */
  readonly type: FlagType;
  /** `project/environment` of what answered. */
  readonly set: string | undefined;
  /** What the caller gets. */
  readonly details: Details<JsonValue>;
}

/** Is told of every flag call after it was answered. If it throws, nothing else is disturbed. */
export type Hook = (call: Call) => void;

export function runHooks(hooks: readonly Hook[], call: Call, log: Logger): void {
  for (const hook of hooks) {
    try {
      hook(call);
    } catch {
      log.debug?.("a hook threw");
    }
  }
}

/** The attributes of OpenTelemetry's semantic conventions for feature flags. */
export interface EvaluationEvent {
  readonly name: "feature_flag.evaluation";
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * A hook that makes one OpenTelemetry event of each flag call. `emit` puts it where you want it:
 * `(event) => trace.getActiveSpan()?.addEvent(event.name, event.attributes)` on the span at hand, or
 * `({ name, attributes }) => logger.emit({ eventName: name, attributes })` as a log record.
 */
export function openTelemetry(emit: (event: EvaluationEvent) => void): Hook {
  return ({ flag, unit, set, details: { value, variant, reason, error, version } }) => {
    const attributes: Record<string, string> = {
      "feature_flag.key": flag,
      "feature_flag.provider.name": "yardarm",
      "feature_flag.result.reason": reason.toLowerCase(),
    };
    if (variant !== null) attributes["feature_flag.result.variant"] = variant;
    else attributes["feature_flag.result.value"] = typeof value === "string" ? value : JSON.stringify(value);
    if (unit !== undefined) attributes["feature_flag.context.id"] = unit;
    if (set !== undefined) attributes["feature_flag.set.id"] = set;
    if (version !== null) attributes["feature_flag.version"] = version;
    if (error !== null) attributes["error.type"] = error.toLowerCase();
    emit({ name: "feature_flag.evaluation", attributes });
  };
}
