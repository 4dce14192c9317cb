"use client";
import { useState } from "react";
import type { Configuration, ConfigurationAnswer, Json, Serve } from "@/lib/api/types";
import { authored, configurationChanges } from "@/lib/changes";
import { useConfiguration, useSaveConfiguration } from "@/lib/queries/flags";
import { serveText } from "@/lib/sentence";
import { servesOf } from "@/lib/serves";
import { saved } from "@/lib/undo";
import { useConsole } from "./console-context";
import { ServesChip } from "./marks";
import { ReviewSheet } from "./review-sheet";
import { ErrorState } from "./states";
import type { SwitchWish } from "./switch-flag";
import { Sheet } from "./ui/dialog";
import { SkeletonRows } from "./ui/skeleton";

/** How much of the traffic a flag that serves one variant to everyone should start with. */
const STARTS = [100, 50, 10, 1] as const;

/** What turning it on starts with: the configured default, or that variant for a part of the users. */
function started(configuration: Configuration, percent: number): Configuration {
  const { default: last } = configuration;
  if (percent === 100 || !("variant" in last)) return { ...configuration, on: true };
  const serve: Serve = { rollout: { variant: last.variant, percent, bucket_by: "user.key" } };
  return { ...configuration, on: true, default: serve };
}

export function SwitchReview({ wish, onClose }: { wish: SwitchWish; onClose: () => void }) {
  const { project } = useConsole();
  const configuration = useConfiguration(project.key, wish.flag.key, wish.environment.key);
  if (configuration.data) return <Loaded wish={wish} configuration={configuration.data} onClose={onClose} />;
  return (
    <Sheet open onOpenChange={(open) => !open && onClose()} title={wish.flag.key}>
      {configuration.error ? (
        <ErrorState error={configuration.error} what="what it serves" retry={() => void configuration.refetch()} />
      ) : (
        <SkeletonRows label="Loading what it serves" count={4} />
      )}
    </Sheet>
  );
}

function Loaded({
  wish,
  configuration,
  onClose,
}: {
  wish: SwitchWish;
  configuration: ConfigurationAnswer;
  onClose: () => void;
}) {
  const { project } = useConsole();
  const save = useSaveConfiguration(project.key);
  const { flag, environment, on } = wish;
  // What is shown is what was there when it was asked, also while the optimistic value is already in the cache.
  const [before] = useState(() => authored(configuration));
  const [percent, setPercent] = useState<number>(100);
  const choose = on && (before.rules ?? []).length === 0 && "variant" in before.default;
  const after = on ? started(before, percent) : { ...before, on: false };
  const serves = servesOf(after);
  const patch: Partial<Configuration> = on && percent !== 100 ? { on, default: after.default } : { on };
  const act = on ? `Turn on in ${environment.name}` : `Turn off in ${environment.name}`;
  return (
    <ReviewSheet
      title={`${on ? "Turn on" : "Turn off"} ${flag.key}`}
      environment={environment}
      changes={configurationChanges(before, after)}
      before={before as unknown as Json}
      after={after as unknown as Json}
      confirm={act}
      danger={!on}
      onClose={onClose}
      note={
        <div className="flex flex-col gap-2 rounded-md bg-sunken p-3">
          <div className="flex items-center gap-2">
            <span className="w-14 text-ink-3 text-xs">Now</span>
            <ServesChip serves={servesOf(before)} />
          </div>
          <div className="flex items-center gap-2">
            <span className="w-14 text-ink-3 text-xs">Then</span>
            <ServesChip serves={serves} />
          </div>
          <p className="text-ink-2">
            {on
              ? (after.rules ?? []).length > 0
                ? `The ${after.rules?.length} rules below decide; everyone else: ${serveText(after.default, true, after.off_variant)}.`
                : `Will ${serveText(after.default, true, after.off_variant)}${"variant" in after.default ? " to everyone: there are no rules" : ""}.`
              : `Everyone gets ${after.off_variant}, whatever the rules and individual targets say.`}
          </p>
        </div>
      }
      question={{ configuration: { flag: flag.key, environment: environment.key, patch } }}
      onConfirm={async (reason) => {
        const { rev } = await save.mutateAsync({ flag: flag.key, environment: environment.key, patch, reason });
        saved(`${flag.key} is ${on ? "on" : "off"} in ${environment.name}`, project.key, rev);
      }}
    >
      {choose ? (
        <fieldset className="flex flex-wrap items-center gap-3">
          <legend className="mb-1 font-medium text-xs">Start with</legend>
          {STARTS.map((each) => (
            <label key={each} className="flex items-center gap-1.5 text-sm">
              <input
                type="radio"
                name="start"
                className="accent-(--accent)"
                checked={percent === each}
                onChange={() => setPercent(each)}
              />
              {each === 100 ? "everyone" : `${each} %`}
            </label>
          ))}
        </fieldset>
      ) : null}
    </ReviewSheet>
  );
}
