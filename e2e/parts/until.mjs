// Waiting.

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits for something to become true, looking again every few milliseconds. */
export async function until(what, done, { within = 60_000, every = 20 } = {}) {
  const end = performance.now() + within;
  let last;
  for (;;) {
    try {
      const found = await done();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`never: ${what} (last: ${last?.message ?? last})`);
    await sleep(every);
  }
}
