import type { Hook } from "../../core/src/hooks.js";
import type { Fetch } from "../../core/src/http.js";
import type { Logger } from "../../core/src/log.js";
import { TIMING, type Timing } from "../../core/src/timing.js";
import { fileText, type RulesetCache } from "./cache.js";
import { variable } from "./node.js";

/** How a client is set up. */
export interface Settings {
  /** The server: `https://flags.example.com`. */
  url?: string;
  /** The SDK key of the environment: `yd_srv_…`. */
  sdkKey?: string;
  /** Keeps the last ruleset here and starts from it when the server is away. It holds targeting rules: nobody else should read it. */
  cacheFile?: string | RulesetCache;
  /** Answers from this ruleset, read once, and never uses the network. */
  offlineFile?: string;
  /** A ruleset to start with when there is no cache file yet: the text of `GET /sdk/v1/ruleset`, or the same parsed. */
  bootstrap?: string | object;
  /** `false`: polls only. */
  streaming?: boolean;
  /** The most bytes of one answer or frame that are read. */
  maxPayload?: number;
  /** Whether evaluations are counted and reported: (flag, variant, reason) and how often, never contexts. */
  countEvaluations?: boolean;
  /** Whether it is reported which targeting key was given which variant of a split. */
  exposures?: boolean;
  /** Attributes that never leave the process; `targetingKey` leaves as a digest then. */
  privateAttributes?: readonly string[];
  /** Are told of every flag call. */
  hooks?: readonly Hook[];
  /** Other waits than the defaults, in milliseconds. */
  timing?: Partial<Timing>;
  /** Where to log; `console` for warnings when not given, nowhere when `null`. */
  logger?: Logger | null;
  /** Another `fetch`. */
  fetch?: Fetch;
  /** The evaluator, compiled by you: for runtimes that compile no WebAssembly themselves (`@yardarm/server/yardarm.wasm`). */
  wasm?: WebAssembly.Module;
}

/** A client cannot be made of these settings, whatever the server does. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Settings with nothing left to guess. */
export interface Checked {
  readonly url: string;
  readonly key: string;
  readonly offline: string | undefined;
  readonly bootstrap: string | undefined;
  readonly streaming: boolean;
  readonly maxPayload: number;
  readonly counts: boolean;
  readonly exposures: boolean;
  readonly timing: Timing;
}

export function checked(settings: Settings): Checked {
  const { bootstrap, offlineFile } = settings;
  return {
    url: offlineFile === undefined ? checkedUrl(settings.url) : "http://offline.invalid/",
    key: offlineFile === undefined ? checkedKey(settings.sdkKey) : "",
    offline: offlineFile === undefined ? undefined : offlineText(offlineFile),
    bootstrap: bootstrap === undefined || typeof bootstrap === "string" ? bootstrap : JSON.stringify(bootstrap),
    streaming: settings.streaming ?? true,
    maxPayload: settings.maxPayload ?? 64 << 20,
    counts: settings.countEvaluations ?? true,
    exposures: settings.exposures ?? false,
    timing: { ...TIMING, ...defined(settings.timing ?? {}) },
  };
}

/** Settings from `YARDARM_…` variables; those given in code win. */
export function fromEnvironment(given: Settings): Settings {
  const read: Settings = {};
  const text = (name: string) => variable(name) || undefined;
  read.offlineFile = text("YARDARM_OFFLINE_FILE");
  read.url = text("YARDARM_URL");
  read.sdkKey = text("YARDARM_SDK_KEY");
  read.cacheFile = text("YARDARM_CACHE_FILE");
  read.streaming = flag("YARDARM_STREAMING");
  read.countEvaluations = flag("YARDARM_COUNT_EVALUATIONS");
  read.exposures = flag("YARDARM_EXPOSURES");
  const settings = { ...defined(read), ...defined(given) };
  if (settings.offlineFile === undefined) {
    for (const [name, value] of [
      ["YARDARM_URL", settings.url],
      ["YARDARM_SDK_KEY", settings.sdkKey],
    ]) {
      if (value === undefined) throw new SettingsError(`the environment variable ${name} is not set`);
    }
  }
  return settings;
}

function flag(name: string): boolean | undefined {
  const value = variable(name);
  if (value === undefined || value === "") return undefined;
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw new SettingsError(`the environment variable ${name} is ${JSON.stringify(value)}; write true or false`);
}

export function checkedKey(key: unknown): string {
  if (typeof key !== "string" || !/^[\x21-\x7e]+$/.test(key)) {
    throw new SettingsError("the SDK key is missing or has characters that cannot be sent; it looks like yd_srv_…");
  }
  return key;
}

function checkedUrl(url: unknown): string {
  let parsed: URL;
  try {
    parsed = new URL(String(url));
  } catch {
    throw new SettingsError(`the server address ${JSON.stringify(url)} cannot be used; write http://… or https://…`);
  }
  if (!/^https?:$/.test(parsed.protocol)) throw new SettingsError(`the server address ${url} is not http or https`);
  parsed.search = "";
  parsed.hash = "";
  return parsed.href.endsWith("/") ? parsed.href : `${parsed.href}/`;
}

function offlineText(path: string): string {
  try {
    return fileText(path);
  } catch (error) {
    throw new SettingsError(`the ruleset file ${path} cannot be used: ${(error as Error).message}`);
  }
}

function defined<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}
