// Which way a change goes: straight into the project, into a change request, or past the policies in an emergency.

import type { ApiProblem } from "./client";
import type { ChangeRequestItem, Verdict, When } from "./control";

/** Into a change request of this title, which is submitted at once, or scheduled. */
export type Request = { title: string; schedule?: When };
/** Into a change request that is there, and stays as far as it is. */
export type Addition = { into: string };
export type Way = "straight" | "bypass" | Request | Addition;

const isAddition = (way: Way | null): way is Addition => way !== null && typeof way !== "string" && "into" in way;

/** Why, and which way. Words alone leave the way open: when policies hold the change, whoever is there is asked. */
export type Reason = string | { text: string; way: Way };

/** The change waits in a change request: nothing was saved, and nothing went wrong. */
export class Asked extends Error {
  constructor(
    readonly request: ChangeRequestItem,
    /** It was there before, and now has this change, too. */
    readonly added: boolean,
  ) {
    super(added ? `It is part of “${request.title}” now.` : `“${request.title}” waits in a change request.`);
    this.name = "Asked";
  }
}

/** What policies say against a change, when that is why it was refused. */
export function verdictOf(error: unknown): Verdict | null {
  const { code, body } = (error ?? {}) as Partial<ApiProblem>;
  if (code !== "approval_required" && code !== "policy_violation") return null;
  return (body?.verdict as Verdict | undefined) ?? null;
}

/** What the button of a held change says: it is named after the act. */
export function wayName({ approvals }: Verdict, way: Way | null): string {
  if (isAddition(way)) return "Add to the change request";
  const scheduled = way !== null && typeof way !== "string" && way.schedule !== undefined;
  if (approvals.length > 0) return scheduled ? "Request approval for then" : "Request approval";
  return scheduled ? "Schedule" : "Make a change request";
}

/** A change that policies hold, and how to send it again another way. */
export type HeldChange = { problem: ApiProblem; verdict: Verdict; again: (reason: Reason) => Promise<unknown> };

type Desk = {
  /** Asks which way it should go; settles with the answer of that, or fails with the problem. */
  ask: (held: HeldChange) => Promise<unknown>;
  /** Tells that a change request was made, or added to. */
  tell: (asked: Asked) => void;
};

/** Who is asked: the shell of the console, while it is there. */
let desk: Desk | null = null;
export const setDesk = (next: Desk | null): void => {
  desk = next;
};
export const theDesk = (): Desk | null => desk;
