// JSON lines on standard input and output (e2e/sdk-contract/PROTOCOL.md): one command, one answer, in any order.

import { createInterface } from "node:readline";

/**
 * Answers commands with the functions of these names. What throws is `failed`; a name that is not there is `unsupported`.
 * A command gets its members and the line as it came: numbers beyond 2^53 do not survive `JSON.parse`.
 */
export function serve(commands) {
  createInterface({ input: process.stdin }).on("line", async (line) => {
    const { id, do: name, ...members } = JSON.parse(line);
    const say = (answer) => process.stdout.write(`${JSON.stringify({ id, ...answer })}\n`);
    try {
      if (!commands[name]) say({ unsupported: true });
      else say({ ok: (await commands[name](members, line)) ?? {} });
    } catch (error) {
      say({ failed: String(error?.message ?? error) });
    }
  });
}

/** The text of a member of an object in JSON, as it was written. */
export function written(line, name) {
  const start = line.indexOf(`"${name}":`);
  if (start < 0) return undefined;
  let [depth, quoted] = [0, false];
  const first = start + name.length + 3;
  for (let at = first; at < line.length; at++) {
    const sign = line[at];
    if (quoted) {
      if (sign === "\\") at++;
      else if (sign === '"') quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === "{" || sign === "[") depth++;
    else if (sign === "}" || sign === "]") depth--;
    if (depth === 0 && !quoted && '}]"'.includes(sign)) return line.slice(first, at + 1);
  }
  return undefined;
}

/** `first_retry` is `firstRetry` here. */
export function camel(members) {
  return Object.fromEntries(
    Object.entries(members ?? {}).map(([name, value]) => [
      name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
      value,
    ]),
  );
}

/** Ways that a status is written. */
export const statusOf = ({ status, dropped }) => ({
  ...status,
  dropped_counts: dropped.counts,
  dropped_exposures: dropped.exposures,
  dropped_events: dropped.events,
});

/** Clients by the runner's names, with what their hooks and observers were told. */
export class Clients {
  #all = new Map();

  /** Makes one, with the hooks and the observer that the settings name. */
  create(name, { hooks = [], observer, ...settings }, openTelemetry, make) {
    const entry = { calls: [], otel: [], observed: [] };
    const kinds = {
      record: ({ flag, details: { value, reason }, type }) => entry.calls.push({ flag, value, reason, type }),
      throw: () => {
        throw new Error("a hook of the application");
      },
      otel: openTelemetry((event) => entry.otel.push(event)),
    };
    const logger = { warn: (text) => console.error(text), debug: (text) => console.error(text) };
    entry.client = make({
      ...camel(settings),
      timing: camel(settings.timing),
      hooks: hooks.map((kind) => kinds[kind]),
      logger,
    });
    if (observer === "throw") {
      entry.client.observe(() => {
        throw new Error("an observer of the application");
      });
    }
    entry.client.observe(({ state, version }) => entry.observed.push({ state, version }));
    this.#all.set(name, entry);
    return entry;
  }

  get(name) {
    const entry = this.#all.get(name);
    if (!entry) throw new Error(`there is no client ${name}`);
    return entry;
  }
}
