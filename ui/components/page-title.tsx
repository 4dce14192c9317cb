"use client";
import { type ReactNode, useEffect } from "react";

/** Heading of a page; also names the tab. */
export function PageTitle({
  title,
  count,
  busy,
  action,
}: {
  title: string;
  count?: string;
  busy?: string;
  action?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Yardarm`;
  }, [title]);
  return (
    <div className="flex min-h-14 items-center gap-2.5 px-4 pt-2">
      <h1 className="font-semibold text-xl">{title}</h1>
      {count !== undefined ? (
        <span role="status" className="text-ink-3 text-sm tabular-nums">
          {count}
        </span>
      ) : null}
      {busy ? <span className="text-ink-3 text-xs">{busy}</span> : null}
      <div className="ml-auto flex items-center gap-2">{action}</div>
    </div>
  );
}
