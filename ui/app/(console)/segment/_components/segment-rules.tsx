"use client";
import { Plus, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useConsole } from "@/components/console-context";
import { DraftBar } from "@/components/draft-bar";
import { ConditionEditor } from "@/components/editors";
import { ReviewSheet } from "@/components/review";
import { ConditionSentence } from "@/components/rule-sentence";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { IconButton } from "@/components/ui/icon-button";
import type { Condition, Json, Segment } from "@/lib/api/types";
import { Asked } from "@/lib/api/way";
import { equalJson } from "@/lib/diff";
import { documentChanges } from "@/lib/history-words";
import { conditionProblem } from "@/lib/problems";
import { useSegments, useUpdateSegment } from "@/lib/queries/segments";
import { attributesIn } from "@/lib/sentence";
import { saved } from "@/lib/undo";

type Form = { name: string; description: string; rules: Condition[] };

/** Name, purpose and rules of a segment: any rule makes a member. */
export function SegmentRules({ segment }: { segment: Segment }) {
  const { project, can } = useConsole();
  const update = useUpdateSegment(project.key, segment.key);
  const others = (useSegments(project.key).data?.items ?? []).filter((each) => each.key !== segment.key);
  const base: Form = { name: segment.name, description: segment.description ?? "", rules: segment.rules ?? [] };
  const [form, setForm] = useState<Form>(base);
  const [editing, setEditing] = useState<number | null>(null);
  const [reviewing, setReviewing] = useState(false);
  const editable = can("editor");
  const attributes = useMemo(() => form.rules.flatMap(attributesIn), [form.rules]);
  const changes = documentChanges("segment", base as unknown as Json, form as unknown as Json);
  const problems = form.rules.flatMap((rule, i) => {
    const problem = conditionProblem(rule);
    return problem ? [`Rule ${i + 1}: ${problem}.`] : [];
  });
  const put = (rules: Condition[]) => setForm({ ...form, rules });
  const flags = [...new Set(segment.used_by.map((use) => ("flag" in use ? use.flag : use.segment)))];

  return (
    <>
      {editable ? (
        <Card title="About">
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label="Name">
              {(props) => (
                <Input
                  {...props}
                  value={form.name}
                  onChange={(event) => setForm({ ...form, name: event.target.value })}
                />
              )}
            </Field>
            <Field label="Description">
              {(props) => (
                <Input
                  {...props}
                  value={form.description}
                  onChange={(event) => setForm({ ...form, description: event.target.value })}
                />
              )}
            </Field>
          </div>
        </Card>
      ) : null}
      <Card
        flush
        title="Rules: any of them makes a member"
        action={
          editable ? (
            <Button
              size="sm"
              onClick={() => {
                put([...form.rules, { attribute: "", operator: "in", values: [] }]);
                setEditing(form.rules.length);
              }}
            >
              <Plus /> Add rule
            </Button>
          ) : null
        }
      >
        {form.rules.length === 0 ? (
          <p className="px-4 py-3 text-ink-2 text-sm">No rules: only the included keys below are members.</p>
        ) : null}
        <ol className="divide-y">
          {form.rules.map((rule, i) => (
            <li key={i} aria-label={`Rule ${i + 1}`} className="px-4 py-2.5">
              <div className="flex items-start gap-2">
                <div className="min-w-0 flex-1 leading-7">
                  <span className="font-medium text-ink-2">{i === 0 ? "If " : "or if "}</span>
                  <ConditionSentence condition={rule} />
                </div>
                {editable ? (
                  <>
                    <Button
                      size="sm"
                      variant="ghost"
                      aria-label={editing === i ? `Close rule ${i + 1}` : `Edit rule ${i + 1}`}
                      onClick={() => setEditing(editing === i ? null : i)}
                    >
                      {editing === i ? "Done" : "Edit"}
                    </Button>
                    <IconButton
                      label={`Delete rule ${i + 1}`}
                      onClick={() => put(form.rules.filter((_, k) => k !== i))}
                    >
                      <Trash2 />
                    </IconButton>
                  </>
                ) : null}
              </div>
              {editing === i && editable ? (
                <div className="mt-2 rounded-md bg-sunken p-3">
                  <ConditionEditor
                    condition={rule}
                    attributes={attributes}
                    segments={others}
                    onChange={(next) => put(form.rules.map((each, k) => (k === i ? next : each)))}
                  />
                </div>
              ) : null}
            </li>
          ))}
        </ol>
      </Card>
      {!equalJson(base, form) ? (
        <DraftBar
          count={Math.max(1, changes.length)}
          problems={problems}
          onDiscard={() => setForm(base)}
          onReview={() => setReviewing(true)}
        />
      ) : null}
      {reviewing ? (
        <ReviewSheet
          title={`Change segment ${segment.key}`}
          note={
            <p className="text-ink-2">
              {flags.length === 0
                ? "Nothing uses it yet."
                : `Changes who is picked by ${flags.length} ${flags.length === 1 ? "flag" : "flags"}: ${flags.join(", ")}.`}
            </p>
          }
          changes={changes}
          before={base as unknown as Json}
          after={form as unknown as Json}
          confirm="Save the segment"
          question={{ segment: { segment: segment.key, patch: form } }}
          onClose={() => setReviewing(false)}
          onConfirm={async (reason) => {
            const { rev } = await update
              .mutateAsync({ patch: form, revision: segment.revision, reason })
              .catch((error) => {
                if (error instanceof Asked) setForm(base);
                throw error;
              });
            saved(`Segment ${segment.key} is saved`, project.key, rev);
          }}
        />
      ) : null}
    </>
  );
}
