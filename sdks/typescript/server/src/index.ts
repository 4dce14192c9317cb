/** `@yardarm/server`: feature flags for Node.js, Bun, Deno and edge runtimes. */

export type { Context, Details, ErrorCode, FlagType, JsonValue, Reason } from "../../core/src/details.js";
export { type Call, type EvaluationEvent, type Hook, openTelemetry } from "../../core/src/hooks.js";
export type { Fetch } from "../../core/src/http.js";
export type { Logger } from "../../core/src/log.js";
export type { Observer, State, Status } from "../../core/src/status.js";
export { TIMING, type Timing } from "../../core/src/timing.js";
export type { RulesetCache } from "./cache.js";
export { Client, type Dropped } from "./client.js";
export { type Settings, SettingsError } from "./settings.js";
export { TestClient } from "./testing.js";
