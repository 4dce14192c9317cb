"use client";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useCallback, useMemo, useState } from "react";
import { useConsole } from "@/components/console-context";
import { DraftBar } from "@/components/draft-bar";
import { ReviewSheet } from "@/components/review";
import { ErrorState } from "@/components/states";
import { useFlagSwitch } from "@/components/switch-flag";
import { Button } from "@/components/ui/button";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Switch } from "@/components/ui/switch";
import { ApiProblem } from "@/lib/api/client";
import type { ConfigurationAnswer, Environment, Flag, Json, Rule } from "@/lib/api/types";
import { Asked } from "@/lib/api/way";
import { cn } from "@/lib/cn";
import { draftKey, useDraft } from "@/lib/draft";
import { configurationProblems } from "@/lib/problems";
import { useConfiguration, useSaveConfiguration } from "@/lib/queries/flags";
import { useSegments } from "@/lib/queries/segments";
import { attributesOf } from "@/lib/sentence";
import { servesOf } from "@/lib/serves";
import { saved } from "@/lib/undo";
import { ConflictNotice } from "./conflict-notice";
import { DefaultRule, OffVariant } from "./default-rule";
import { PrerequisitesCard } from "./prerequisites-card";
import { RuleCard } from "./rule-card";
import { TargetsCard } from "./targets-card";

// What stands beside the rules waits for answers of its own, and so may its code.
const SidePanel = dynamic(() => import("./side-panel").then((m) => m.SidePanel), {
  ssr: false,
  loading: () => <SkeletonRows label="Loading what is known of the flag" count={6} />,
});

export function RulesTab({ flag, environment }: { flag: Flag; environment: Environment }) {
  const { project } = useConsole();
  const configuration = useConfiguration(project.key, flag.key, environment.key);
  if (configuration.data) return <Editor flag={flag} environment={environment} server={configuration.data} />;
  if (configuration.error)
    return <ErrorState error={configuration.error} what="the rules" retry={() => void configuration.refetch()} />;
  return <SkeletonRows label="Loading the rules" count={6} />;
}

/** Ids of rules that the server has not seen yet; it keeps them. */
const newRuleId = () => `r${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36)}`;

