/** Where rulesets come from: the stream, with polling beside it while the stream does not deliver. */

import { Backoff, Failure } from "../../core/src/failure.js";
import type { Answered, Server } from "../../core/src/http.js";
import type { Logger } from "../../core/src/log.js";
import { EventParser, type ServerEvent } from "../../core/src/sse.js";
import { later, sleep } from "../../core/src/timers.js";
import type { Held } from "./held.js";

const RULESET = "sdk/v1/ruleset";

export class Source {
  #stopped = new AbortController();
  /** Ends the present attempt, connection or wait, and no more than that. */
  #attempt = new AbortController();
  #polling: AbortController | undefined;

  constructor(
    readonly held: Held,
    readonly server: Server,
    readonly streaming: boolean,
    readonly log: Logger,
  ) {
    if (streaming) {
      this.#pollLater();
      void this.#stream();
    } else this.#pollNow(new AbortController());
  }

  stop(): void {
    this.#stopped.abort();
    this.#attempt.abort();
    this.#polling?.abort();
  }

  /** Begins again at once, out of any wait. */
  restart(): void {
    if (this.#stopped.signal.aborted) return;
    this.#polling?.abort();
    if (!this.streaming) this.#pollNow(new AbortController());
    this.#attempt.abort();
  }

  async #stream(): Promise<void> {
    const { held, server } = this;
    const backoff = new Backoff();
    while (!this.#stopped.signal.aborted) {
      this.#attempt = new AbortController();
      const { signal } = this.#attempt;
      const connection = new Connection(this, signal);
      const failure = await connection.run().catch(Failure.of);
      if (this.#stopped.signal.aborted) return;
      if (connection.began !== undefined && performance.now() - connection.began >= server.timing.healthy)
        backoff.reset();
      if (signal.aborted) {
        // The key was changed: no failure, and no wait.
        held.streamLeft();
        this.#pollLater();
        continue;
      }
      if (failure.kind === "left") held.streamLeft();
      else held.streamFailed(failure.message, failure.kind === "refused");
      this.#pollLater();
      const wait = backoff.after(failure, server.timing);
      this.log.debug?.(`the stream ended (${failure.message}); the next attempt is in ${Math.round(wait)} ms`);
      await sleep(wait, signal);
    }
  }

  /** Fetches the whole as if the stream had brought it. */
  async whole(signal: AbortSignal): Promise<void> {
    const answer = await this.server.ask(RULESET, {}, signal);
    this.held.put(await answer.text(), "stream");
  }

  streamBegan(): void {
    this.#polling?.abort();
    this.#polling = undefined;
    this.held.streamBegan();
  }

  #pollLater(): void {
    if (this.#polling) return;
    const polling = new AbortController();
    this.#polling = polling;
    const cancel = later(this.server.timing.pollAfter, () => this.#pollNow(polling));
    polling.signal.addEventListener("abort", cancel);
  }

  #pollNow(polling: AbortController): void {
    this.#polling = polling;
    void this.#poll(polling.signal);
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { held, server } = this;
    const { pollInterval } = server.timing;
    const backoff = new Backoff();
    let etag: string | null = null;
    while (!signal.aborted) {
      let wait: number;
      try {
        const answer: Answered = await server.ask(RULESET, etag ? { headers: { "if-none-match": etag } } : {}, signal);
        if (answer.status === 304) answer.close();
        else {
          const text = await answer.text();
          if (signal.aborted) return;
          held.put(text, "poll");
          etag = answer.header("etag");
        }
        if (signal.aborted) return;
        backoff.reset();
        held.pollSucceeded();
        wait = pollInterval * (0.9 + 0.2 * Math.random());
      } catch (error) {
        if (signal.aborted) return;
        const failure = Failure.of(error);
        held.pollFailed(failure.message, failure.kind === "refused");
        // A failing server is never asked more often than a healthy one.
        wait = Math.max(backoff.after(failure, server.timing), pollInterval * Math.random());
      }
      await sleep(wait, signal);
    }
  }
}

/** One connection to the stream. */
class Connection {
  /** When its first frame came. */
  began: number | undefined;

  constructor(
    readonly source: Source,
    readonly signal: AbortSignal,
  ) {}

  /** Runs until it ends, and says why. */
  async run(): Promise<Failure> {
    const { held, server } = this.source;
    const headers: Record<string, string> = { accept: "text/event-stream", "cache-control": "no-store" };
    if (held.version !== null) headers["last-event-id"] = held.version;
    const answer = await server.ask("sdk/v1/stream", { headers }, this.signal);
    try {
      if (answer.status !== 200 || !answer.header("content-type")?.startsWith("text/event-stream")) {
        return new Failure("lost", "the answer is not an event stream");
      }
      const parser = new EventParser(server.maxPayload);
      for await (const chunk of answer.chunks(server.timing.heartbeat * 2.5, "the stream is silent")) {
        for (const event of parser.push(chunk)) {
          const left = await this.#event(event);
          if (left) return left;
        }
      }
      return new Failure("lost", "the stream was closed");
    } finally {
      answer.close();
    }
  }

  async #event({ name, data }: ServerEvent): Promise<Failure | undefined> {
    const { held } = this.source;
    let needsWhole = name === "resync";
    if (name === "put") held.put(data, "stream");
    else if (name === "patch") needsWhole = held.patch(data) === "needs whole";
    else if (name === "goodbye") {
      const { retry_ms } = JSON.parse(data) as { retry_ms?: unknown };
      return new Failure(
        "left",
        "the server said goodbye",
        typeof retry_ms === "number" ? Math.max(0, retry_ms) : undefined,
      );
    }
    // `ping`, and events of later servers.
    if (this.began === undefined) {
      this.began = performance.now();
      this.source.streamBegan();
    }
    if (!needsWhole) return undefined;
    await this.source.whole(this.signal);
    return new Failure("left", "resynchronised");
  }
}
