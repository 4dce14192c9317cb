// The last change of this tab, so that its toast and the key Z can take it back.
"use client";
import { ApiProblem } from "./api/client";
import { Asked } from "./api/way";
import { undo } from "./queries/history";
import { toast } from "./toast";

let last: { project: string; rev: number } | null = null;

/** Says that a change is saved, and offers to undo it for as long as the toast stays. */
export function saved(text: string, project: string, rev: number | null): void {
  if (rev === null) {
    toast.success(text);
    return;
  }
  last = { project, rev };
  toast.success(text, {
    id: `rev-${rev}`,
    description: `Revision ${rev}. Running SDKs get it now.`,
    action: { label: "Undo (Z)", onClick: () => void undoLast() },
    onAutoClose: () => forget(rev),
    onDismiss: () => forget(rev),
  });
}

function forget(rev: number): void {
  if (last?.rev === rev) last = null;
}

export async function undoLast(): Promise<void> {
  if (!last) return;
  const { project, rev } = last;
  last = null;
  toast.dismiss(`rev-${rev}`);
  try {
    await undo(project, rev);
    toast.success(`Undone: revision ${rev} is taken back.`);
  } catch (error) {
    const later = error instanceof ApiProblem && error.code === "later_changes";
    if (later) toast.error("Somebody has changed the same thing since. Undo it from the history.");
    else failed(error);
  }
}

/** Says what went wrong, after `before`; that a change waits in a change request is told elsewhere, and no error. */
export function failed(error: unknown, before = ""): void {
  if (!(error instanceof Asked)) toast.error(`${before}${problemText(error)}`);
}

/** Any error in words for people: what, and what to do. */
export function problemText(error: unknown): string {
  if (error instanceof ApiProblem) {
    const fields = error.fields.map((field) => field.message).filter(Boolean);
    return fields.length > 0 ? fields.join(" ") : error.message;
  }
  return error instanceof Error ? error.message : "Something went wrong.";
}
