"use client";
import { CircleAlert, Lock, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { ApiProblem } from "@/lib/api/client";
import { Asked } from "@/lib/api/way";
import { problemText } from "@/lib/undo";
import { Button } from "./ui/button";

/** Nothing to show, and what to do about it. `heading` is `h1` where this is all there is on the page. */
export function EmptyState({
  heading: Heading = "h2",
  icon,
  title,
  children,
  action,
}: {
  heading?: "h1" | "h2";
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div data-slot="empty" className="mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-14 text-center">
      {icon ? <div className="mb-1 text-ink-3 [&_svg]:size-7">{icon}</div> : null}
      <Heading className="font-semibold text-base">{title}</Heading>
      {children ? <div className="text-ink-2 text-sm">{children}</div> : null}
      {action ? <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}

/** What went wrong, and the way on. Forbidden and missing say who can help. */
export function ErrorState({
  error,
  retry,
  what,
  heading,
}: {
  error: unknown;
  retry?: () => void;
  what: string;
  heading?: "h1" | "h2";
}) {
  const status = error instanceof ApiProblem ? error.status : null;
  const traceId = error instanceof ApiProblem ? error.traceId : null;
  if (status === 403) {
    return (
      <EmptyState heading={heading} icon={<Lock />} title={`You may not see ${what}`}>
        Ask an owner or an administrator of this tenant for the right.
      </EmptyState>
    );
  }
  return (
    <div role="alert">
      <EmptyState
        heading={heading}
        icon={<CircleAlert className="text-bad" />}
        title={status === 404 ? `There is no such ${what.replace(/^(the|this) /, "")}` : `Could not load ${what}`}
        action={
          retry && status !== 404 ? (
            <Button onClick={retry}>
              <RotateCw /> Try again
            </Button>
          ) : null
        }
      >
        {status === 404 ? "It may have been renamed or removed, or the address is wrong." : problemText(error)}
        {traceId ? <span className="mt-1 block font-mono text-ink-3 text-xs">trace {traceId}</span> : null}
      </EmptyState>
    </div>
  );
}

/** A refusal beside the form it belongs to. */
export function FormError({ error }: { error: unknown }) {
  if (!error) return null;
  if (error instanceof Asked)
    return (
      <p role="status" className="rounded-md bg-accent-tint px-3 py-2 text-ink text-sm">
        {error.message} Nothing is saved until it is applied.
      </p>
    );
  const traceId = error instanceof ApiProblem && error.status >= 500 ? error.traceId : null;
  return (
    <div role="alert" className="flex items-start gap-2 rounded-md bg-bad-tint px-3 py-2 text-ink text-sm">
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0">
        {error instanceof ApiProblem && error.fields.length > 0 ? (
          <ul className="flex flex-col gap-1">
            {error.fields.map((field, i) => (
              <li key={i}>
                {field.pointer ? <span className="mr-1.5 font-mono text-ink-2 text-xs">{field.pointer}</span> : null}
                {field.message}
              </li>
            ))}
          </ul>
        ) : (
          problemText(error)
        )}
        {traceId ? <span className="block font-mono text-ink-2 text-xs">trace {traceId}</span> : null}
      </div>
    </div>
  );
}
