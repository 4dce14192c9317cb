/** Where the SDK logs: `console`, or whatever has these two. Never SDK keys, contexts or attributes. */
export interface Logger {
  warn(message: string): void;
  debug?(message: string): void;
}

/** A logger that disturbs nothing, whatever is behind it. `null` is silence. */
export function quiet(logger: Logger | null | undefined): Logger {
  const say = (level: "warn" | "debug", message: string) => {
    try {
      const target = logger === undefined ? console : logger;
      // Without a logger of the application's own, only what somebody must know.
      if (level === "warn" || logger) target?.[level]?.(`yardarm: ${message}`);
    } catch {
      // A log line is not worth a failure.
    }
  };
  return { warn: (message) => say("warn", message), debug: (message) => say("debug", message) };
}
