/** The client: flag calls, and waiting for it to be ready or done. */

import { type Context, type Details, type FlagType, failed, type JsonValue } from "../../core/src/details.js";
import { Failure } from "../../core/src/failure.js";
import { type Hook, runHooks } from "../../core/src/hooks.js";
import { Server } from "../../core/src/http.js";
import { type Logger, quiet } from "../../core/src/log.js";
import { Outbox } from "../../core/src/outbox.js";
import { Privacy } from "../../core/src/privacy.js";
import { Board, type Observer, type State, type Status, settled } from "../../core/src/status.js";
import { later, within } from "../../core/src/timers.js";
import { sign } from "./attestation.js";
import { CacheFile, type RulesetCache } from "./cache.js";
import { type Answer, Evaluator, keyOf } from "./evaluator.js";
import { Held } from "./held.js";
import { nodeFetch } from "./node.js";
import { type Checked, checked, checkedKey, fromEnvironment, type Settings, SettingsError } from "./settings.js";
import { Source } from "./source.js";
import { VERSION } from "./version.js";
import { evaluatorModule } from "./wasm.js";

/** Shortest time between two writes of the cache file. */
const CACHE_INTERVAL = 1_000;

/** Evaluations, exposures and events that were given up. */
export interface Dropped {
  readonly counts: number;
  readonly exposures: number;
  readonly events: number;
}

/**
 * A connection to one environment; make one per process. Flag calls never throw, never wait and do no I/O: they answer from
 * the ruleset in memory, and with the caller's default when there is none or anything is wrong.
 */
export class Client {
  protected readonly held: Held;
  protected clock: () => number = Date.now;
  readonly #evaluator: Evaluator;
  readonly #board = new Board();
  readonly #outbox: Outbox;
  readonly #privacy: Privacy;
  readonly #hooks: readonly Hook[];
  readonly #log: Logger;
  readonly #settings: Checked;
  readonly #server: Server;
  readonly #cache: RulesetCache | undefined;
  /** Somebody is told of calls: a hook, or exposures. */
  readonly #watched: boolean;
  readonly #ends = new AbortController();
  #key: string;
  #source: Source | undefined;
  /** Everything was delivered that will be. */
  #done = false;
  #unwritten = false;
  #writing: Promise<void> | undefined;
  #cancelWrite: (() => void) | undefined;
  #cancelFlush: (() => void) | undefined;

  /**
   * Starts a client. Does not touch the network before it returns; see {@link Client.waitReady}.
   * Throws a {@link SettingsError} for settings that cannot be used, never for a server that cannot be reached.
   */
  constructor(settings: Settings) {
    this.#settings = checked(settings);
    const { counts, exposures, key, maxPayload, timing, url } = this.#settings;
    this.#key = key;
    this.#log = quiet(settings.logger);
    this.#hooks = [...(settings.hooks ?? [])];
    this.#watched = exposures || this.#hooks.length > 0;
    this.#privacy = new Privacy(settings.privateAttributes);
    this.#outbox = new Outbox({ name: "typescript", version: VERSION }, this.#log);
    this.#evaluator = new Evaluator(settings.wasm ?? evaluatorModule());
    const online = this.#settings.offline === undefined;
    this.held = new Held(
      this.#evaluator,
      this.#board,
      () => counts && online && this.#collect(),
      () => this.#keep(),
    );
    const fetch = settings.fetch ?? nodeFetch(timing.connect);
    this.#server = new Server(url, key, timing, maxPayload, `yardarm-typescript/${VERSION}`, fetch);
    if (settings.cacheFile !== undefined && online) this.#cache = this.#cacheOf(settings.cacheFile, key);
    this.#load();
    if (online && this.connects()) this.#connect();
  }

  /** A client of the settings in `YARDARM_URL`, `YARDARM_SDK_KEY` and their like; those given here win. */
  static fromEnvironment(settings: Settings = {}): Client {
    return new Client(fromEnvironment(settings));
  }

