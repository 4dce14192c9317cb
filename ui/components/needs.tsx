"use client";
import { Lock } from "lucide-react";
import { useId } from "react";
import { useConsole } from "./console-context";

/** Whether the session holds a permission, and the words for where it does not: `describe` goes to what is disabled. */
export function useMay(permission: string) {
  const { session } = useConsole();
  const id = useId();
  const may = session.permissions.includes(permission);
  return { may, permission, id, describe: may ? {} : { disabled: true, "aria-describedby": id } };
}

/** Says once why the buttons around it are disabled. */
export function Needs({ of, to }: { of: ReturnType<typeof useMay>; to: string }) {
  if (of.may) return null;
  return (
    <p id={of.id} className="flex items-start gap-2 border-b bg-sunken px-4 py-2 text-ink-2 text-xs">
      <Lock aria-hidden className="mt-px size-3.5 shrink-0" />
      <span>
        To {to} you need the permission <code className="font-mono">{of.permission}</code>. Ask an owner for it.
      </span>
    </p>
  );
}
