"use client";
import { X } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { cn } from "@/lib/cn";

type Props<T> = {
  label: string;
  values: T[];
  read: (typed: string) => T;
  show: (value: T) => string;
  onChange: (values: T[]) => void;
  placeholder?: string;
  mono?: boolean;
  invalid?: boolean;
  className?: string;
};

/** Chips shown before the rest is counted. */
const SHOWN = 60;

/** A list of values: Enter, comma or Tab adds, Backspace takes the last one back, pasted lines become many. */
export function ChipsField<T>({
  label,
  values,
  read,
  show,
  onChange,
  placeholder,
  mono,
  invalid,
  className,
}: Props<T>) {
  const [typed, setTyped] = useState("");
  const add = (texts: string[]) => {
    const known = new Set(values.map(show));
    const fresh: T[] = [];
    for (const text of texts) {
      if (!text.trim()) continue;
      const value = read(text);
      if (known.has(show(value))) continue;
      known.add(show(value));
      fresh.push(value);
    }
    if (fresh.length > 0) onChange([...values, ...fresh]);
    setTyped("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (
      (event.key === "Enter" && !event.ctrlKey && !event.metaKey) ||
      event.key === "," ||
      (event.key === "Tab" && typed.trim())
    ) {
      if (event.key !== "Tab" || typed.trim()) event.preventDefault();
      if (typed.trim()) add([typed]);
    } else if (event.key === "Backspace" && typed === "" && values.length > 0) onChange(values.slice(0, -1));
  };
  return (
    <div
      data-slot="chips"
      className={cn(
        "flex min-h-8 min-w-0 flex-wrap items-center gap-1 rounded-md border bg-raised px-1 py-[3px] focus-within:outline-2 focus-within:outline-accent focus-within:outline-offset-2",
        invalid ? "border-bad" : "border-edge",
        className,
      )}
    >
      {values.slice(0, SHOWN).map((value, i) => (
        <span
          key={show(value)}
          className={cn(
            "inline-flex max-w-full items-center gap-0.5 rounded-sm bg-accent-tint py-px pl-1.5 text-ink text-xs",
            mono && "font-mono",
          )}
        >
          <span className="truncate">{show(value)}</span>
          <button
            type="button"
            aria-label={`Remove ${show(value)}`}
            className="inline-flex size-6 items-center justify-center rounded-sm text-ink-2 hover:text-ink"
            onClick={() => onChange(values.filter((_, k) => k !== i))}
          >
            <X className="size-3" />
          </button>
        </span>
      ))}
      {values.length > SHOWN ? (
        <span className="px-1 text-ink-3 text-xs">and {(values.length - SHOWN).toLocaleString("en")} more</span>
      ) : null}
      <input
        aria-label={label}
        aria-invalid={invalid || undefined}
        autoComplete="off"
        spellCheck={false}
        className={cn("h-6 min-w-20 flex-1 bg-transparent px-1 text-sm outline-none", mono && "font-mono text-xs")}
        placeholder={values.length === 0 ? placeholder : undefined}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => typed.trim() && add([typed])}
        onPaste={(event) => {
          const parts = event.clipboardData.getData("text").split(/[\n,;\t]+/);
          if (parts.length > 1) {
            event.preventDefault();
            add(parts);
          }
        }}
      />
    </div>
  );
}
