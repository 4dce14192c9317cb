import { later } from "./timers.js";

/**
 * Where a client stands, in OpenFeature's words. Whatever the state, a flag call answers from what is held.
 * - `NOT_READY`: nothing is held yet;
 * - `READY`: connected and up to date;
 * - `STALE`: answering from what was known last, while the server is away;
 * - `ERROR`: the server refuses this key or this client. It is asked again every few minutes.
 */
export type State = "NOT_READY" | "READY" | "STALE" | "ERROR";

/** A moment of the client. */
export interface Status {
  readonly state: State;
  /** `epoch:rev` of what is held. */
  readonly version: string | null;
  /** Why the last attempt to reach the server failed; `null` after a success. */
  readonly error: string | null;
  /** Failures since the last success. */
  readonly failures: number;
}

/** Is told of every change of the state or of what is held. */
export type Observer = (status: Status) => void;

/** The current status, those who watch it and those who wait for it. */
export class Board {
  now: Status = { state: "NOT_READY", version: null, error: null, failures: 0 };
  readonly #observers = new Set<Observer>();
  readonly #waiting = new Set<() => void>();

  /** `changed`: what is held changed, whatever the version says. */
  update(change: Partial<Status>, changed = false): void {
    const before = this.now;
    this.now = { ...before, ...change };
    for (const check of [...this.#waiting]) check();
    if (!changed && before.state === this.now.state && before.version === this.now.version) return;
    for (const observer of [...this.#observers]) tell(observer, this.now);
  }

  observe(observer: Observer): () => void {
    // A function may observe twice; each registration ends by itself.
    const own: Observer = (status) => observer(status);
    this.#observers.add(own);
    return () => this.#observers.delete(own);
  }

  /** Waits until `done`, at most this long. */
  until(done: (status: Status) => boolean, limit: number): Promise<void> {
    return new Promise((resolve) => {
      if (done(this.now)) return resolve();
      const end = () => {
        cancel();
        this.#waiting.delete(check);
        resolve();
      };
      const check = () => {
        if (done(this.now)) end();
      };
      const cancel = later(limit, end, true);
      this.#waiting.add(check);
    });
  }
}

/** Whether waiting for readiness makes sense no longer. */
export function settled({ state, failures }: Status): boolean {
  return state === "READY" || state === "ERROR" || (state === "STALE" && failures > 0);
}

function tell(observer: Observer, status: Status): void {
  try {
    observer(status);
  } catch {
    // An observer disturbs nothing.
  }
}
