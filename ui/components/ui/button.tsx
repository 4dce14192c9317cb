import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

export const buttonStyles = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-colors duration-[120ms] disabled:opacity-50 aria-disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary: "bg-accent text-on-accent hover:opacity-90",
        secondary: "border border-edge/50 bg-raised text-ink hover:bg-hover",
        ghost: "text-ink-2 hover:bg-hover hover:text-ink",
        danger: "bg-bad text-on-bad hover:opacity-90",
        quietDanger: "border border-edge/50 bg-raised text-bad hover:bg-bad-tint",
        link: "text-accent underline-offset-2 hover:underline",
      },
      size: {
        md: "h-8 px-3 text-sm pointer-coarse:h-10",
        sm: "h-7 px-2 text-xs pointer-coarse:h-9",
        lg: "h-10 px-4 text-base",
        inline: "h-auto p-0",
      },
    },
    defaultVariants: { variant: "secondary", size: "md" },
  },
);

type Props = ComponentProps<"button"> & VariantProps<typeof buttonStyles> & { asChild?: boolean };

export function Button({ className, variant, size, asChild, type = "button", ...props }: Props) {
  const Element = asChild ? Slot.Root : "button";
  return (
    <Element
      data-slot="button"
      className={cn(buttonStyles({ variant, size }), className)}
      {...(asChild ? {} : { type })}
      {...props}
    />
  );
}
