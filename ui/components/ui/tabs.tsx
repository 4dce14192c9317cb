"use client";
import { Tabs as Radix } from "radix-ui";
import { type ComponentProps, useEffect, useRef } from "react";
import { cn } from "@/lib/cn";

/** Tabs whose value lives in the address. */
export const Tabs = Radix.Root;
export const TabPanel = Radix.Content;

export function TabList({ className, ...props }: ComponentProps<typeof Radix.List>) {
  const list = useRef<HTMLDivElement>(null);
  // Where the tabs are wider than the page, the chosen one is not out of sight.
  useEffect(() => {
    const chosen = list.current?.querySelector<HTMLElement>("[data-state=active]");
    if (list.current && chosen) list.current.scrollLeft = chosen.offsetLeft - list.current.offsetLeft - 16;
  });
  return (
    <Radix.List
      ref={list}
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
