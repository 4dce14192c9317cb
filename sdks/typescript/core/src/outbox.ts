/**
 * What goes to `POST /sdk/v1/events`: counts of evaluations, exposures, events. Batches are repeated under their id until
 * they are acknowledged; everything is bounded, and what is given up is counted.
 */

import type { JsonValue } from "./details.js";
import { Failure } from "./failure.js";
import type { Server } from "./http.js";
import type { Logger } from "./log.js";

export const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MOST_COUNTS = 2_000;
const MOST_RECORDS = 1_000;
/** A body stays below the server's 1 MiB. */
const MOST_BYTES = 1_000_000;
const WAITING_COUNTS = 50_000;
const WAITING_RECORDS = 10_000;
const REMEMBERED = 50_000;

interface Count {
  readonly flag: string;
  readonly variant: string;
  readonly reason: string;
  count: number;
  /** The hour, milliseconds since 1970. */
  readonly start: number;
}

/** Who was given which variant of a split. */
export interface Exposure {
  readonly flag: string;
  readonly variant: string;
  readonly unit: string;
  readonly rule?: string | undefined;
  readonly version: string;
  readonly at: number;
}

/** What a unit did. */
export interface TrackedEvent {
  readonly name: string;
  readonly unit: string;
  readonly value?: number | undefined;
  readonly data?: JsonValue | undefined;
  readonly at: number;
}

/** A batch that is under way. */
interface Flying {
  readonly body: string;
  readonly evaluations: number;
  readonly exposures: number;
  readonly events: number;
}

/** A list of what waits; the oldest goes when there are too many. */
export class Waiting<T> {
  /** The oldest ones were taken already, up to this one: taking each out of the list would move all the others. */
  #first = 0;
  #items: string[] = [];
  dropped = 0;

  add(item: T): void {
    this.#items.push(JSON.stringify(item));
    if (this.length > WAITING_RECORDS) {
      this.#forget(1);
      this.dropped++;
    }
  }

  get length(): number {
    return this.#items.length - this.#first;
  }

