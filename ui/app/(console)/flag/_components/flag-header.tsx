"use client";
import { ArchiveRestore, Copy, EllipsisVertical, Power } from "lucide-react";
import { useEffect, useState } from "react";
import { useConsole } from "@/components/console-context";
import { EnvironmentMark } from "@/components/marks";
import { useFlagSwitch } from "@/components/switch-flag";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { IconButton } from "@/components/ui/icon-button";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from "@/components/ui/menu";
import type { Environment, Flag } from "@/lib/api/types";
import { useArchiveFlag } from "@/lib/queries/flags";
import { failed, saved } from "@/lib/undo";
import { CopyReview } from "./copy-review";

const TYPE_NAMES = { boolean: "on / off", string: "text", number: "number", json: "JSON" } as const;

export function FlagHeader({ flag, environment }: { flag: Flag; environment: Environment }) {
  const { project, environments, can } = useConsole();
  const { ask, review } = useFlagSwitch();
  const archive = useArchiveFlag(project.key);
  const [copyTo, setCopyTo] = useState<Environment | null>(null);
  useEffect(() => {
    document.title = `${flag.key} · Yardarm`;
  }, [flag.key]);
  const on = flag.environments[environment.key]?.on ?? false;
  const restore = () =>
    archive.mutate(
      { key: flag.key, archive: false },
      {
        onSuccess: ({ rev }) => saved(`${flag.key} is restored`, project.key, rev),
        onError: (error) => failed(error),
      },
    );
  return (
    <header className="flex flex-wrap items-start gap-x-3 gap-y-1 pt-4 pb-3">
      <div className="min-w-0 flex-1 basis-64">
        <div className="flex min-w-0 items-center gap-1">
          <h1 className="min-w-0 break-all font-mono font-semibold text-lg">{flag.key}</h1>
          <CopyButton text={flag.key} label="Copy the key" />
          {flag.archived ? <Badge tone="warn">archived</Badge> : null}
        </div>
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-ink-2 text-sm">
          {flag.name !== flag.key ? <span>{flag.name}</span> : null}
          <Badge tone="outline">{TYPE_NAMES[flag.type]}</Badge>
          {flag.owner ? <span className="text-ink-3 text-xs">owner {flag.owner}</span> : null}
          {flag.tags.map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
        </div>
        {flag.description ? <p className="mt-1 max-w-prose text-ink-2 text-sm">{flag.description}</p> : null}
      </div>
      {can("editor") ? (
        <div className="flex items-center gap-2">
          {flag.archived ? (
            <Button onClick={restore} disabled={archive.isPending}>
              <ArchiveRestore /> Restore
            </Button>
          ) : on ? (
            <Button variant="quietDanger" onClick={() => ask({ flag, environment, on: false })}>
              <Power /> Kill in {environment.name}
            </Button>
          ) : null}
          {flag.archived ? null : (
            <Menu>
              <MenuTrigger asChild>
                <IconButton label="More">
                  <EllipsisVertical />
                </IconButton>
              </MenuTrigger>
              <MenuContent align="end">
                <MenuLabel>Copy what {environment.name} serves to</MenuLabel>
                {environments
                  .filter((each) => each.key !== environment.key)
                  .map((each) => (
                    <MenuItem key={each.key} onSelect={() => setCopyTo(each)}>
                      <Copy /> {each.name} <EnvironmentMark environment={each} />
                    </MenuItem>
                  ))}
              </MenuContent>
            </Menu>
          )}
        </div>
      ) : null}
      {review}
      {copyTo ? <CopyReview flag={flag} from={environment} to={copyTo} onClose={() => setCopyTo(null)} /> : null}
    </header>
  );
}
