import type { ReactNode } from "react";

/**
 * A short table; on a phone it scrolls sideways inside itself, together with what is only for screen readers (that is
 * what `relative` is for).
 */
export function SimpleTable({ label, head, children }: { label: string; head: ReactNode[]; children: ReactNode }) {
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="group" aria-label={label}>
      <table className="w-full text-left text-sm [&_td]:px-4 [&_td]:py-2 [&_th]:whitespace-nowrap [&_th]:px-4 [&_th]:py-2 [&_th]:font-medium [&_th]:text-ink-3 [&_th]:text-xs [&_tr]:border-b [&_tbody_tr:last-child]:border-0">
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
