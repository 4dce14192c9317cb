// Wall clocks of IANA time zones, read as the server reads them: a time that is there twice is the first one, and one that
// is not there is as much later as the clocks jump.
import type { When } from "./api/control";

const DAY = 24 * 60 * 60 * 1_000;

export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** Names to offer; `UTC` is not among those that browsers list. */
export const zoneNames = (): string[] => ["UTC", ...Intl.supportedValuesOf("timeZone")];

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone !== "";
  } catch {
    return false;
  }
}

/** What the wall clock shows at an instant, as if it were UTC. */
function wall(at: number, zone: string): number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** `2026-12-20T18:00` there at an instant: what a date field takes. */
export const localTime = (at: number, zone: string): string => new Date(wall(at, zone)).toISOString().slice(0, 16);

export type Meant = { instant: number; note: string | null };

/** The instant that a wall clock means, and what was chosen where clocks are changed; null when it is no time. */
export function meant({ at, zone }: When): Meant | null {
  const local = Date.parse(`${at}Z`);
  if (Number.isNaN(local) || !isZone(zone)) return null;
  const offset = (instant: number) => wall(instant, zone) - Math.floor(instant / 1_000) * 1_000;
  const [before, after] = [offset(local - DAY), offset(local + DAY)];
  const first = local - before;
  const second = local - after;
  if (before === after || wall(first, zone) !== local) {
    if (before === after || wall(second, zone) === local) return { instant: second, note: null };
    return {
      instant: first,
      note: `This time is not there: clocks are put forward. It is read as ${localTime(first, zone).slice(11)}.`,
    };
  }
  if (wall(second, zone) !== local) return { instant: first, note: null };
  return {
    instant: Math.min(first, second),
    note: "This time is there twice: clocks are put back. The first is meant.",
  };
}

/** "Sun 20 Dec 2026, 18:00 CET" */
export function instantIn(at: number, zone: string): string {
  return new Date(at).toLocaleString("en-GB", {
    timeZone: isZone(zone) ? zone : "UTC",
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  });
}

/** "in 3 h", "in 2 d", "2 min ago" */
export function fromNow(at: number, now: number): string {
  const minutes = Math.round(Math.abs(at - now) / 60_000);
  const text =
    minutes < 60
      ? `${minutes} min`
      : minutes < 48 * 60
        ? `${Math.round(minutes / 60)} h`
        : `${Math.round(minutes / 1_440)} d`;
  return at >= now ? `in ${text}` : `${text} ago`;
}
