"use client";
import { Plus, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useConsole } from "@/components/console-context";
import { DraftBar } from "@/components/draft-bar";
import { ReviewSheet } from "@/components/review";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Input, Select, Textarea } from "@/components/ui/field";
import { IconButton } from "@/components/ui/icon-button";
import type { Flag, Json, ValueType, Variant } from "@/lib/api/types";
import { Asked } from "@/lib/api/way";
import { documentChanges } from "@/lib/history-words";
import { useUpdateFlag } from "@/lib/queries/flags";
import { keyProblem } from "@/lib/slug";
import { saved } from "@/lib/undo";

type Row = { key: string; text: string; description: string };

/** Reads a value of the flag's type from what was typed, or says what is wrong. */
function readVariant(type: ValueType, text: string): { value: Json } | { problem: string } {
  if (type === "string") return { value: text };
  if (type === "number") {
    const value = Number(text.trim());
    return text.trim() === "" || !Number.isFinite(value) ? { problem: "is not a number" } : { value };
  }
  if (type === "boolean") return { value: text === "true" };
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return { problem: "is not JSON" };
  }
}

const show = (type: ValueType, value: Json) =>
  type === "string" && typeof value === "string" ? value : JSON.stringify(value, null, type === "json" ? 2 : 0);

export function VariantsTab({ flag }: { flag: Flag }) {
  const { project, can } = useConsole();
  const update = useUpdateFlag(project.key, flag.key);
  const initial = useMemo<Row[]>(
    () =>
      flag.variants.map((variant) => ({
        key: variant.key,
        text: show(flag.type, variant.value),
        description: variant.description ?? "",
      })),
    [flag],
  );
  const [rows, setRows] = useState(initial);
  const [reviewing, setReviewing] = useState(false);
  const editable = can("editor") && !flag.archived;
  const put = (i: number, change: Partial<Row>) =>
    setRows(rows.map((row, k) => (k === i ? { ...row, ...change } : row)));

  const problems: string[] = [];
  const variants = rows.map((row): Variant => {
    const problem = keyProblem(row.key);
    if (problem) problems.push(`Variant ${row.key || "without a key"}: ${problem}`);
    const read = readVariant(flag.type, row.text);
    if ("problem" in read) problems.push(`Variant ${row.key}: its value ${read.problem}.`);
    return {
      key: row.key,
      value: "value" in read ? read.value : null,
      ...(row.description ? { description: row.description } : {}),
    };
  });
  if (new Set(rows.map((row) => row.key)).size < rows.length) problems.push("Two variants have the same key.");
  const was = flag.variants as unknown as Json;
  const changes = documentChanges("flag", { variants: was }, { variants: variants as unknown as Json });
  const count =
    rows.filter((row) => !initial.some((old) => JSON.stringify(old) === JSON.stringify(row))).length +
    initial.filter((old) => !rows.some((row) => row.key === old.key)).length;

  return (
    <div className="max-w-3xl">
      <Card
        title="Variants"
        action={
          editable && flag.type !== "boolean" ? (
            <Button
              size="sm"
              onClick={() => setRows([...rows, { key: "", text: flag.type === "json" ? "{}" : "", description: "" }])}
            >
              <Plus /> Add variant
            </Button>
          ) : null
        }
      >
        <ul className="flex flex-col gap-3">
          {rows.map((row, i) => (
            <li
              key={i}
              className="grid grid-cols-[minmax(0,1fr)_minmax(0,1.4fr)_minmax(0,1.6fr)_32px] items-start gap-2 max-sm:grid-cols-[minmax(0,1fr)_32px] max-sm:border-b max-sm:pb-3"
            >
              <Input
                aria-label={`Key of variant ${i + 1}`}
                className="font-mono text-xs"
                placeholder="key"
                disabled={!editable}
                value={row.key}
                onChange={(event) => put(i, { key: event.target.value })}
              />
              {flag.type === "boolean" ? (
                <Select
                  aria-label={`Value of ${row.key}`}
                  className="w-full"
                  disabled={!editable}
                  value={row.text}
                  onChange={(event) => put(i, { text: event.target.value })}
                >
                  <option value="true">true</option>
                  <option value="false">false</option>
                </Select>
              ) : flag.type === "json" ? (
                <Textarea
                  aria-label={`Value of ${row.key}`}
                  rows={Math.min(10, row.text.split("\n").length + 1)}
                  className="font-mono text-xs max-sm:col-span-2 max-sm:row-start-2"
                  spellCheck={false}
                  disabled={!editable}
                  value={row.text}
                  onChange={(event) => put(i, { text: event.target.value })}
                />
              ) : (
                <Input
                  aria-label={`Value of ${row.key}`}
                  className="font-mono text-xs max-sm:col-span-2 max-sm:row-start-2"
                  disabled={!editable}
                  value={row.text}
                  onChange={(event) => put(i, { text: event.target.value })}
                />
              )}
              <Input
                aria-label={`Description of ${row.key}`}
                className="text-xs max-sm:col-span-2"
                placeholder="Description"
                disabled={!editable}
                value={row.description}
                onChange={(event) => put(i, { description: event.target.value })}
              />
              {editable && rows.length > 1 ? (
                <IconButton
                  label={`Remove variant ${row.key || i + 1}`}
                  className="max-sm:col-start-2 max-sm:row-start-1"
                  onClick={() => setRows(rows.filter((_, k) => k !== i))}
                >
                  <Trash2 />
                </IconButton>
              ) : null}
            </li>
          ))}
        </ul>
        <p className="mt-3 text-ink-3 text-xs">
          Variants belong to the flag in every environment. One that a rule serves cannot be removed.
        </p>
      </Card>
      {count > 0 ? (
        <DraftBar
          count={count}
          problems={problems}
          onDiscard={() => setRows(initial)}
          onReview={() => setReviewing(true)}
        />
      ) : null}
      {reviewing ? (
        <ReviewSheet
          title={`Change the variants of ${flag.key}`}
          note={<p className="text-ink-2">This counts in every environment at once.</p>}
          changes={changes}
          before={was}
          after={variants as unknown as Json}
          confirm="Save the variants"
          question={{ flag: { flag: flag.key, patch: { variants } } }}
          onClose={() => setReviewing(false)}
          onConfirm={async (reason) => {
            const { rev } = await update
              .mutateAsync({ patch: { variants }, revision: flag.revision, reason })
              .catch((error) => {
                if (error instanceof Asked) setRows(initial);
                throw error;
              });
            saved(`The variants of ${flag.key} are saved`, project.key, rev);
          }}
        />
      ) : null}
    </div>
  );
}
