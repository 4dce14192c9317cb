import type { Timing } from "./timing.js";

/**
 * Why a connection or a request ended:
 * - `lost`: it could not be made, broke, went silent, or carried something unreadable; also 400, 408, 429 and 5xx;
 * - `refused`: 401, 403, 404, 405 and the like: asking again soon will not help, but an operator may repair it;
 * - `left`: it ended in good order and is no failure.
 */
export class Failure extends Error {
  constructor(
    readonly kind: "lost" | "refused" | "left",
    message: string,
    /** The wait that the server asked for. */
    readonly wait?: number,
    /** The HTTP status, when there was an answer. */
    readonly status?: number,
    /** What the server said with it, where somebody looks at that. */
    readonly said = "",
  ) {
    super(message);
  }

  /** Whatever was thrown, as a failure. */
  static of(error: unknown): Failure {
    if (error instanceof Failure) return error;
    const { message, cause } = error as { message?: string; cause?: { message?: string } };
    return new Failure("lost", cause?.message ?? message ?? String(error));
  }
}

/** Consecutive failures of one kind of connection, and how long to wait after each. */
export class Backoff {
  #attempt = 0;

  /** A connection was healthy for long enough to forget the failures before it. */
  reset(): void {
    this.#attempt = 0;
  }

  /** How long to wait now, in milliseconds. `random` is in 0..1. */
  after(failure: Failure, timing: Timing, random = Math.random()): number {
    const attempt = this.#attempt++;
    let wait: number;
    if (failure.wait !== undefined) wait = Math.min(failure.wait, timing.slow) * (0.8 + 0.4 * random);
    else if (failure.kind === "refused") wait = timing.slow * (1 - 0.5 * random);
    else if (attempt === 0) wait = timing.firstRetry * random;
    else wait = Math.min(timing.retryBase * 2 ** Math.min(attempt, 16), timing.retryMax) * random;
    return Math.max(wait, timing.retryFloor);
  }
}
