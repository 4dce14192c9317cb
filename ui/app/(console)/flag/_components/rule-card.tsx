"use client";
import { ArrowDown, ArrowUp, Copy, Pencil, Trash2 } from "lucide-react";
import { type KeyboardEvent, useRef } from "react";
import { ConditionEditor, ServeEditor } from "@/components/editors";
import { RuleSentence } from "@/components/rule-sentence";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { IconButton } from "@/components/ui/icon-button";
import type { Flag, Rule, Segment } from "@/lib/api/types";

type Props = {
  rule: Rule;
  number: number;
  last: boolean;
  flag: Flag;
  offVariant: string;
  attributes: string[];
  segments: Segment[];
  editable: boolean;
  editing: boolean;
  changed: boolean;
  onEdit: (open: boolean) => void;
  onChange: (rule: Rule) => void;
  onMove: (by: -1 | 1) => void;
  onDuplicate: () => void;
  onDelete: () => void;
};

/** A rule as a sentence; editing happens in its place. Alt-arrows move it. */
export function RuleCard(props: Props) {
  const { rule, number, last, flag, editable, editing, changed, onEdit, onChange, onMove } = props;
  const card = useRef<HTMLLIElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!editable) return;
    if (event.altKey && event.key === "ArrowUp" && number > 1) {
      event.preventDefault();
      onMove(-1);
    } else if (event.altKey && event.key === "ArrowDown" && !last) {
      event.preventDefault();
      onMove(1);
    } else if (event.key === "Escape" && editing && !event.defaultPrevented) {
      onEdit(false);
      requestAnimationFrame(() => card.current?.querySelector<HTMLElement>("[data-edit]")?.focus());
    }
  };
  return (
    <li ref={card} aria-label={`Rule ${number}`} onKeyDown={onKeyDown} className="group px-4 py-2.5">
      <div className="flex items-start gap-3">
        <span
          aria-hidden
          className="mt-1 flex size-5 shrink-0 items-center justify-center rounded-full bg-off-tint font-medium text-[11px] text-off"
        >
          {number}
        </span>
        <div className="min-w-0 flex-1">
          {rule.description && !editing ? <p className="text-ink-3 text-xs">{rule.description}</p> : null}
          <RuleSentence rule={rule} />
          {changed ? (
            <Badge tone="accent" className="ml-1">
              edited
            </Badge>
          ) : null}
        </div>
        {editable && !editing ? (
          <Button data-edit size="sm" variant="ghost" aria-label={`Edit rule ${number}`} onClick={() => onEdit(true)}>
            <Pencil /> Edit
          </Button>
        ) : null}
      </div>
      {editing && editable ? (
        <div className="mt-2 flex flex-col gap-3 rounded-md bg-sunken p-3">
          <ConditionEditor
            condition={rule.if}
            attributes={props.attributes}
            segments={props.segments}
            onChange={(next) => onChange({ ...rule, if: next })}
          />
          <ServeEditor
            label={`Rule ${number}`}
            serve={rule.serve}
            variants={flag.variants}
            offVariant={props.offVariant}
            onChange={(serve) => onChange({ ...rule, serve })}
          />
          <div className="flex flex-wrap items-center gap-1 border-t pt-3">
            <Input
              aria-label={`Description of rule ${number}`}
              placeholder="Description (optional)"
              className="mr-auto h-7 max-w-64 text-xs"
              value={rule.description ?? ""}
              onChange={(event) => {
                const { description: _, ...rest } = rule;
                onChange(event.target.value ? { ...rest, description: event.target.value } : rest);
              }}
            />
            <IconButton
              label={`Move rule ${number} up`}
              hint="Alt ↑"
              disabled={number === 1}
              onClick={() => onMove(-1)}
            >
              <ArrowUp />
            </IconButton>
            <IconButton label={`Move rule ${number} down`} hint="Alt ↓" disabled={last} onClick={() => onMove(1)}>
              <ArrowDown />
            </IconButton>
            <IconButton label={`Duplicate rule ${number}`} onClick={props.onDuplicate}>
              <Copy />
            </IconButton>
            <IconButton label={`Delete rule ${number}`} onClick={props.onDelete}>
              <Trash2 />
            </IconButton>
            <Button size="sm" onClick={() => onEdit(false)}>
              Done
            </Button>
          </div>
        </div>
      ) : null}
    </li>
  );
}
