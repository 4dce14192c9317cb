"use client";
import { Fragment } from "react";
import type { Grant, Permission } from "@/lib/api/types";
import { allows, LEVELS, misfit, placeName, placeText, withPermission } from "@/lib/people";

/** Permissions down, places across. What means nothing in a place is a dash that says why. */
export function PermissionMatrix({
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
  const cell = "border-b px-3 py-1.5 text-center";
  return (
    <div
      className="relative -mx-5 overflow-x-auto border-y"
      tabIndex={0}
      role="group"
      aria-label="Permissions by place"
    >
      <table className="w-full text-sm">
        <thead>
          <tr className="text-xs">
            <th scope="col" className="border-b px-5 py-2 text-left font-medium text-ink-3">
              Permission
            </th>
            {grants.map((grant, i) => (
              <th key={i} scope="col" className="border-b px-3 py-2 text-center font-medium text-ink-3">
                <span className="font-mono font-semibold text-ink text-sm">{placeName(i)}</span>
                <span className="sr-only">, {placeText(grant)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row" className="border-b px-5 py-1.5 text-left font-normal">
              <span className="font-medium">Everything</span>
              <span className="block text-ink-3 text-xs">Also what comes with later versions.</span>
            </th>
            {grants.map((grant, i) => (
              <td key={i} className={cell}>
                <Box
                  label={`Everything in place ${placeName(i)}`}
                  checked={grant.permissions === "*"}
                  readOnly={readOnly}
                  onChange={(on) => put(i, { ...grant, permissions: on ? "*" : [] })}
                />
              </td>
            ))}
          </tr>
          {LEVELS.map(([level, title]) => (
            <Fragment key={level}>
              <tr>
                <th scope="row" className="border-b bg-sunken px-5 py-1.5 text-left font-semibold text-ink-2 text-xs">
                  {title}
                </th>
                {/* Again, because the head is far up. */}
                {grants.map((_, i) => (
                  <td
                    key={i}
                    aria-hidden
                    className="border-b bg-sunken px-3 py-1.5 text-center font-mono font-semibold text-xs"
                  >
                    {placeName(i)}
                  </td>
                ))}
              </tr>
              {permissions
                .filter((permission) => permission.level === level)
                .map(({ name, description }) => (
                  <tr key={name}>
                    <th scope="row" className="border-b px-5 py-1.5 text-left font-normal">
                      <span className="font-mono text-xs">{name}</span>
                      <span className="block text-ink-3 text-xs">{description}</span>
                    </th>
                    {grants.map((grant, i) => {
                      const why = misfit(level, grant);
                      return (
                        <td key={i} className={cell}>
                          {why ? (
                            <span className="text-ink-3" title={why}>
                              –<span className="sr-only">{why}</span>
                            </span>
                          ) : (
                            <Box
                              label={`${name} in place ${placeName(i)}`}
                              checked={allows(grant, name)}
                              readOnly={readOnly}
                              onChange={(on) => put(i, withPermission(grant, name, on, permissions))}
                            />
                          )}
                        </td>
                      );
                    })}
                  </tr>
                ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Box({
  label,
  checked,
  readOnly,
  onChange,
}: {
  label: string;
  checked: boolean;
  readOnly: boolean;
  onChange: (on: boolean) => void;
}) {
  if (readOnly) {
    return checked ? (
      <span>
        <span aria-hidden className="font-semibold text-ok">
          ✓
        </span>
        <span className="sr-only">allowed</span>
      </span>
    ) : (
      <span className="sr-only">not allowed</span>
    );
  }
  return (
    <label className="inline-flex size-7 items-center justify-center pointer-coarse:size-10">
      <input
        type="checkbox"
        aria-label={label}
        className="size-4 accent-(--accent)"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  );
}
