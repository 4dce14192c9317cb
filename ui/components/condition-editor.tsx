"use client";
import { Group, Plus, Trash2 } from "lucide-react";
import type { AttributeTest, Condition, Json, Operator, Segment } from "@/lib/api/types";
import { OPERATORS } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { operatorText, operatorWords, readValue } from "@/lib/operators";
import { attributeName, conditionTokens, groupCondition, groupOf, tokensText, valueText } from "@/lib/sentence";
import { Button } from "./ui/button";
import { ChipsField } from "./ui/chips-field";
import { Combobox, type Option } from "./ui/combobox";
import { Checkbox, Input, Select } from "./ui/field";
import { IconButton } from "./ui/icon-button";

/** Attributes nearly every application has; anything else may be typed. */
const COMMON = [
  "key",
  "email",
  "country",
  "plan",
  "version",
  "language",
  "beta",
  "account.key",
  "account.plan",
  "device.os",
];

type Shared = { attributes: string[]; segments: Segment[]; disabled?: boolean };

/** The whole "who" of a rule: parts joined by and/or, with groups inside. */
export function ConditionEditor({
  condition,
  onChange,
  depth = 0,
  ...shared
}: Shared & { condition: Condition; onChange: (condition: Condition) => void; depth?: number }) {
  const { join, parts } = groupOf(condition);
  const put = (next: Condition[], by = join) =>
    onChange(depth > 0 ? (by === "all" ? { all: next } : { any: next }) : groupCondition(by, next));
  const word = join === "all" ? "and" : "or";
  return (
    <div className={cn("flex flex-col gap-2", depth > 0 && "rounded-md border border-dashed border-edge/60 p-2.5")}>
      {parts.length === 0 ? (
        <p className="text-ink-2 text-sm">
          {join === "all" ? "Everyone. Add a condition to choose who." : "Nobody yet."}
        </p>
      ) : null}
      {parts.map((part, i) => (
        <div key={i} className="flex items-start gap-2">
          <div className="w-12 shrink-0 pt-1.5 text-right text-ink-2 text-sm max-sm:w-8">
            {i === 0 ? (
              depth === 0 ? (
                "If"
              ) : (
                "("
              )
            ) : i === 1 ? (
              <Select
                aria-label="Joined by"
                className="-my-1.5 h-8 w-full px-1 pr-5 text-xs"
                value={join}
                disabled={shared.disabled}
                onChange={(event) => put(parts, event.target.value as "all" | "any")}
              >
                <option value="all">and</option>
                <option value="any">or</option>
              </Select>
            ) : (
              word
            )}
          </div>
          <div className="min-w-0 flex-1">
            <Part
              {...shared}
              condition={part}
              depth={depth}
              onChange={(next) => put(parts.map((each, k) => (k === i ? next : each)))}
            />
          </div>
          {"attribute" in part || "segment" in part ? (
            <IconButton label={`Remove condition ${i + 1}`} onClick={() => put(parts.filter((_, k) => k !== i))}>
              <Trash2 />
            </IconButton>
          ) : (
            <IconButton label={`Remove group ${i + 1}`} onClick={() => put(parts.filter((_, k) => k !== i))}>
              <Trash2 />
            </IconButton>
          )}
        </div>
      ))}
      <div className="flex flex-wrap gap-1 pl-14 max-sm:pl-10">
        <Button
          size="sm"
          variant="ghost"
          onClick={() => put([...parts, { attribute: "", operator: "in", values: [] }])}
        >
          <Plus /> Condition
        </Button>
        {shared.segments.length > 0 ? (
          <Button size="sm" variant="ghost" onClick={() => put([...parts, { segment: shared.segments[0]?.key ?? "" }])}>
            <Plus /> Segment
          </Button>
        ) : null}
        {depth < 2 && parts.length > 0 ? (
          <Button
            size="sm"
            variant="ghost"
            onClick={() => put([...parts, join === "all" ? { any: [emptyTest()] } : { all: [emptyTest()] }])}
          >
            <Group /> Group
          </Button>
        ) : null}
      </div>
    </div>
  );
}

const emptyTest = (): AttributeTest => ({ attribute: "", operator: "in", values: [] });

