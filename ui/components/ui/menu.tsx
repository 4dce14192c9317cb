"use client";
import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "@/lib/cn";

export const Menu = Radix.Root;
export const MenuTrigger = Radix.Trigger;
export const MenuSeparator = () => <Radix.Separator className="-mx-1 my-1 h-px bg-line" />;

export function MenuContent({ className, ...props }: ComponentProps<typeof Radix.Content>) {
  return (
    <Radix.Portal>
      <Radix.Content
        data-slot="menu"
        sideOffset={6}
        collisionPadding={12}
        className={cn(
          "z-50 min-w-48 max-w-80 animate-[rise_120ms_ease-out] rounded-lg border bg-raised p-1 shadow-float",
          className,
        )}
        {...props}
      />
    </Radix.Portal>
  );
}

export function MenuItem({ className, danger, ...props }: ComponentProps<typeof Radix.Item> & { danger?: boolean }) {
  return (
    <Radix.Item
      data-slot="menu-item"
      className={cn(
        "flex min-h-8 cursor-default select-none items-center gap-2 rounded-md px-2 text-sm outline-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover pointer-coarse:min-h-10 [&_svg]:size-4 [&_svg]:text-ink-3",
        danger && "text-bad [&_svg]:text-bad",
        className,
      )}
      {...props}
    />
  );
}

export function MenuChoice({ checked, children, ...props }: ComponentProps<typeof Radix.Item> & { checked: boolean }) {
  return (
    <MenuItem {...props} aria-current={checked || undefined}>
      <span className="min-w-0 flex-1">{children}</span>
      {checked ? <Check className="text-accent!" /> : null}
    </MenuItem>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 py-1.5 text-ink-3 text-xs">{children}</Radix.Label>;
}
