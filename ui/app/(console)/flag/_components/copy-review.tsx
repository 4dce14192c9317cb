"use client";
import { useConsole } from "@/components/console-context";
import { ReviewSheet } from "@/components/review";
import type { Environment, Flag, Json } from "@/lib/api/types";
import { authored, configurationChanges } from "@/lib/changes";
import { useConfiguration, useCopyConfiguration } from "@/lib/queries/flags";
import { saved } from "@/lib/undo";

/** What a copy between environments changes in the one it goes to. */
export function CopyReview({
  flag,
  from,
  to,
  onClose,
}: {
  flag: Flag;
  from: Environment;
  to: Environment;
  onClose: () => void;
}) {
  const { project } = useConsole();
  const copy = useCopyConfiguration(project.key, flag.key);
  const source = useConfiguration(project.key, flag.key, from.key);
  const target = useConfiguration(project.key, flag.key, to.key);
  if (!source.data || !target.data) return null;
  const [before, after] = [authored(target.data), authored(source.data)];
  return (
    <ReviewSheet
      title={`Copy ${flag.key} from ${from.name}`}
      environment={to}
      note={<p className="text-ink-2">Users stay in the same buckets, so the same people are picked in both.</p>}
      changes={configurationChanges(before, after)}
      before={before as unknown as Json}
      after={after as unknown as Json}
      confirm={`Copy to ${to.name}`}
      question={{ configuration: { flag: flag.key, environment: to.key, body: after } }}
      onClose={onClose}
      onConfirm={async (reason) => {
        const { rev } = await copy.mutateAsync({ from: from.key, to: to.key, reason });
        saved(`${flag.key} is copied to ${to.name}`, project.key, rev);
      }}
    />
  );
}
