/** The browser's client: answers for one context, kept current. Rules never come here. */

import { type Context, type Details, type FlagType, failed, type JsonValue, typeOf } from "../../core/src/details.js";
import { Backoff, Failure } from "../../core/src/failure.js";
import { type Hook, runHooks } from "../../core/src/hooks.js";
import { type Fetch, Server } from "../../core/src/http.js";
import { type Logger, quiet } from "../../core/src/log.js";
import { Outbox } from "../../core/src/outbox.js";
import { EventParser } from "../../core/src/sse.js";
import { Board, type Observer, type State, type Status, settled } from "../../core/src/status.js";
import { later, sleep, within } from "../../core/src/timers.js";
import { TIMING, type Timing } from "../../core/src/timing.js";
import { type Answers, nameOf, type Read, read } from "./answers.js";
import { VERSION } from "./version.js";

/** Where the last answers are kept: `localStorage`, or what has these two. */
export interface AnswerStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

/** How a client is set up. */
export interface Settings {
  /** The server: `https://flags.example.com`. */
  url: string;
  /** A client key: `yd_cli_…`. It is public; a server key does not belong into a page. */
  sdkKey: string;
  /** Who the flags are asked for. */
  context?: Context;
  /**
   * The context, signed by the application's server (`attest` of a server SDK): the token, or what gets one. It is asked for a
   * context, anew when that changes, before its token expires, and when the server refuses it.
   */
  attestation?: string | ((context: Context) => string | Promise<string>);
  /** Answers to begin with: what `all(context)` of `@yardarm/server` gave. */
  bootstrap?: Readonly<Record<string, Details<JsonValue>>>;
  /** Where the last answers are kept for the next visit (default: `localStorage`); `null`: nowhere. */
  storage?: AnswerStorage | null;
  /** `false`: asks every `pollInterval` instead of following changes. */
  streaming?: boolean;
  /** The most bytes of one answer that are read. */
  maxPayload?: number;
  /** Are told of every flag call. */
  hooks?: readonly Hook[];
  /** Other waits than the defaults, in milliseconds. */
  timing?: Partial<Timing>;
  /** Where to log; `console` for warnings when not given, nowhere when `null`. */
  logger?: Logger | null;
  /** Another `fetch`. */
  fetch?: Fetch;
}

/** Flag calls never throw, never wait and do no I/O; they answer from what was heard last, or with the caller's default. */
export class Client {
  readonly #server: Server;
  readonly #board = new Board();
  readonly #log: Logger;
  readonly #hooks: readonly Hook[];
  readonly #storage: AnswerStorage | null;
  readonly #outbox: Outbox;
  readonly #streaming: boolean;
  readonly #attestation: Settings["attestation"];
  readonly #name: string;
  readonly #ends = new AbortController();
  #context: Context;
  #answers: Answers | undefined;
  #set: string | undefined;
  #etag: string | null = null;
  /** What the application's server signed for this context, and until when it is used. */
  #token: string | undefined;
  #tokenUntil = 0;
  /** Where changes are told, and the connection that listens there. */
  #address: string | undefined;
  #listening: AbortController | undefined;
  /** The question at hand; a change of the context ends it. */
  #asking = new AbortController();
  /** Ends the wait before the next question. */
  #wait = new AbortController();
  #again = false;
  /** Everything was delivered that will be. */
  #done = false;

