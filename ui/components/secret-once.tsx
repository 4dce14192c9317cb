"use client";
import { TriangleAlert } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { CopyButton } from "./ui/copy-button";

/** A secret, shown this once. */
export function SecretOnce({ secret, label, children }: { secret: string; label: string; children?: ReactNode }) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <div data-slot="secret-once" className="flex flex-col gap-3">
      <p className="flex items-start gap-2 rounded-md bg-warn-tint p-3 text-sm">
        <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
        <span>Copy it now: it is stored as a hash and cannot be shown again.</span>
      </p>
      <div className="flex items-center gap-1 rounded-md border border-edge bg-sunken pl-3">
        <input
          ref={field}
          readOnly
          aria-label={label}
          value={secret}
          onFocus={() => field.current?.select()}
          className="h-9 min-w-0 flex-1 bg-transparent font-mono text-xs outline-none"
        />
        <CopyButton text={secret} label={`Copy the ${label.toLowerCase()}`} />
      </div>
      {children}
    </div>
  );
}
