/** Requests to the server: timeouts, refusals, bounded bodies. The SDK key is in a header and nowhere else. */

import { Failure } from "./failure.js";
import { later } from "./timers.js";
import type { Timing } from "./timing.js";

/** `fetch`, as far as the SDK uses it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What is asked. */
export interface Asked {
  method?: string;
  body?: string;
  headers?: Record<string, string>;
  keepalive?: boolean;
  /** Whether a refusal's body is read, too. */
  heard?: boolean;
}

/** Where a client's server is, and as whom it is asked. */
export class Server {
  #key: string;

  constructor(
    readonly url: string,
    key: string,
    readonly timing: Timing,
    readonly maxPayload: number,
    readonly agent: string | undefined,
    readonly fetch: Fetch = (url, init) => globalThis.fetch(url, init),
  ) {
    this.#key = key;
  }

  set key(key: string) {
    this.#key = key;
  }

  /** Sends a request and gives an answer of 2xx or 304; everything else is thrown as a {@link Failure}. */
  async ask(path: string, { heard, ...init }: Asked, signal: AbortSignal): Promise<Answered> {
    const ends = new AbortController();
    const stop = () => ends.abort();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    let late = false;
    const cancel = later(this.timing.response, () => {
      late = true;
      stop();
    });
    try {
      const headers: Record<string, string> = { authorization: `Bearer ${this.#key}`, ...init.headers };
      if (this.agent) headers["user-agent"] = this.agent;
      // A ticket in the address speaks for itself; elsewhere than at the server the key has no business.
      const url = new URL(path.replace(/^\/(?!\/)/, ""), this.url);
      if (url.origin !== new URL(this.url).origin) delete headers.authorization;
      const options: RequestInit = { ...init, headers, signal: ends.signal, redirect: "manual" };
      const response = await this.fetch(url.href, options);
      const answered = new Answered(response, this, ends, () => signal.removeEventListener("abort", stop));
      if (!response.ok && response.status !== 304) throw answered.refusal(heard ? await answered.text() : "");
      return answered;
    } catch (error) {
      signal.removeEventListener("abort", stop);
      if (late) throw new Failure("lost", `no answer within ${this.timing.response} ms`);
      throw Failure.of(error);
    } finally {
      cancel();
    }
  }
}

/** An answer whose body is still to come. */
export class Answered {
  readonly status: number;

  constructor(
    readonly response: Response,
    readonly server: Server,
    readonly ends: AbortController,
    readonly settled: () => void,
  ) {
    this.status = response.status;
  }

  header(name: string): string | null {
    return this.response.headers.get(name);
  }

  /** Ends the connection, if it still lives. */
  close(): void {
    this.ends.abort();
    this.settled();
  }

  /** The whole body as text. */
  async text(): Promise<string> {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let text = "";
    let size = 0;
    try {
      for await (const chunk of this.chunks(this.server.timing.response, "the answer stopped")) {
        size += chunk.length;
        if (size > this.server.maxPayload)
          throw new Failure("lost", `the answer is larger than ${this.server.maxPayload} bytes`);
        text += decoder.decode(chunk, { stream: true });
      }
      return text + decoder.decode();
    } finally {
      this.close();
    }
  }

  /** Parts of the body; a failure when nothing comes for this long. */
  async *chunks(silence: number, words: string): AsyncGenerator<Uint8Array> {
    const reader = this.response.body?.getReader();
    if (!reader) return;
    for (;;) {
      let silent = false;
      const cancel = later(silence, () => {
        silent = true;
        this.ends.abort();
      });
      let part: { done: boolean; value?: Uint8Array | undefined };
      try {
        part = await reader.read();
      } catch (error) {
        throw silent ? new Failure("lost", `${words}: nothing for ${silence} ms`) : Failure.of(error);
      } finally {
        cancel();
      }
      if (part.done) return;
      if (part.value) yield part.value;
    }
  }

  /** Its status as a failure, with what was read of its body. */
  refusal(said: string): Failure {
    const { status } = this;
    this.close();
    // Browsers do not say where a redirect leads.
    if (status === 0) return new Failure("refused", "the server answered with a redirection", undefined, 302);
    const asked = this.header("retry-after")?.trim();
    const passing = status === 400 || status === 408 || status === 429 || status >= 500;
    const wait = passing && asked && /^\d+$/.test(asked) ? Number(asked) * 1000 : undefined;
    return new Failure(passing ? "lost" : "refused", `the server answered ${status}`, wait, status, said);
  }
}
