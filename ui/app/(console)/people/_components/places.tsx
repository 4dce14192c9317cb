"use client";
import { Plus } from "lucide-react";
import { Button } from "@/components/ui/button";
import { ChipsField } from "@/components/ui/chips-field";
import { Checkbox } from "@/components/ui/field";
import type { Grant, Permission, Selected } from "@/lib/api/types";
import { inPlace, placeName, placeText } from "@/lib/people";

/** Projects or environments: all of them, or some by key. */
function SelectedField({
  label,
  what,
  value,
  onChange,
}: {
  label: string;
  what: "projects" | "environments";
  value: Selected;
  onChange: (value: Selected) => void;
}) {
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <Checkbox
        label={`All ${what}`}
        hint={value === "*" ? "also those that are made later" : undefined}
        aria-label={`${label}: all ${what}`}
        checked={value === "*"}
        onChange={(event) => onChange(event.target.checked ? "*" : [])}
      />
      {value === "*" ? null : (
        <ChipsField
          label={`${label}: keys of ${what}`}
          mono
          values={value}
          read={(typed) => typed.trim()}
          show={(key) => key}
          placeholder={what === "projects" ? "shop" : "staging"}
          onChange={onChange}
        />
      )}
    </div>
  );
}

/** Where the role allows something: each place is a column of the matrix. */
export function Places({
  grants,
  permissions,
  readOnly,
  onChange,
}: {
  grants: Grant[];
  permissions: Permission[];
  readOnly: boolean;
  onChange: (grants: Grant[]) => void;
}) {
  const put = (index: number, grant: Grant) => onChange(grants.map((each, i) => (i === index ? grant : each)));
  return (
    <section aria-label="Places" className="flex flex-col gap-2">
      <h3 className="font-semibold text-sm">Places</h3>
      <ul className="flex flex-col gap-2">
        {grants.map((grant, i) => (
          <li key={i} className="flex gap-3 rounded-md border p-3">
            <span className="mt-0.5 font-mono font-semibold text-sm">{placeName(i)}</span>
            {readOnly ? (
              <span className="text-sm">{placeText(grant)}</span>
            ) : (
              <>
                <div className="grid min-w-0 flex-1 gap-3 sm:grid-cols-2">
                  {(["projects", "environments"] as const).map((what) => (
                    <SelectedField
                      key={what}
                      label={`Place ${placeName(i)}`}
                      what={what}
                      value={grant[what]}
                      onChange={(value) => put(i, inPlace(grant, { [what]: value }, permissions))}
                    />
                  ))}
                </div>
                <Button
                  size="sm"
                  variant="quietDanger"
                  aria-label={`Remove place ${placeName(i)}`}
                  onClick={() => onChange(grants.filter((_, k) => k !== i))}
                >
                  Remove
                </Button>
              </>
            )}
          </li>
        ))}
      </ul>
      {readOnly ? null : (
        <Button
          size="sm"
          className="self-start"
          onClick={() => onChange([...grants, { permissions: [], projects: "*", environments: [] }])}
        >
          <Plus /> Add a place
        </Button>
      )}
    </section>
  );
}
