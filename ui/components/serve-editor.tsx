"use client";
import { Plus, Trash2 } from "lucide-react";
import { useId } from "react";
import type { Serve, Share, Variant } from "@/lib/api/types";
import { attributeName, exactText } from "@/lib/sentence";
import { Button } from "./ui/button";
import { Combobox } from "./ui/combobox";
import { Input, Select } from "./ui/field";
import { IconButton } from "./ui/icon-button";
import { VariantSelect } from "./variant-select";

const UNITS = ["user.key", "account.key", "device.key", "user.email", "session.key"].map((value) => ({ value }));

/** How far weights are from 100, in percent with three decimals. */
export function percentLeft(shares: Share[]): number {
  return Number((100 - shares.reduce((sum, share) => sum + share.percent, 0)).toFixed(3));
}

/** What is served: one variant, one to a percentage, or several by weight. */
export function ServeEditor({
  serve,
  variants,
  onChange,
  asDefault,
  offVariant,
  label,
}: {
  serve: Serve;
  variants: Variant[];
  onChange: (serve: Serve) => void;
  asDefault?: boolean;
  offVariant: string;
  label: string;
}) {
  if ("exact" in serve) {
    return (
      <div data-slot="serve-editor" className="flex flex-wrap items-center gap-2 text-sm">
        <span className="min-w-0 break-words">Serves {exactText(serve)}, as imported.</span>
        <Button size="sm" variant="ghost" onClick={() => onChange({ variant: offVariant })}>
          Serve a variant instead
        </Button>
      </div>
    );
  }
  const kind = "variant" in serve ? "variant" : "rollout" in serve ? "rollout" : "split";
  const first =
    "variant" in serve
      ? serve.variant
      : "rollout" in serve
        ? serve.rollout.variant
        : (serve.split.shares[0]?.variant ?? "");
  const unit = "rollout" in serve ? serve.rollout.bucket_by : "split" in serve ? serve.split.bucket_by : undefined;

  const setKind = (next: string) => {
    if (next === "variant") onChange({ variant: first });
    else if (next === "rollout") onChange({ rollout: { variant: first, percent: 10, bucket_by: unit ?? "user.key" } });
    else {
      const even = Math.floor(100_000 / variants.length) / 1_000;
      const shares = variants.map((variant, i) => ({
        variant: variant.key,
        percent: i === 0 ? Number((100 - even * (variants.length - 1)).toFixed(3)) : even,
      }));
      onChange({ split: { bucket_by: unit ?? "user.key", shares } });
    }
  };

  return (
    <div data-slot="serve-editor" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <span className="w-12 shrink-0 text-right text-ink-2 text-sm max-sm:w-8">serve</span>
        <Select aria-label={`${label}: how`} value={kind} onChange={(event) => setKind(event.target.value)}>
          <option value="variant">one variant</option>
          <option value="rollout">a percentage</option>
          <option value="split">a split</option>
        </Select>
        {"split" in serve ? null : (
          <VariantSelect
            label={`${label}: variant`}
            variants={variants}
            value={first}
            onChange={(variant) =>
              onChange("rollout" in serve ? { rollout: { ...serve.rollout, variant } } : { variant })
            }
          />
        )}
        {"rollout" in serve ? (
          <>
            <span className="text-ink-2 text-sm">to</span>
            <Percent
              label={`${label}: percent`}
              value={serve.rollout.percent}
              onChange={(percent) => onChange({ rollout: { ...serve.rollout, percent } })}
            />
          </>
        ) : null}
        {kind === "variant" ? null : (
          <>
            <span className="text-ink-2 text-sm">of</span>
            <Combobox
              label={`${label}: bucket by`}
              creatable
              className="w-32 font-mono text-xs"
              value={unit ?? "user.key"}
              options={UNITS}
              onChange={(bucket_by) =>
                onChange(
                  "rollout" in serve
                    ? { rollout: { ...serve.rollout, bucket_by } }
                    : "split" in serve
                      ? { split: { ...serve.split, bucket_by } }
                      : serve,
                )
              }
            />
          </>
        )}
      </div>
      {"rollout" in serve && asDefault ? (
        <div className="flex flex-wrap items-center gap-2 pl-14 text-ink-2 text-sm max-sm:pl-10">
          others get
          <VariantSelect
            label={`${label}: others get`}
            variants={variants}
            value={serve.rollout.otherwise ?? offVariant}
            onChange={(otherwise) => onChange({ rollout: { ...serve.rollout, otherwise } })}
          />
        </div>
      ) : null}
      {"rollout" in serve && !asDefault ? (
        <p className="pl-14 text-ink-3 text-xs max-sm:pl-10">
          The others go on to the next rule. Everybody with the same{" "}
          {attributeName(serve.rollout.bucket_by ?? "user.key")} stays together.
        </p>
      ) : null}
      {"split" in serve ? (
        <Shares
          label={label}
          shares={serve.split.shares}
          variants={variants}
          onChange={(shares) => onChange({ split: { ...serve.split, shares } })}
        />
      ) : null}
    </div>
  );
}