function Part({
  condition,
  onChange,
  depth,
  ...shared
}: Shared & { condition: Condition; onChange: (next: Condition) => void; depth: number }) {
  if ("attribute" in condition) return <TestEditor test={condition} onChange={onChange} {...shared} />;
  if ("segment" in condition) {
    return (
      <div className="flex flex-wrap items-center gap-2">
        <Select
          aria-label="Member or not"
          value={condition.negate ? "not" : "in"}
          onChange={(event) =>
            onChange(
              event.target.value === "not"
                ? { segment: condition.segment, negate: true }
                : { segment: condition.segment },
            )
          }
        >
          <option value="in">in segment</option>
          <option value="not">not in segment</option>
        </Select>
        <Combobox
          label="Segment"
          className="w-52"
          value={condition.segment}
          options={shared.segments.map((segment) => ({ value: segment.key, hint: segment.name }))}
          empty="No such segment."
          onChange={(segment) => onChange({ ...condition, segment })}
        />
      </div>
    );
  }
  if ("not" in condition) {
    const inner = condition.not;
    const flat = "attribute" in inner || "segment" in inner;
    return (
      <div className="flex flex-col gap-1.5">
        <Checkbox label="not" checked onChange={() => onChange(inner)} />
        {flat || depth < 2 ? (
          <Part condition={inner} depth={depth + 1} onChange={(next) => onChange({ not: next })} {...shared} />
        ) : (
          <p className="text-sm">{tokensText(conditionTokens(inner))}</p>
        )}
      </div>
    );
  }
  if ("exact" in condition || depth >= 3)
    return <p className="pt-1.5 text-sm">{tokensText(conditionTokens(condition))}</p>;
  return (
    <div className="flex flex-col gap-1.5">
      <ConditionEditor condition={condition} depth={depth + 1} onChange={onChange} {...shared} />
      <Button size="sm" variant="ghost" className="self-start" onClick={() => onChange({ not: condition })}>
        Turn into “not”
      </Button>
    </div>
  );
}

function TestEditor({
  test,
  onChange,
  attributes,
}: Shared & { test: AttributeTest; onChange: (next: Condition) => void }) {
  const words = operatorWords[test.operator];
  const values = test.values ?? [];
  const known = [...new Set([...attributes.map(attributeName), ...COMMON])];
  const options: Option[] = known.map((value) => ({
    value,
    hint: attributes.map(attributeName).includes(value) ? "used here" : undefined,
  }));
  const setOperator = (choice: string) => {
    const negate = choice.startsWith("!");
    const operator = (negate ? choice.slice(1) : choice) as Operator;
    const next: AttributeTest = { attribute: test.attribute, operator };
    if (operatorWords[operator].values !== "none") {
      const kept = values.map((value) => readValue(operator, valueText(value)) as Json);
      next.values = operatorWords[operator].several ? kept : kept.slice(0, 1);
    }
    if (negate) next.negate = true;
    if (test.ignore_case && operatorWords[operator].text) next.ignore_case = true;
    onChange(next);
  };
  return (
    <div className="flex flex-wrap items-start gap-2">
      <Combobox
        label="Attribute"
        creatable
        className="w-36 font-mono text-xs"
        placeholder="attribute"
        autoFocus={test.attribute === ""}
        invalid={test.attribute === ""}
        value={attributeName(test.attribute)}
        options={options}
        onChange={(attribute) => onChange({ ...test, attribute })}
      />
      <Select
        aria-label="Operator"
        value={`${test.negate ? "!" : ""}${test.operator}`}
        onChange={(event) => setOperator(event.target.value)}
      >
        {OPERATORS.map((operator) => (
          <option key={operator} value={operator}>
            {operator === "in" ? operatorText("in", false, 2) : operatorWords[operator].is}
          </option>
        ))}
        <optgroup label="The opposite">
          {OPERATORS.map((operator) => (
            <option key={operator} value={`!${operator}`}>
              {operator === "in" ? operatorText("in", true, 2) : operatorWords[operator].not}
            </option>
          ))}
        </optgroup>
      </Select>
      {words.values === "none" ? null : words.several ? (
        <ChipsField
          label={`Values of ${attributeName(test.attribute) || "the attribute"}`}
          className="min-w-36 flex-1"
          mono
          invalid={values.length === 0}
          values={values}
          read={(typed): Json => readValue(test.operator, typed)}
          show={valueText}
          placeholder="value, Enter"
          onChange={(next) => onChange({ ...test, values: next })}
        />
      ) : (
        <Input
          aria-label="Value"
          aria-invalid={values.length === 0 || undefined}
          className="w-36 font-mono text-xs"
          placeholder={
            words.values === "instant" ? "2026-12-31T00:00:00Z" : words.values === "version" ? "2.1.0" : "value"
          }
          defaultValue={values[0] === undefined ? "" : valueText(values[0])}
          onBlur={(event) => {
            const text = event.target.value.trim();
            const next = text === "" ? [] : [readValue(test.operator, text) as Json];
            if (JSON.stringify(next) !== JSON.stringify(values)) onChange({ ...test, values: next });
          }}
        />
      )}
      {words.text ? (
        <Checkbox
          className="pt-1.5 text-xs"
          label="any case"
          checked={test.ignore_case ?? false}
          onChange={(event) => {
            const { ignore_case: _, ...rest } = test;
            onChange(event.target.checked ? { ...rest, ignore_case: true } : rest);
          }}
        />
      ) : null}
    </div>
  );
}
