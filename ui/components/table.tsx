import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

/** On a phone a row is two lines: the first cell with what can be done, and under it the others. */
const PHONE = [
  "max-sm:[&_thead]:sr-only max-sm:[&_tr]:flex max-sm:[&_tr]:flex-wrap max-sm:[&_tr]:items-center",
  "max-sm:[&_tr]:gap-x-3 max-sm:[&_tr]:gap-y-1 max-sm:[&_tr]:px-4 max-sm:[&_tr]:py-2.5",
  "max-sm:[&_td]:order-3 max-sm:[&_td]:p-0 max-sm:[&_td:last-child]:order-1",
  "max-sm:[&_td:first-child]:order-1 max-sm:[&_td:first-child]:min-w-0 max-sm:[&_td:first-child]:flex-1",
  "max-sm:[&_tr]:before:order-2 max-sm:[&_tr]:before:w-full max-sm:[&_tr]:before:content-['']",
];

const CELLS =
  "[&_td]:px-4 [&_td]:py-2 [&_th]:whitespace-nowrap [&_th]:px-4 [&_th]:py-2 [&_th]:font-medium [&_th]:text-ink-3 [&_th]:text-xs [&_tr]:border-b [&_tbody_tr:last-child]:border-0";

/**
 * A short table. Where it is too wide it scrolls inside itself, together with what is only for screen readers: that is
 * what `relative` is for.
 */
export function SimpleTable({ label, head, children }: { label: string; head: ReactNode[]; children: ReactNode }) {
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="group" aria-label={label}>
      <table className={cn("w-full text-left text-sm", CELLS, PHONE)}>
        <thead>
          <tr>
            {head.map((cell, i) => (
              <th key={i} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