  /** Whether it uses the network. */
  protected connects(): boolean {
    return true;
  }

  /** The flag's value, or `fallback`. */
  boolean(flag: string, context: Context, fallback: boolean): boolean {
    const answer = this.#evaluator.evaluate(flag, context, this.clock);
    if (answer?.type === "boolean" && !this.#watched) {
      answer.count++;
      return answer.value as boolean;
    }
    return this.#details(answer, flag, context, fallback, "boolean").value;
  }

  /** The flag's value, or `fallback`. */
  string(flag: string, context: Context, fallback: string): string {
    const answer = this.#evaluator.evaluate(flag, context, this.clock);
    if (answer?.type === "string" && !this.#watched) {
      answer.count++;
      return answer.value as string;
    }
    return this.#details(answer, flag, context, fallback, "string").value;
  }

  /** The flag's value, or `fallback`. */
  number(flag: string, context: Context, fallback: number): number {
    const answer = this.#evaluator.evaluate(flag, context, this.clock);
    if (answer?.type === "number" && !this.#watched) {
      answer.count++;
      return answer.value as number;
    }
    return this.#details(answer, flag, context, fallback, "number").value;
  }

  /** The value of a flag of any type, or `fallback`. Lists and objects are frozen: all callers share them. */
  json<T extends JsonValue = JsonValue>(flag: string, context: Context, fallback: T): T {
    return this.jsonDetails(flag, context, fallback).value;
  }

  /** The flag's value with the reasons for it. */
  booleanDetails(flag: string, context: Context, fallback: boolean): Details<boolean> {
    return this.#details(this.#evaluator.evaluate(flag, context, this.clock), flag, context, fallback, "boolean");
  }

  /** The flag's value with the reasons for it. */
  stringDetails(flag: string, context: Context, fallback: string): Details<string> {
    return this.#details(this.#evaluator.evaluate(flag, context, this.clock), flag, context, fallback, "string");
  }

  /** The flag's value with the reasons for it. */
  numberDetails(flag: string, context: Context, fallback: number): Details<number> {
    return this.#details(this.#evaluator.evaluate(flag, context, this.clock), flag, context, fallback, "number");
  }

  /** The flag's value, of any type, with the reasons for it. */
  jsonDetails<T extends JsonValue = JsonValue>(flag: string, context: Context, fallback: T): Details<T> {
    return this.#details(this.#evaluator.evaluate(flag, context, this.clock), flag, context, fallback, "json");
  }

  /**
   * Every flag for this context, from one ruleset. Flags that leave the value to the caller have `null`. Nothing is counted.
   * Give it to a browser to start with: `@yardarm/web` and `@yardarm/react` take it as `bootstrap`.
   */
  all(context: Context): Record<string, Details<JsonValue>> {
    return this.#evaluator.all(context, this.clock());
  }