  /** Takes the oldest that fit. */
  take(room: { has(text: string): boolean }): string[] {
    const most = Math.min(this.length, MOST_RECORDS);
    let number = 0;
    while (number < most && room.has(this.#items[this.#first + number] ?? "")) number++;
    const taken = this.#items.slice(this.#first, this.#first + number);
    this.#forget(number);
    return taken;
  }

  #forget(number: number): void {
    const end = this.#first + number;
    this.#items.fill("", this.#first, end);
    this.#first = end;
    if (this.length > 0 && this.#first <= WAITING_RECORDS) return;
    this.#items.splice(0, this.#first);
    this.#first = 0;
  }
}

/** The last so many texts. */
export class Recent {
  readonly #known = new Set<string>();
  /** The same, each in the place of the one that it drove out: the oldest of a set is found only past those that left it. */
  readonly #order: string[] = [];
  readonly #most: number;
  #next = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Remembers a text; whether it was new. */
  add(text: string): boolean {
    if (this.#known.has(text)) return false;
    const oldest = this.#order[this.#next];
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#known.add(text);
    this.#order[this.#next] = text;
    this.#next = (this.#next + 1) % this.#most;
    return true;
  }
}

/** Bytes left in a batch. */
class Room {
  #left = MOST_BYTES;

  has(text: string): boolean {
    // Three bytes for a UTF-16 unit is the most.
    const bytes = (/^[\0-\x7f]*$/.test(text) ? text.length : text.length * 3) + 1;
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}

export class Outbox {
  readonly #sdk: { name: string; version: string };
  readonly #log: Logger;
  readonly #counts = new Map<string, Count>();
  readonly #exposures = new Waiting<Exposure>();
  readonly #events = new Waiting<TrackedEvent>();
  /** Exposures that were recorded, each with its day. */
  readonly #seen = new Recent(REMEMBERED);
  #flying: Flying | undefined;
  #sending: Promise<boolean> | undefined;
  #droppedCounts = 0;

  constructor(sdk: { name: string; version: string }, log: Logger) {
    this.#sdk = sdk;
    this.#log = log;
  }

  /** What was given up since the start. */
  get dropped(): { counts: number; exposures: number; events: number } {
    return { counts: this.#droppedCounts, exposures: this.#exposures.dropped, events: this.#events.dropped };
  }

  count(flag: string, variant: string, reason: string, count: number, now: number): void {
    const start = now - (now % HOUR);
    const key = `${start}\0${flag}\0${variant}\0${reason}`;
    const known = this.#counts.get(key);
    if (known) {
      known.count += count;
      return;
    }
    this.#counts.set(key, { flag, variant, reason, count, start });
    if (this.#counts.size > WAITING_COUNTS) {
      for (const [oldest, { count }] of this.#counts) {
        this.#counts.delete(oldest);
        this.#droppedCounts += count;
        break;
      }
    }
  }

  /** Records an exposure, unless the same was recorded today. `unit` is the key as it may be sent. */
  expose(flag: string, variant: string, key: string, now: number, more: () => Exposure): void {
    const id = `${Math.floor(now / DAY)}\0${flag}\0${variant}\0${key}`;
    if (!this.#seen.add(id)) return;
    const exposure = more();
    if (isUnit(exposure.unit)) this.#exposures.add(exposure);
  }

  track(event: TrackedEvent): void {
    const fault = faultOf(event);
    if (fault) {
      this.#events.dropped++;
      this.#log.warn(`an event is not tracked: ${fault}`);
      return;
    }
    this.#events.add(event);
  }

  /** Sends what waits, batch after batch. Whether all of it was acknowledged; a {@link Failure} of one batch is thrown. */
  async send(server: Server, signal: AbortSignal, collect: () => void): Promise<void> {
    // One at a time: whoever comes second waits for the first and then sends what came since.
    while (this.#sending) await this.#sending.catch(() => {});
    const sending = this.#send(server, signal, collect);
    this.#sending = sending;
    try {
      await sending;
    } finally {
      this.#sending = undefined;
    }
  }

  async #send(server: Server, signal: AbortSignal, collect: () => void): Promise<boolean> {
    collect();
    for (;;) {
      const flying = this.#next();
      if (!flying) return true;
      try {
        const headers = { "content-type": "application/json" };
        // A page that is being left may send this much all the same.
        const init = { method: "POST", body: flying.body, headers, keepalive: flying.body.length < 50_000 };
        (await server.ask("sdk/v1/events", init, signal)).close();
      } catch (error) {
        const failure = Failure.of(error);
        const wrong =
          failure.kind === "refused" &&
          failure.status !== 401 &&
          failure.status !== 403 &&
          (failure.status ?? 0) >= 400;
        if (!wrong && failure.status !== 400) throw failure;
        this.#log.warn(`a batch was refused and is given up: ${failure.message}`);
        this.#droppedCounts += flying.evaluations;
        this.#exposures.dropped += flying.exposures;
        this.#events.dropped += flying.events;
      }
      this.#flying = undefined;
    }
  }

  #next(): Flying | undefined {
    if (this.#flying || this.#counts.size + this.#exposures.length + this.#events.length === 0) return this.#flying;
    const room = new Room();
    const counts: string[] = [];
    let evaluations = 0;
    for (const [key, count] of this.#counts) {
      const text = JSON.stringify(count);
      if (counts.length === MOST_COUNTS || !room.has(text)) break;
      counts.push(text);
      evaluations += count.count;
      this.#counts.delete(key);
    }
    const exposures = this.#exposures.take(room);
    const events = this.#events.take(room);
    const parts = [`"batch":${JSON.stringify(uuid())}`, `"sdk":${JSON.stringify(this.#sdk)}`];
    for (const [name, list] of Object.entries({ counts, exposures, events })) {
      if (list.length > 0) parts.push(`"${name}":[${list.join()}]`);
    }
    this.#flying = { body: `{${parts.join()}}`, evaluations, exposures: exposures.length, events: events.length };
    return this.#flying;
  }
}

/** Why an event cannot be sent. */
function faultOf({ name, unit, value, data }: TrackedEvent): string | undefined {
  if (typeof name !== "string" || name === "" || [...name].length > 128 || name.includes("\0")) {
    return "its name has not 1 to 128 characters";
  }
  if (!isUnit(unit)) return "the context has no targeting key of 1 to 512 bytes";
  if (value !== undefined && !Number.isFinite(value)) return "its value is not a finite number";
  if (data === undefined) return undefined;
  if (typeof data !== "object" || data === null || Array.isArray(data)) return "its data is not an object";
  return bytesOf(JSON.stringify(data)) > 4_096 ? "its data is larger than 4 KiB of JSON" : undefined;
}

/** Whether it can be sent as a unit. */
function isUnit(unit: string): boolean {
  return unit !== "" && !unit.includes("\0") && bytesOf(unit) <= 512;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** A random UUID; browsers have one of their own only on encrypted pages. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 15) | 64;
  bytes[8] = ((bytes[8] ?? 0) & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
