"use client";
import { Switch as Radix } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

type Props = Omit<ComponentProps<typeof Radix.Root>, "aria-label"> & { label: string };

/** Its name says what it is and its state: "new-checkout in production, on". */
export function Switch({ label, className, ...props }: Props) {
  return (
    <Radix.Root
      data-slot="switch"
      aria-label={label}
      className={cn(
        "relative inline-flex h-5 w-9 shrink-0 items-center rounded-full border border-edge bg-off-tint transition-colors duration-[120ms] disabled:opacity-50 data-[state=checked]:border-ok data-[state=checked]:bg-ok",
        "before:-inset-x-1 before:-inset-y-2 before:absolute before:content-['']",
        className,
      )}
      {...props}
    >
      <Radix.Thumb className="block size-3.5 translate-x-0.5 rounded-full bg-edge transition-transform duration-[120ms] data-[state=checked]:translate-x-[18px] data-[state=checked]:bg-ground" />
    </Radix.Root>
  );
}
