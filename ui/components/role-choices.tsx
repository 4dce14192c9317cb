"use client";
import { byRank, toggled } from "@/lib/people";
import { useGroups, useRoles } from "@/lib/queries/people";
import { FormError } from "./states";
import { Checkbox } from "./ui/field";
import { SkeletonRows } from "./ui/skeleton";

type Choice = { key: string; name: string; hint: string };

/** Several of a list, ticked. */
function Choices({
  legend,
  choices,
  chosen,
  onChange,
  disabled,
}: {
  legend: string;
  choices: Choice[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
  disabled?: boolean;
}) {
  return (
    <fieldset className="flex min-w-0 flex-col gap-1">
      <legend className="mb-1 font-medium text-xs">{legend}</legend>
      <div className="flex max-h-56 flex-col gap-2 overflow-y-auto rounded-md border border-edge/50 p-3">
        {choices.map(({ key, name, hint }) => (
          <Checkbox
            key={key}
            label={name}
            hint={hint}
            disabled={disabled}
            checked={chosen.includes(key)}
            onChange={(event) => onChange(toggled(chosen, key, event.target.checked))}
          />
        ))}
      </div>
    </fieldset>
  );
}

type Props = { chosen: string[]; onChange: (chosen: string[]) => void; disabled?: boolean };

/** Roles of the tenant. What is chosen and is not among them (a deleted one) stays. */
export function RoleChoices({ legend = "Roles", ...props }: Props & { legend?: string }) {
  const roles = useRoles();
  if (roles.error) return <FormError error={roles.error} />;
  if (!roles.data) return <SkeletonRows label="Loading roles" count={3} />;
  const choices = byRank(roles.data.items).map(({ key, name, description }) => ({ key, name, hint: description }));
  return <Choices legend={legend} choices={choices} {...props} />;
}

/** Groups of the tenant; nothing where there is none. */
export function GroupChoices({ legend = "Groups", ...props }: Props & { legend?: string }) {
  const groups = useGroups();
  if (groups.error) return <FormError error={groups.error} />;
  if (!groups.data) return <SkeletonRows label="Loading groups" count={2} />;
  if (groups.data.items.length === 0) return null;
  const choices = groups.data.items.map(({ key, name, roles }) => ({
    key,
    name,
    hint: roles.length > 0 ? `holds ${roles.join(", ")}` : "holds no role",
  }));
  return <Choices legend={legend} choices={choices} {...props} />;
}
