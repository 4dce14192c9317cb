import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

/** A titled region. */
export function Card({
  title,
  action,
  children,
  className,
  flush,
}: {
  title?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
  className?: string;
  /** Content to the edge: lists and tables. */
  flush?: boolean;
}) {
  return (
    <section data-slot="card" className={cn("min-w-0 rounded-lg border bg-raised", className)}>
      {title ? (
        <div className="flex min-h-11 flex-wrap items-center gap-2 border-b px-4 py-1.5">
          <h2 className="mr-auto font-semibold text-sm">{title}</h2>
          {action}
        </div>
      ) : null}
      <div className={flush ? undefined : "p-4"}>{children}</div>
    </section>
  );
}