function Editor({ flag, environment, server }: { flag: Flag; environment: Environment; server: ConfigurationAnswer }) {
  const { project, session, can } = useConsole();
  const draft = useDraft(draftKey(session.user.id, project.key, flag.key, environment.key), server);
  const save = useSaveConfiguration(project.key);
  const segments = useSegments(project.key).data?.items ?? [];
  const { ask, review } = useFlagSwitch();
  const [editing, setEditing] = useState<string | null>(null);
  const [reviewing, setReviewing] = useState(false);
  const { value, edit } = draft;
  const rules = value.rules ?? [];
  const editable = can("editor") && !flag.archived;
  const attributes = useMemo(() => attributesOf(value), [value]);
  const problems = useMemo(() => configurationProblems(value), [value]);
  const startReview = useCallback(() => setReviewing(true), []);
  const putRules = (next: Rule[]) => edit((now) => ({ ...now, rules: next }));
  const first = flag.variants[0]?.key ?? "";
  const [now, then] = [servesOf(draft.saved).text, servesOf(value).text];
  const neededBy = flag.needed_by ?? [];

  const move = (i: number, by: -1 | 1) => {
    const next = [...rules];
    const [rule] = next.splice(i, 1);
    if (rule) next.splice(i + by, 0, rule);
    putRules(next);
  };
  const add = () => {
    const rule: Rule = {
      id: newRuleId(),
      if: { attribute: "", operator: "in", values: [] },
      serve: { variant: first },
    };
    putRules([...rules, rule]);
    setEditing(rule.id);
  };

  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_320px]">
      <div className={cn("min-w-0", environment.production && "rounded-lg")}>
        <div
          className={cn(
            "mb-3 flex flex-wrap items-center gap-3 rounded-lg border bg-raised px-4 py-3",
            environment.production && "border-l-2 border-l-bad",
          )}
        >
          <Switch
            label={`${flag.key} in ${environment.key}, ${server.on ? "on" : "off"}`}
            checked={server.on}
            disabled={!editable}
            onCheckedChange={(on) => ask({ flag, environment, on })}
          />
          <div className="min-w-0 flex-1">
            <p className="font-medium text-sm">
              {server.on ? "On" : "Off"} in {environment.name}
            </p>
            <p className="text-ink-2 text-xs">
              {server.on
                ? rules.length > 0
                  ? "The first rule that matches decides."
                  : "There are no rules: the default decides for everyone."
                : `Everyone gets ${server.off_variant}. The rules below wait until it is on.`}
            </p>
          </div>
        </div>

        <div className="flex flex-wrap gap-x-1 gap-y-3">
          <PrerequisitesCard flag={flag} value={value} editable={editable} edit={edit} />
          <TargetsCard flag={flag} value={value} editable={editable} edit={edit} />
          <section aria-label="Targeting rules" className="w-full rounded-lg border bg-raised">
            <div className="flex min-h-11 items-center gap-2 border-b px-4 py-1.5">
              <h2 className="mr-auto font-semibold text-sm">Targeting rules</h2>
              {editable ? (
                <Button size="sm" onClick={add}>
                  <Plus /> Add rule
                </Button>
              ) : null}
            </div>
            <ol className="divide-y">
              {rules.map((rule, i) => (
                <RuleCard
                  key={rule.id || i}
                  rule={rule}
                  number={i + 1}
                  last={i === rules.length - 1}
                  flag={flag}
                  offVariant={value.off_variant}
                  attributes={attributes}
                  segments={segments}
                  editable={editable}
                  editing={editing === rule.id}
                  changed={!draft.saved.rules?.some((old) => JSON.stringify(old) === JSON.stringify(rule))}
                  onEdit={(open) => setEditing(open ? rule.id : null)}
                  onChange={(next) => putRules(rules.map((each, k) => (k === i ? next : each)))}
                  onMove={(by) => move(i, by)}
                  onDuplicate={() =>
                    putRules([...rules.slice(0, i + 1), { ...rule, id: newRuleId() }, ...rules.slice(i + 1)])
                  }
                  onDelete={() => putRules(rules.filter((_, k) => k !== i))}
                />
              ))}
              {rules.length === 0 ? (
                <li className="px-4 py-3 text-ink-2 text-sm">
                  No rules. {editable ? "Add one to serve something else to some people." : ""}
                </li>
              ) : null}
              <DefaultRule flag={flag} value={value} editable={editable} edit={edit} hasRules={rules.length > 0} />
              <OffVariant flag={flag} value={value} editable={editable} edit={edit} />
            </ol>
          </section>
        </div>

        {draft.changes.length > 0 || draft.conflicts.length > 0 ? (
          <DraftBar
            count={draft.changes.length}
            problems={problems}
            conflict={
              draft.conflicts.length > 0 ? (
                <ConflictNotice
                  draft={draft}
                  by={flag.changed?.actor}
                  onTakeTheirs={draft.discard}
                  onKeepMine={draft.keepMine}
                />
              ) : null
            }
            onDiscard={() => {
              setEditing(null);
              draft.discard();
            }}
            onReview={startReview}
          />
        ) : null}
      </div>

      <SidePanel flag={flag} environment={environment} />

      {review}
      {reviewing ? (
        <ReviewSheet
          title={`Change ${flag.key}`}
          environment={environment}
          note={
            <p className="text-ink-2">
              Serves <b className="text-ink">{now}</b>
              {now === then ? (
                " before and after."
              ) : (
                <>
                  {" "}
                  now, then <b className="text-ink">{then}</b>.
                </>
              )}
              {neededBy.length > 0
                ? ` ${neededBy.length === 1 ? "1 other flag needs" : `${neededBy.length} other flags need`} this one: ${neededBy.join(", ")}.`
                : null}
            </p>
          }
          changes={draft.changes}
          before={draft.saved as unknown as Json}
          after={value as unknown as Json}
          confirm={`Save in ${environment.name}`}
          question={{ configuration: { flag: flag.key, environment: environment.key, body: value } }}
          onClose={() => setReviewing(false)}
          onConfirm={async (reason) => {
            try {
              const { rev } = await save.mutateAsync({
                flag: flag.key,
                environment: environment.key,
                put: value,
                revision: server.revision,
                reason,
              });
              draft.discard();
              setEditing(null);
              saved(`${flag.key} is saved in ${environment.name}`, project.key, rev);
            } catch (error) {
              if (error instanceof Asked) {
                // The draft is in the change request now.
                draft.discard();
                setEditing(null);
              }
              if (error instanceof ApiProblem && error.status === 412) {
                throw new Error(
                  "Somebody has just changed this flag here. Your draft is kept; close this and look at the difference again.",
                );
              }
              throw error;
            }
          }}
        />
      ) : null}
    </div>
  );
}
