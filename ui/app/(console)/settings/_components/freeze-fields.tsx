"use client";
import { Plus, Trash2 } from "lucide-react";
import { useId, useMemo } from "react";
import { Button } from "@/components/ui/button";
import { Field, Input, Select } from "@/components/ui/field";
import { IconButton } from "@/components/ui/icon-button";
import { type Freeze, WEEKDAYS, type Weekday } from "@/lib/api/control";
import { isZone, localZone, zoneNames } from "@/lib/zones";

/** The new window of a list: the weekend, because that is what most want first. */
const weekend = (): Freeze => ({
  name: "Weekend",
  days: ["friday"],
  from: "18:00",
  until: "24:00",
  time_zone: localZone(),
});

/** Times at which nothing may change: once, or each week on some days. */
export function FreezeFields({ freezes, onChange }: { freezes: Freeze[]; onChange: (freezes: Freeze[]) => void }) {
  const zones = useId();
  const names = useMemo(zoneNames, []);
  const put = (i: number, change: Partial<Freeze>) =>
    onChange(freezes.map((freeze, k) => (k === i ? { ...freeze, ...change } : freeze)));
  const weekly = (i: number, on: boolean) =>
    put(i, on ? { days: ["friday"], from: "18:00", until: "24:00" } : { days: undefined, from: "", until: "" });
  const toggle = (i: number, day: Weekday, on: boolean) => {
    const now = freezes[i]?.days ?? [];
    put(i, { days: WEEKDAYS.filter((each) => (each === day ? on : now.includes(each))) });
  };
  return (
    <div className="flex flex-col gap-3">
      <datalist id={zones}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {freezes.map((freeze, i) => {
        const type = freeze.days ? "text" : "datetime-local";
        return (
          <fieldset key={i} className="min-w-0 rounded-md border p-3">
            <legend className="px-1 font-medium text-xs">Freeze {i + 1}</legend>
            <div className="flex flex-col gap-3">
              <div className="flex items-end gap-2">
                <Field label="Name" className="min-w-0 flex-1">
                  {(props) => (
                    <Input
                      {...props}
                      required
                      value={freeze.name}
                      onChange={(event) => put(i, { name: event.target.value })}
                    />
                  )}
                </Field>
                <Select
                  aria-label={`How often is freeze ${i + 1}`}
                  value={freeze.days ? "weekly" : "once"}
                  onChange={(event) => weekly(i, event.target.value === "weekly")}
                >
                  <option value="once">Once</option>
                  <option value="weekly">Each week</option>
                </Select>
                <IconButton
                  label={`Remove freeze ${i + 1}`}
                  onClick={() => onChange(freezes.filter((_, k) => k !== i))}
                >
                  <Trash2 />
                </IconButton>
              </div>
              {freeze.days ? (
                <fieldset className="flex flex-wrap gap-1.5">
                  <legend className="mb-1 font-medium text-xs">It begins on</legend>
                  {WEEKDAYS.map((day) => (
                    <label
                      key={day}
                      className="rounded-md border px-2 py-1 text-xs capitalize has-checked:border-accent has-checked:bg-accent-tint has-focus-visible:outline-2 has-focus-visible:outline-accent"
                    >
                      <input
                        type="checkbox"
                        className="sr-only"
                        checked={freeze.days?.includes(day) ?? false}
                        onChange={(event) => toggle(i, day, event.target.checked)}
                      />
                      {day.slice(0, 3)}
                    </label>
                  ))}
                </fieldset>
              ) : null}
              <div className="grid gap-3 sm:grid-cols-3">
                <Field label="From">
                  {(props) => (
                    <Input
                      {...props}
                      required
                      type={type}
                      placeholder="18:00"
                      value={freeze.from}
                      onChange={(event) => put(i, { from: event.target.value })}
                    />
                  )}
                </Field>
                <Field label="Until" hint={freeze.days ? "24:00 is the end of the day." : undefined}>
                  {(props) => (
                    <Input
                      {...props}
                      required
                      type={type}
                      placeholder="24:00"
                      value={freeze.until}
                      onChange={(event) => put(i, { until: event.target.value })}
                    />
                  )}
                </Field>
                <Field label="Time zone" error={isZone(freeze.time_zone) ? null : "This is no IANA time zone."}>
                  {(props) => (
                    <Input
                      {...props}
                      required
                      list={zones}
                      spellCheck={false}
                      value={freeze.time_zone}
                      onChange={(event) => put(i, { time_zone: event.target.value.trim() })}
                    />
                  )}
                </Field>
              </div>
            </div>
          </fieldset>
        );
      })}
      <Button size="sm" className="self-start" onClick={() => onChange([...freezes, weekend()])}>
        <Plus /> Add a freeze
      </Button>
    </div>
  );
}