/** A slider and the number beside it (WCAG 2.5.7: dragging is never the only way). */
export function Percent({
  label,
  value,
  onChange,
}: {
  label: string;
  value: number;
  onChange: (percent: number) => void;
}) {
  const clamp = (n: number) => Math.max(0, Math.min(100, Number.isFinite(n) ? Number(n.toFixed(3)) : 0));
  return (
    <span className="inline-flex items-center gap-2">
      <span className="relative">
        <Input
          type="number"
          inputMode="decimal"
          aria-label={label}
          min={0}
          max={100}
          step="any"
          className="w-20 pr-6 text-right"
          value={value}
          onChange={(event) => onChange(clamp(event.target.valueAsNumber))}
        />
        <span aria-hidden className="-translate-y-1/2 absolute top-1/2 right-2 text-ink-3 text-xs">
          %
        </span>
      </span>
      <input
        type="range"
        aria-label={`${label}, slider`}
        min={0}
        max={100}
        step={1}
        className="h-6 w-28 accent-(--accent)"
        value={value}
        onChange={(event) => onChange(clamp(event.target.valueAsNumber))}
      />
    </span>
  );
}

function Shares({
  label,
  shares,
  variants,
  onChange,
}: {
  label: string;
  shares: Share[];
  variants: Variant[];
  onChange: (shares: Share[]) => void;
}) {
  const id = useId();
  const left = percentLeft(shares);
  const put = (i: number, change: Partial<Share>) =>
    onChange(shares.map((share, k) => (k === i ? { ...share, ...change } : share)));
  const unused = variants.find((variant) => !shares.some((share) => share.variant === variant.key));
  return (
    <fieldset aria-describedby={id} className="flex flex-col gap-1.5 pl-14 max-sm:pl-0">
      <legend className="sr-only">{label}: weights</legend>
      {shares.map((share, i) => (
        <div key={i} className="flex flex-wrap items-center gap-2">
          <VariantSelect
            label={`${label}: variant ${i + 1}`}
            variants={variants}
            value={share.variant}
            onChange={(variant) => put(i, { variant })}
          />
          <Percent
            label={`${label}: percent of ${share.variant}`}
            value={share.percent}
            onChange={(percent) => put(i, { percent })}
          />
          <IconButton
            label={`Remove ${share.variant} from the split`}
            disabled={shares.length < 2}
            onClick={() => onChange(shares.filter((_, k) => k !== i))}
          >
            <Trash2 />
          </IconButton>
        </div>
      ))}
      <div className="flex flex-wrap items-center gap-3">
        {unused ? (
          <Button
            size="sm"
            variant="ghost"
            onClick={() => onChange([...shares, { variant: unused.key, percent: Math.max(0, left) }])}
          >
            <Plus /> Variant
          </Button>
        ) : null}
        <span id={id} role="status" className={left === 0 ? "text-ink-3 text-xs" : "text-bad text-xs"}>
          {left === 0 ? "Adds up to 100 %." : left > 0 ? `${left} % are left to give.` : `${-left} % too much.`}
        </span>
        {left !== 0 ? (
          <Button
            size="sm"
            variant="link"
            onClick={() => {
              const last = shares.length - 1;
              put(last, { percent: Math.max(0, Number(((shares[last]?.percent ?? 0) + left).toFixed(3))) });
            }}
          >
            Give them to {shares.at(-1)?.variant}
          </Button>
        ) : null}
      </div>
    </fieldset>
  );
}
