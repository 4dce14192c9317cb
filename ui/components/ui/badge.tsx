import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

const styles = cva(
  "inline-flex max-w-full items-center gap-1 rounded-sm px-1.5 py-px font-medium text-xs [&_svg]:size-3",
  {
    variants: {
      tone: {
        ok: "bg-ok-tint text-ok",
        warn: "bg-warn-tint text-warn",
        bad: "bg-bad-tint text-bad",
        off: "bg-off-tint text-off",
        accent: "bg-accent-tint text-accent",
        outline: "border text-ink-2",
      },
    },
    defaultVariants: { tone: "off" },
  },
);

export function Badge({ tone, className, ...props }: ComponentProps<"span"> & VariantProps<typeof styles>) {
  return <span data-slot="badge" className={cn(styles({ tone }), className)} {...props} />;
}
