import type { Variant } from "@/lib/api/types";
import { Select } from "./ui/field";

/** One of the variants; also shows one that is there no more. */
export function VariantSelect({
  label,
  variants,
  value,
  onChange,
}: {
  label: string;
  variants: Variant[];
  value: string;
  onChange: (key: string) => void;
}) {
  return (
    <Select aria-label={label} className="max-w-44" value={value} onChange={(event) => onChange(event.target.value)}>
      {variants.some((variant) => variant.key === value) ? null : <option value={value}>{value || "choose"}</option>}
      {variants.map((variant) => (
        <option key={variant.key} value={variant.key}>
          {variant.key}
        </option>
      ))}
    </Select>
  );
}
