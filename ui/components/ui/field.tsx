"use client";
import { ChevronDown } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { cn } from "@/lib/cn";

export const controlStyles =
  "h-8 w-full min-w-0 rounded-md border border-edge bg-raised px-2.5 text-ink text-sm disabled:opacity-60 aria-invalid:border-bad pointer-coarse:h-10";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input data-slot="input" autoComplete="off" className={cn(controlStyles, className)} {...props} />;
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return (
    <textarea data-slot="textarea" className={cn(controlStyles, "h-auto min-h-16 py-1.5", className)} {...props} />
  );
}

/** The browser's own list: best on phones and with screen readers. */
export function Select({ className, children, ...props }: ComponentProps<"select">) {
  return (
    <span className="relative inline-flex min-w-0 shrink-0 items-center">
      <select data-slot="select" className={cn(controlStyles, "w-auto appearance-none pr-7", className)} {...props}>
        {children}
      </select>
      <ChevronDown aria-hidden className="pointer-events-none absolute right-2 size-3.5 text-ink-3" />
    </span>
  );
}

export function Checkbox({
  label,
  hint,
  className,
  ...props
}: ComponentProps<"input"> & { label: ReactNode; hint?: ReactNode }) {
  return (
    <label className={cn("flex items-start gap-2 text-sm", className)}>
      <input type="checkbox" data-slot="checkbox" className="mt-0.5 size-4 shrink-0 accent-(--accent)" {...props} />
      <span>
        {label}
        {hint ? <span className="block text-ink-3 text-xs">{hint}</span> : null}
      </span>
    </label>
  );
}

/** A named field with a hint and an error that belong to it. */
export function Field({
  label,
  hint,
  error,
  className,
  children,
}: {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | null;
  className?: string;
  children: (props: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
}) {
  const id = useId();
  const described = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return (
    <div data-slot="field" className={cn("flex flex-col gap-1", className)}>
      <label htmlFor={id} className="font-medium text-ink text-xs">
        {label}
      </label>
      {children({ id, "aria-describedby": described, "aria-invalid": error ? true : undefined })}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-bad text-xs">
          {error}
        </p>
      ) : hint ? (
        <p id={`${id}-hint`} className="text-ink-3 text-xs">
          {hint}
        </p>
      ) : null}
    </div>
  );
}
