/** `@yardarm/web`: feature flags in the browser, evaluated by the server. */

export type { Context, Details, ErrorCode, FlagType, JsonValue, Reason } from "../../core/src/details.js";
export { type Call, type EvaluationEvent, type Hook, openTelemetry } from "../../core/src/hooks.js";
export type { Fetch } from "../../core/src/http.js";
export type { Logger } from "../../core/src/log.js";
export type { Observer, State, Status } from "../../core/src/status.js";
export type { Timing } from "../../core/src/timing.js";
export { type AnswerStorage, Client, type Settings } from "./client.js";
