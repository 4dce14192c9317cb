// Small marks of identity and state: environments, what a flag serves, the stream.
import { Shield } from "lucide-react";
import type { Environment, Serves } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import type { LiveState } from "@/lib/queries/live";

const ENVIRONMENT_TEXT = ["text-env-1", "text-env-2", "text-env-3", "text-env-4", "text-env-5", "text-env-6"];

/** Colour classes of an environment; always shown with its name and, for production, a shield. */
export const environmentText = (environment: Pick<Environment, "color">): string =>
  ENVIRONMENT_TEXT[(environment.color - 1 + 6) % 6] ?? "text-env-1";

export function EnvironmentMark({ environment }: { environment: Environment }) {
  return environment.production ? (
    <Shield aria-hidden className={cn("size-3.5 shrink-0", environmentText(environment))} />
  ) : (
    <span aria-hidden className={cn("size-2 shrink-0 rounded-full bg-current", environmentText(environment))} />
  );
}

export function EnvBadge({ environment, className }: { environment: Environment; className?: string }) {
  return (
    <span data-slot="env-badge" className={cn("inline-flex items-center gap-1.5 font-medium", className)}>
      <EnvironmentMark environment={environment} />
      {environment.name}
    </span>
  );
}

const CHIP: Record<Serves["kind"], { style: string; mark: string }> = {
  off: { style: "bg-off-tint text-off", mark: "○" },
  all: { style: "bg-ok-tint text-ok", mark: "●" },
  partial: { style: "bg-warn-tint text-warn", mark: "◐" },
  split: { style: "bg-accent-tint text-accent", mark: "◑" },
  rules: { style: "bg-accent-tint text-accent", mark: "◆" },
};

/** The one way to say what a flag serves: shape, colour and words. */
export function ServesChip({ serves, className }: { serves: Serves | undefined; className?: string }) {
  if (!serves) return <span className="text-ink-3 text-xs">–</span>;
  // On, but everyone gets "off": not the green of what is on.
  const { style, mark } = CHIP[serves.kind === "all" && serves.text === "off" ? "off" : serves.kind];
  return (
    <span
      data-slot="serves-chip"
      title={serves.text}
      className={cn(
        "inline-flex h-5 min-w-0 max-w-full items-center gap-1.5 rounded-sm px-1.5 font-medium text-xs",
        style,
        className,
      )}
    >
      <span aria-hidden className="text-[9px] leading-none">
        {mark}
      </span>
      <span className="truncate">{serves.text}</span>
    </span>
  );
}

const LIVE: Record<LiveState, { style: string; mark: string; text: string; title: string }> = {
  live: { style: "text-ok", mark: "●", text: "live", title: "Live: changes of others appear as they happen" },
  reconnecting: { style: "text-warn", mark: "◐", text: "reconnecting", title: "The stream is lost; connecting again" },
  offline: {
    style: "text-bad",
    mark: "○",
    text: "offline",
    title: "The server cannot be reached; what you see may be old",
  },
};

export function LiveDot({ state }: { state: LiveState }) {
  const { style, mark, text, title } = LIVE[state];
  return (
    <span
      role="status"
      title={title}
      data-slot="live-dot"
      className="inline-flex items-center gap-1.5 px-1 text-ink-2 text-xs"
    >
      <span aria-hidden className={cn("text-[10px]", style)}>
        {mark}
      </span>
      <span className="max-md:sr-only">{text}</span>
    </span>
  );
}

export function Logo({ className }: { className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 32 32" className={cn("size-6 shrink-0", className)}>
      <rect width="32" height="32" rx="7" fill="#1f5fd1" />
      <path
        d="M10 5v22M7 9h18M13 9v9h9l-2.4-4.5L22 9"
        fill="none"
        stroke="#fff"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
