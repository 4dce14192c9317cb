"use client";
import { Tabs as Radix } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

/** Tabs whose value lives in the address. */
export const Tabs = Radix.Root;
export const TabPanel = Radix.Content;

export function TabList({ className, ...props }: ComponentProps<typeof Radix.List>) {
  return (
    <Radix.List
      data-slot="tab-list"
      className={cn("flex gap-1 overflow-x-auto overflow-y-hidden border-b [scrollbar-width:none]", className)}
      {...props}
    />
  );
}

export function Tab({ className, ...props }: ComponentProps<typeof Radix.Trigger>) {
  return (
    <Radix.Trigger
      data-slot="tab"
      className={cn(
        "-mb-px flex h-9 shrink-0 items-center gap-2 border-transparent border-b-2 px-3 font-medium text-ink-2 text-sm outline-offset-[-2px] hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink pointer-coarse:h-11",
        className,
      )}
      {...props}
    />
  );
}