  /** Records that the context's unit did something. Sent in batches; never throws, never waits. */
  track(event: string, context: Context, value?: number, data?: JsonValue): void {
    try {
      if (!this.#source || this.#done) return;
      const unit = keyText(context) ?? "";
      const scrubbed = data === undefined ? undefined : this.#privacy.scrubbed(data);
      const at = this.clock();
      this.#outbox.track({ name: event, unit: unit && this.#privacy.unit(unit), value, data: scrubbed, at });
    } catch (error) {
      this.#log.warn(`an event is not tracked: ${(error as Error).message}`);
    }
  }

  /**
   * Signs this context for so many milliseconds (one second to 24 hours), for a browser: the setting `attestation` of
   * `@yardarm/web`. With it a client key gets answers for this context, and one that is `attested` only so. It can be read by
   * whoever holds it. Rejects a context without `targetingKey` or of more than 4 KiB, another time, and a key that is no server
   * key. In tests and offline it is signed with a key that no server knows.
   */
  attest(context: Context, ttlMs: number): Promise<string> {
    return sign(this.#key, context, ttlMs, this.clock());
  }

  /** Where the client stands now. */
  get status(): Status {
    return this.#board.now;
  }

  /** What was given up since the start. */
  get dropped(): Dropped {
    return this.#outbox.dropped;
  }

  /** Is told of every change of the state and of the ruleset. Returns what ends it. */
  observe(observer: Observer): () => void {
    return this.#board.observe(observer);
  }

  /**
   * Waits until the client is connected and up to date, at most this long, and says where it stands. Returns early when waiting
   * makes no sense: the server refuses the key, or it is away and the cache answers.
   */
  async waitReady(limitMs = 5_000): Promise<State> {
    await this.#board.until(settled, limitMs);
    return this.#board.now.state;
  }

  /** Sends what waits. Whether all of it was acknowledged in time. */
  async flush(limitMs = 5_000): Promise<boolean> {
    if (!this.#source || this.#done) return true;
    const ends = new AbortController();
    try {
      const sent = this.#outbox.send(this.#server, ends.signal, () => this.#collect()).then(() => true);
      return (await within(limitMs, sent)) ?? false;
    } catch {
      return false;
    } finally {
      ends.abort();
    }
  }

  /** Ends all background work and delivers what waits, within this time. Whether it did. Flag calls go on answering from memory. */
  async shutdown(limitMs = 5_000): Promise<boolean> {
    if (this.#ends.signal.aborted || !this.#source) return true;
    this.#ends.abort();
    this.#source.stop();
    this.#cancelFlush?.();
    this.#cancelWrite?.();
    const began = performance.now();
    const flushed = await this.flush(limitMs);
    this.#done = true;
    const left = Math.max(0, limitMs - (performance.now() - began));
    const written = await within(
      left,
      this.#write().then(() => true),
    ).catch(() => true);
    return flushed && written === true;
  }

  /** Goes on with another SDK key, at once. Throws a {@link SettingsError} for one that cannot be sent, and keeps the old one. */
  setSdkKey(sdkKey: string): void {
    this.#key = checkedKey(sdkKey);
    this.#server.key = this.#key;
    this.#source?.restart();
  }

  #details<T extends JsonValue>(
    answer: Answer | undefined,
    flag: string,
    context: Context,
    fallback: T,
    type: FlagType,
  ): Details<T> {
    let details: Details<T>;
    if (answer === undefined) {
      details = failed(fallback, this.held.identity ? "FLAG_NOT_FOUND" : "PROVIDER_NOT_READY", this.held.version);
    } else if (answer.type === undefined) {
      answer.count++;
      details = { ...answer.details, value: fallback };
    } else if (answer.type === type || type === "json") {
      answer.count++;
      details = answer.details as Details<T>;
    } else {
      answer.mismatches++;
      details = failed(fallback, "TYPE_MISMATCH", answer.details.version);
    }
    if (this.#watched) this.#tell(flag, context, type, details);
    return details;
  }

  /** Exposures and hooks. */
  #tell(flag: string, context: Context, type: FlagType, details: Details<JsonValue>): void {
    try {
      const { variant, reason, rule, version } = details;
      const key = keyText(context);
      if (this.#settings.exposures && this.#source && reason === "SPLIT" && variant !== null && key) {
        const at = this.clock();
        const more = () => ({
          flag,
          variant,
          unit: this.#privacy.unit(key),
          rule: rule ?? undefined,
          version: version ?? "",
          at,
        });
        this.#outbox.expose(flag, variant, key, at, more);
      }
      if (this.#hooks.length > 0) {
        const unit = key ? this.#privacy.unit(key) : undefined;
        runHooks(this.#hooks, { flag, context, unit, type, set: this.held.set, details }, this.#log);
      }
    } catch {
      // The answer stands, whoever wants to hear of it.
    }
  }

  /** Moves what was counted to the outbox. */
  #collect(): void {
    if (!this.#settings.counts) return;
    const now = this.clock();
    for (const answer of this.#evaluator.counted()) {
      if (answer.count > 0) this.#outbox.count(answer.flag, answer.variant ?? "", answer.reason, answer.count, now);
      if (answer.mismatches > 0) this.#outbox.count(answer.flag, "", "ERROR", answer.mismatches, now);
      answer.count = 0;
      answer.mismatches = 0;
    }
  }

  /** Starts from the offline file, the cache or the bootstrap. */
  #load(): void {
    const { bootstrap, offline } = this.#settings;
    const usable = (what: string, use: () => unknown) => {
      try {
        use();
      } catch (error) {
        throw new SettingsError(`the ${what} cannot be used: ${(error as Error).message}`);
      }
    };
    if (offline !== undefined) {
      usable("ruleset file", () => this.held.put(offline, "local"));
      return;
    }
    const cached = this.#cached();
    if (bootstrap === undefined) return;
    // It is read in any case: a bootstrap that is none is found out at the first start.
    usable("bootstrap", () => (cached ? this.#evaluator.read(bootstrap) : this.held.put(bootstrap, "cache")));
    this.#evaluator.leave();
  }

  #cached(): boolean {
    try {
      for (const text of this.#cache?.read() ?? []) {
        try {
          this.held.put(text, "cache");
          return true;
        } catch (error) {
          this.#log.warn(`a ruleset in the cache is ignored: ${(error as Error).message}`);
        }
      }
    } catch (error) {
      this.#log.warn(`the cache is ignored: ${(error as Error).message}`);
    }
    return false;
  }

  #cacheOf(cache: string | RulesetCache, key: string): RulesetCache {
    if (typeof cache !== "string") return cache;
    try {
      return new CacheFile(cache, key, this.#settings.maxPayload, (message) => this.#log.warn(message));
    } catch (error) {
      throw new SettingsError((error as Error).message);
    }
  }

  #connect(): void {
    this.#source = new Source(this.held, this.#server, this.#settings.streaming, this.#log);
    this.#flushLater(this.#server.timing.flush * (0.9 + 0.2 * Math.random()));
  }

  #flushLater(wait: number): void {
    this.#cancelFlush = later(wait, () => void this.#flushNow());
  }

  async #flushNow(): Promise<void> {
    const { flush, slow } = this.#server.timing;
    let wait = flush * (0.9 + 0.2 * Math.random());
    try {
      await this.#outbox.send(this.#server, this.#ends.signal, () => this.#collect());
    } catch (error) {
      const failure = Failure.of(error);
      if (failure.wait !== undefined) wait = Math.min(failure.wait, slow) * (0.8 + 0.4 * Math.random());
      else if (failure.kind === "refused") wait = slow * (1 - 0.5 * Math.random());
    }
    if (!this.#ends.signal.aborted) this.#flushLater(wait);
  }

  /** Has the ruleset written to the cache, soon. */
  #keep(): void {
    if (!this.#cache) return;
    this.#unwritten = true;
    this.#cancelWrite ??= later(CACHE_INTERVAL, () => {
      this.#cancelWrite = undefined;
      void this.#write();
    });
  }

  async #write(): Promise<void> {
    while (this.#writing) await this.#writing;
    // Empty is not a value worth keeping.
    if (!this.#cache || !this.#unwritten || this.#evaluator.keys().length === 0) return;
    this.#unwritten = false;
    this.#writing = this.#cache.write(this.#evaluator.ruleset()).catch((error: unknown) => {
      this.#log.warn(`the cache cannot be written: ${(error as Error).message}`);
    });
    await this.#writing;
    this.#writing = undefined;
  }
}

/** The targeting key as text, if there is one. */
function keyText(context: Context): string | undefined {
  if (typeof context !== "object" || context === null) return undefined;
  const key = keyOf(context);
  return key === null || key === undefined || key === ""
    ? undefined
    : typeof key === "number"
      ? BigInt(key).toString()
      : key;
}
