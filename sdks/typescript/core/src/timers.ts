/** Timers that do not keep a process alive. Browsers and edge runtimes give numbers, which need no care. */
export function later(ms: number, then: () => void, awaited = false): () => void {
  // A longer one would fire at once.
  const timer: unknown = setTimeout(then, Math.min(ms, 2 ** 31 - 1));
  // Somebody who waits for the end of it keeps the process alive himself.
  if (!awaited) (timer as { unref?(): void }).unref?.();
  return () => clearTimeout(timer as number);
}

/** Waits; ends early, and without an error, when the signal says so. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = later(ms, done);
    signal?.addEventListener("abort", done);
  });
}

/** What comes first: the promise, or the end of the time (`undefined`). */
export function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = later(ms, () => resolve(undefined), true);
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
