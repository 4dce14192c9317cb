"use client";
import { useConsole } from "@/components/console-context";
import { EnvironmentMark, ServesChip } from "@/components/marks";
import type { Environment, Flag } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { href, useQuery } from "@/lib/url";

/** One tab an environment, each with what it serves there. */
export function EnvironmentTabs({ flag, environment }: { flag: Flag; environment: Environment }) {
  const { project, environments } = useConsole();
  const query = useQuery();
  return (
    <nav aria-label="Environments" className="mb-4 grid grid-cols-[repeat(auto-fit,minmax(104px,1fr))] gap-2">
      {environments.map((each) => {
        const here = each.key === environment.key;
        return (
          <a
            key={each.key}
            href={href("/flag", { p: project.key, key: flag.key, env: each.key })}
            aria-current={here ? "true" : undefined}
            onClick={(event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault();
              query.set({ env: each.key }, "push");
            }}
            className={cn(
              "flex min-w-0 flex-col items-start gap-1 rounded-md border bg-raised px-2 py-2 sm:px-3 hover:bg-hover sm:flex-row sm:items-center sm:justify-between sm:gap-2",
              here && "border-accent ring-1 ring-accent",
            )}
          >
            <span className="flex min-w-0 max-w-full items-center gap-1.5 font-medium">
              <EnvironmentMark environment={each} />
              <span className="truncate">{each.name}</span>
            </span>
            <ServesChip serves={flag.environments[each.key]?.serves ?? { kind: "off", text: "off" }} />
          </a>
        );
      })}
    </nav>
  );
}
