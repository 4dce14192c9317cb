import { type ComponentProps, forwardRef } from "react";
import { cn } from "@/lib/cn";
import { Tooltip } from "./tooltip";

type Props = Omit<ComponentProps<"button">, "aria-label"> & { label: string; hint?: string };

/** A button that is only an icon. Its name is required. */
export const IconButton = forwardRef<HTMLButtonElement, Props>(function IconButton(
  { label, hint, className, type = "button", ...props },
  ref,
) {
  return (
    <Tooltip text={hint ? `${label} (${hint})` : label}>
      <button
        ref={ref}
        data-slot="icon-button"
        type={type}
        aria-label={label}
        className={cn(
          "inline-flex size-8 shrink-0 items-center justify-center rounded-md text-ink-2 transition-colors duration-[120ms] hover:bg-hover hover:text-ink disabled:pointer-events-none disabled:opacity-40 pointer-coarse:size-10 [&_svg]:size-4",
          className,
        )}
        {...props}
      />
    </Tooltip>
  );
});