  /** Starts a client. Does not touch the network before it returns. Throws for an address or a key that cannot be used. */
  constructor(settings: Settings) {
    const url = new URL(settings.url);
    if (!/^https?:$/.test(url.protocol)) throw new TypeError(`the server address ${settings.url} is not http or https`);
    if (!/^[\x21-\x7e]+$/.test(settings.sdkKey ?? "")) throw new TypeError("the SDK key is missing or cannot be sent");
    this.#log = quiet(settings.logger);
    this.#hooks = [...(settings.hooks ?? [])];
    this.#context = settings.context ?? {};
    this.#streaming = settings.streaming ?? true;
    this.#attestation = settings.attestation;
    this.#name = `yardarm:${nameOf(settings.url + settings.sdkKey)}`;
    this.#storage = settings.storage === undefined ? platformStorage() : settings.storage;
    this.#outbox = new Outbox({ name: "web", version: VERSION }, this.#log);
    const timing = { ...TIMING, ...settings.timing };
    const base = url.href.endsWith("/") ? url.href : `${url.href}/`;
    this.#server = new Server(base, settings.sdkKey, timing, settings.maxPayload ?? 8 << 20, undefined, settings.fetch);
    this.#begin(settings.bootstrap);
    void this.#run();
    this.#flushLater(timing.flush);
    globalThis.document?.addEventListener("visibilitychange", this.#hidden);
  }

  /** The flag's value, or `fallback`. */
  boolean(flag: string, fallback: boolean): boolean {
    return this.#details(flag, fallback, "boolean").value;
  }

  /** The flag's value, or `fallback`. */
  string(flag: string, fallback: string): string {
    return this.#details(flag, fallback, "string").value;
  }

  /** The flag's value, or `fallback`. */
  number(flag: string, fallback: number): number {
    return this.#details(flag, fallback, "number").value;
  }

  /** The value of a flag of any type, or `fallback`. Lists and objects are frozen. */
  json<T extends JsonValue = JsonValue>(flag: string, fallback: T): T {
    return this.#details(flag, fallback, "json").value;
  }

  /** The flag's value with the reasons for it. */
  booleanDetails(flag: string, fallback: boolean): Details<boolean> {
    return this.#details(flag, fallback, "boolean");
  }

  /** The flag's value with the reasons for it. */
  stringDetails(flag: string, fallback: string): Details<string> {
    return this.#details(flag, fallback, "string");
  }

  /** The flag's value with the reasons for it. */
  numberDetails(flag: string, fallback: number): Details<number> {
    return this.#details(flag, fallback, "number");
  }

  /** The flag's value, of any type, with the reasons for it. */
  jsonDetails<T extends JsonValue = JsonValue>(flag: string, fallback: T): Details<T> {
    return this.#details(flag, fallback, "json");
  }

  /** Every flag. Those that leave the value to the caller have `null`. */
  all(): Record<string, Details<JsonValue>> {
    const all: Record<string, Details<JsonValue>> = {};
    for (const [flag, details] of this.#answers ?? []) all[flag] = { ...details, value: details.value ?? null };
    return all;
  }

  /** Who the flags are asked for. */
  get context(): Context {
    return this.#context;
  }

  /** Asks for another context. Until its answers are there the old ones stay; waits for them at most this long. */
  async setContext(context: Context, limitMs = 5_000): Promise<State> {
    this.#context = context;
    this.#etag = null;
    this.#token = undefined;
    const before = this.#answers;
    this.#asking.abort();
    this.#wait.abort();
    await this.#board.until(({ state }) => this.#answers !== before || state === "ERROR", limitMs);
    return this.#board.now.state;
  }

  /** Records that the context's unit did something. Sent in batches; never throws, never waits. */
  track(event: string, value?: number, data?: JsonValue): void {
    if (this.#done) return;
    try {
      const key: unknown = this.#context.targetingKey;
      const unit = typeof key === "string" || typeof key === "number" ? `${key}` : "";
      this.#outbox.track({ name: event, unit, value, data, at: Date.now() });
    } catch {
      this.#log.warn("an event is not tracked: it cannot be written as JSON");
    }
  }

  /** Where the client stands now. */
  get status(): Status {
    return this.#board.now;
  }

  /** Events that were given up since the start. */
  get dropped(): { readonly counts: number; readonly exposures: number; readonly events: number } {
    return this.#outbox.dropped;
  }

  /** Is told of every change of the state and of the answers. Returns what ends it. */
  observe(observer: Observer): () => void {
    return this.#board.observe(observer);
  }

  /** Waits until the answers are current, at most this long. Returns early when the server refuses, or is away and old answers are there. */
  async waitReady(limitMs = 5_000): Promise<State> {
    await this.#board.until(settled, limitMs);
    return this.#board.now.state;
  }

  /** Sends what waits. Whether all of it was acknowledged in time. */
  async flush(limitMs = 5_000): Promise<boolean> {
    if (this.#done) return true;
    const ends = new AbortController();
    try {
      return (
        (await within(
          limitMs,
          this.#outbox.send(this.#server, ends.signal, () => {}).then(() => true),
        )) ?? false
      );
    } catch {
      return false;
    } finally {
      ends.abort();
    }
  }

  /** Ends all background work and delivers what waits. Flag calls go on answering. */
  async shutdown(limitMs = 5_000): Promise<boolean> {
    if (this.#ends.signal.aborted) return true;
    this.#ends.abort();
    this.#asking.abort();
    this.#wait.abort();
    this.#listening?.abort();
    globalThis.document?.removeEventListener("visibilitychange", this.#hidden);
    const flushed = await this.flush(limitMs);
    this.#done = true;
    return flushed;
  }

  #details<T extends JsonValue>(flag: string, fallback: T, type: FlagType): Details<T> {
    const answer = this.#answers?.get(flag);
    const { version } = this.#board.now;
    let details: Details<T>;
    if (!answer) details = failed(fallback, this.#answers ? "FLAG_NOT_FOUND" : "PROVIDER_NOT_READY", version);
    else if (answer.value === undefined) details = { ...answer, value: fallback, variant: null };
    else if (type !== "json" && typeOf(answer.value) !== type) details = failed(fallback, "TYPE_MISMATCH", version);
    else details = answer as Details<T>;
    if (this.#hooks.length > 0) {
      const key = this.#context?.targetingKey;
      const unit = typeof key === "string" ? key : undefined;
      runHooks(this.#hooks, { flag, context: this.#context, unit, type, set: this.#set, details }, this.#log);
    }
    return details;
  }

  /** Asks, again and again: when told to, else every now and then. */
  async #run(): Promise<void> {
    const { timing } = this.#server;
    const backoff = new Backoff();
    let renewed = false;
    while (!this.#ends.signal.aborted) {
      this.#asking = new AbortController();
      this.#wait = new AbortController();
      this.#again = false;
      const { signal } = this.#asking;
      let wait: number;
      try {
        await this.#ask(signal);
        backoff.reset();
        renewed = false;
        // A stream says when to ask; without one it is time every now and then.
        wait = this.#listening ? Number.MAX_SAFE_INTEGER : timing.pollInterval * (0.9 + 0.2 * Math.random());
      } catch (error) {
        if (signal.aborted) {
          renewed = false;
          continue;
        }
        let failure = Failure.of(error);
        if (this.#token && /"attestation_/.test(failure.said)) {
          this.#token = undefined;
          // A new one may help, and soon; when it did not, nothing is urgent.
          if (!renewed) failure = new Failure("lost", failure.message);
          renewed = true;
        }
        this.#failed(failure);
        wait = backoff.after(failure, timing);
      }
      if (!this.#again) await sleep(wait, this.#wait.signal);
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const context = this.#context;
    const headers: Record<string, string> = { "content-type": "application/json" };
    const token = await this.#attested(context, signal);
    if (token) headers["x-yardarm-attestation"] = token;
    if (this.#etag) headers["if-none-match"] = this.#etag;
    const body = JSON.stringify({ context });
    const answer = await this.#server.ask(
      "ofrep/v1/evaluate/flags",
      { method: "POST", headers, body, heard: true },
      signal,
    );
    const success = { state: "READY", error: null, failures: 0 } as const;
    if (answer.status === 304) {
      answer.close();
      this.#board.update(success);
      return;
    }
    const text = await answer.text();
    // Answers for a context that is no longer the one.
    if (signal.aborted) throw new Failure("left", "the context changed");
    const heard = read(text);
    this.#etag = answer.header("etag");
    this.#take(heard);
    this.#board.update({ ...success, version: heard.version }, true);
    this.#store(text);
    if (this.#streaming && heard.stream && heard.stream !== this.#address) this.#listen(heard.stream);
  }

  async #attested(context: Context, signal: AbortSignal): Promise<string | undefined> {
    const get = this.#attestation;
    if (typeof get !== "function") return get;
    if (this.#token && performance.now() < this.#tokenUntil) return this.#token;
    const token = await within(
      this.#server.timing.response,
      Promise.resolve().then(() => get(context)),
    );
    if (signal.aborted) throw new Failure("left", "the context changed");
    if (typeof token !== "string" || !/^[\w.-]+$/.test(token)) throw new Failure("lost", "there is no attestation");
    // By its own clock's account: this one may be wrong.
    this.#tokenUntil = performance.now() + lifetime(token) * 0.9;
    this.#token = token;
    return token;
  }

  #take({ answers, set }: Pick<Read, "answers" | "set">): void {
    this.#answers = answers;
    this.#set = set;
  }

  #failed(failure: Failure): void {
    const { failures } = this.#board.now;
    const state = failure.kind === "refused" ? "ERROR" : this.#answers ? "STALE" : "NOT_READY";
    this.#board.update({ state, error: failure.message, failures: failures + 1 });
  }

  /** Asks soon; several times at once are once. */
  #askAgain(): void {
    this.#again = true;
    this.#wait.abort();
  }

  /** Follows the stream at an address until it ends for good. */
  #listen(address: string): void {
    this.#listening?.abort();
    const listening = new AbortController();
    this.#listening = listening;
    this.#address = address;
    void this.#follow(address, listening.signal).then(() => {
      if (this.#listening !== listening) return;
      this.#listening = undefined;
      this.#address = undefined;
      this.#askAgain();
    });
  }

  /** Returns when asking again is the way to go on: for a new address, or because it cannot be reached. */
  async #follow(address: string, signal: AbortSignal): Promise<void> {
    const { timing, maxPayload } = this.#server;
    const backoff = new Backoff();
    let last = this.#board.now.version;
    for (let missed = 0; !signal.aborted; missed++) {
      const began = performance.now();
      let failure: Failure;
      try {
        const headers: Record<string, string> = { accept: "text/event-stream" };
        if (last) headers["last-event-id"] = last;
        const answer = await this.#server.ask(address, { headers }, signal);
        try {
          const parser = new EventParser(maxPayload);
          for await (const chunk of answer.chunks(timing.heartbeat * 2.5, "the stream is silent")) {
            missed = 0;
            for (const { data } of parser.push(chunk)) {
              if ((JSON.parse(data) as { type?: unknown }).type === "refetchEvaluation") this.#askAgain();
            }
          }
          failure = new Failure("lost", "the stream was closed");
        } finally {
          answer.close();
        }
      } catch (error) {
        failure = Failure.of(error);
      }
      if (signal.aborted) return;
      if (performance.now() - began >= timing.healthy) backoff.reset();
      last = this.#board.now.version;
      const wait = backoff.after(failure, timing);
      await sleep(failure.kind === "refused" ? Math.min(wait, timing.pollInterval) : wait, signal);
      // What it would have told meanwhile is found out by asking, and so is another address.
      if (failure.kind === "refused" || missed > 2) return;
      this.#askAgain();
    }
  }

  /** Starts from the bootstrap or from what the last visit left. */
  #begin(bootstrap: Settings["bootstrap"]): void {
    try {
      if (bootstrap) {
        // Without a variant the value is left to the caller.
        const open = (details: Details<JsonValue>) =>
          details.variant === null ? { ...details, value: undefined } : details;
        this.#take({
          answers: new Map(Object.entries(bootstrap).map(([flag, details]) => [flag, open(details)])),
          set: undefined,
        });
        const version = Object.values(bootstrap)[0]?.version ?? null;
        this.#board.update({ state: "STALE", version });
        return;
      }
      const kept = JSON.parse(this.#storage?.getItem(this.#name) ?? "null") as { context: string; text: string } | null;
      if (!kept || kept.context !== this.#place()) return;
      const heard = read(kept.text);
      this.#take(heard);
      this.#board.update({ state: "STALE", version: heard.version });
    } catch {
      this.#log.warn("the answers of the last visit cannot be read");
    }
  }

  /** The context's name in the storage; none when only the attestation says who it is. */
  #place(): string | undefined {
    if (this.#attestation && !this.#context?.targetingKey) return undefined;
    return nameOf(JSON.stringify(this.#context));
  }

  #store(text: string): void {
    try {
      const context = this.#place();
      if (context) this.#storage?.setItem(this.#name, JSON.stringify({ context, text }));
    } catch {
      this.#log.debug?.("the answers cannot be stored");
    }
  }

  #flushLater(wait: number): void {
    const { flush, slow } = this.#server.timing;
    const cancel = later(wait * (0.9 + 0.2 * Math.random()), async () => {
      let next = flush;
      try {
        await this.#outbox.send(this.#server, this.#ends.signal, () => {});
      } catch (error) {
        const failure = Failure.of(error);
        next =
          failure.wait !== undefined ? Math.min(failure.wait, slow) : failure.kind === "refused" ? slow * 0.75 : flush;
      }
      if (!this.#ends.signal.aborted) this.#flushLater(next);
    });
    this.#ends.signal.addEventListener("abort", cancel, { once: true });
  }

  /** A page that is hidden may never be seen again. */
  readonly #hidden = (): void => {
    if (document.visibilityState === "hidden") void this.flush();
  };
}

/** From when to when a token says that it is good, in milliseconds. */
function lifetime(token: string): number {
  try {
    const claims = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { iat, exp } = JSON.parse(atob(claims)) as { iat: number; exp: number };
    return (exp - iat) * 1_000;
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
}

/** `localStorage`, where it may be used. */
function platformStorage(): AnswerStorage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
