"use client";
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import { cn } from "@/lib/cn";
import { ranked } from "@/lib/fuzzy";
import { controlStyles } from "./field";
import { Popover, PopoverAnchor, PopoverContent } from "./popover";

export type Option = { value: string; label?: string; hint?: string };

type Props = {
  label: string;
  value: string;
  options: Option[];
  onChange: (value: string) => void;
  placeholder?: string;
  /** May be something that is not in the list. */
  creatable?: boolean;
  empty?: ReactNode;
  className?: string;
  invalid?: boolean;
  autoFocus?: boolean;
};

/** A text field with suggestions (ARIA combobox with a list). */
export function Combobox({
  label,
  value,
  options,
  onChange,
  placeholder,
  creatable,
  empty,
  className,
  invalid,
  autoFocus,
}: Props) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const shown = ranked(options, typed ?? "", (option) => [option.value, option.label ?? ""], 50);
  const current = Math.min(at, shown.length - 1);

  const close = () => {
    setOpen(false);
    setTyped(null);
    setAt(0);
  };
  const choose = (next: string) => {
    onChange(next);
    close();
  };
  const leave = () => {
    const text = typed?.trim();
    if (text && (creatable || options.some((option) => option.value === text))) onChange(text);
    close();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) setOpen(true);
      else setAt((current + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % Math.max(shown.length, 1));
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      const text = typed?.trim();
      // What was typed in full wins over a suggestion that merely resembles it.
      const chosen = shown[current];
      if (chosen && !(creatable && text && at === 0 && chosen.value !== text && !chosen.value.startsWith(text)))
        choose(chosen.value);
      else if (creatable && text) choose(text);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  };

  return (
    <Popover open={open && (shown.length > 0 || Boolean(empty))} onOpenChange={(next) => !next && close()}>
      <PopoverAnchor asChild>
        <input
          ref={field}
          data-slot="combobox"
          role="combobox"
          aria-label={label}
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={open && shown[current] ? `${id}-${current}` : undefined}
          aria-invalid={invalid || undefined}
          autoComplete="off"
          spellCheck={false}
          autoFocus={autoFocus}
          placeholder={placeholder}
          className={cn(controlStyles, className)}
          value={typed ?? value}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
            setOpen(true);
          }}
          onClick={() => setOpen(true)}
          onKeyDown={onKeyDown}
          onBlur={leave}
        />
      </PopoverAnchor>
      <PopoverContent
        align="start"
        className="w-auto min-w-(--radix-popover-trigger-width) p-1"
        onOpenAutoFocus={(event) => event.preventDefault()}
        onCloseAutoFocus={(event) => event.preventDefault()}
        onInteractOutside={(event) => event.target === field.current && event.preventDefault()}
      >
        {shown.length === 0 ? <p className="px-2 py-1.5 text-ink-3 text-xs">{empty}</p> : null}
        <div id={`${id}-list`} role="listbox" aria-label={label} className="max-h-64 overflow-y-auto">
          {shown.map((option, i) => (
            <div
              key={option.value}
              id={`${id}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={option.value === value}
              className={cn(
                "flex min-h-8 cursor-default items-baseline gap-3 rounded-md px-2 py-1.5 text-sm",
                i === current && "bg-hover",
              )}
              onPointerMove={() => setAt(i)}
              onPointerDown={(event) => {
                event.preventDefault();
                choose(option.value);
              }}
            >
              <span className="font-mono text-xs">{option.value}</span>
              {option.hint ? <span className="ml-auto truncate text-ink-3 text-xs">{option.hint}</span> : null}
            </div>
          ))}
        </div>
      </PopoverContent>
    </Popover>
  );
}
