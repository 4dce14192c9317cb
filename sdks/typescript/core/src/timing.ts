/** All the waiting a client does, in milliseconds. The defaults suit production. */
export interface Timing {
  /** Longest time to connect. `fetch` cannot tell it from the wait for the answer: it counts as part of `response`. */
  readonly connect: number;
  /** Longest time to the head of an answer, and between two parts of its body. */
  readonly response: number;
  /** The server's heartbeat; a stream silent for 2.5 times as long is given up. */
  readonly heartbeat: number;
  /** Longest wait before the first retry. */
  readonly firstRetry: number;
  /** Longest wait before the second retry is twice this; it doubles with each further one … */
  readonly retryBase: number;
  /** … up to this. */
  readonly retryMax: number;
  /** Shortest wait before any retry. */
  readonly retryFloor: number;
  /** A stream that lived this long resets the waits. */
  readonly healthy: number;
  /** Wait when the server refuses this client; also the longest `Retry-After` that is obeyed. */
  readonly slow: number;
  /** Polling begins when no stream delivered for this long. */
  readonly pollAfter: number;
  /** Between two polls. */
  readonly pollInterval: number;
  /** Between two deliveries of batches. */
  readonly flush: number;
}

export const TIMING: Timing = {
  connect: 5_000,
  response: 10_000,
  heartbeat: 15_000,
  firstRetry: 3_000,
  retryBase: 1_000,
  retryMax: 30_000,
  retryFloor: 50,
  healthy: 60_000,
  slow: 300_000,
  pollAfter: 3_000,
  pollInterval: 30_000,
  flush: 10_000,
};
