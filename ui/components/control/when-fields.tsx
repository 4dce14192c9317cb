"use client";
import { useId, useMemo } from "react";
import type { When } from "@/lib/api/control";
import { useNow } from "@/lib/now";
import { fromNow, instantIn, isZone, localZone, meant, zoneNames } from "@/lib/zones";
import { Field, Input } from "../ui/field";

/** Why a time cannot be taken; null when it can. */
export function whenProblem(when: When, now: number): string | null {
  if (!isZone(when.zone)) return "This is no IANA time zone.";
  const found = meant(when);
  if (!found) return "Choose a day and a time.";
  if (found.instant <= now) return "This is in the past.";
  return found.instant - now > 366 * 24 * 60 * 60 * 1_000 ? "This is more than 366 days away." : null;
}

/** A local date and time, its zone, and the instant that it means. */
export function WhenFields({ when, onChange }: { when: When; onChange: (when: When) => void }) {
  const now = useNow();
  const zones = useId();
  const names = useMemo(zoneNames, []);
  const found = meant(when);
  const problem = when.at === "" ? null : whenProblem(when, now);
  const here = localZone();
  return (
    <div className="flex flex-col gap-2">
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="Day and time" error={isZone(when.zone) ? problem : null}>
          {(props) => (
            <Input
              {...props}
              type="datetime-local"
              value={when.at}
              onChange={(event) => onChange({ ...when, at: event.target.value })}
            />
          )}
        </Field>
        <Field label="Time zone" error={isZone(when.zone) ? null : "This is no IANA time zone."}>
          {(props) => (
            <Input
              {...props}
              list={zones}
              spellCheck={false}
              placeholder="Europe/Berlin"
              value={when.zone}
              onChange={(event) => onChange({ ...when, zone: event.target.value.trim() })}
            />
          )}
        </Field>
        <datalist id={zones}>
          {names.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
      <p role="status" className="text-ink-2 text-xs">
        {found && !problem ? (
          <>
            That is {instantIn(found.instant, when.zone)}, {fromNow(found.instant, now)}
            {when.zone === here ? "" : `; here ${instantIn(found.instant, here)}`}
            {when.zone === "UTC" ? "" : `; ${new Date(found.instant).toISOString().slice(0, 16).replace("T", " ")} UTC`}
            .{found.note ? <b className="mt-1 block font-medium text-warn">{found.note}</b> : null}
          </>
        ) : null}
      </p>
    </div>
  );
}
