"use client";
import Link from "next/link";
import { FormError } from "@/components/states";
import { ApiProblem } from "@/lib/api/client";

/** A refusal to change how one signs in; one that asks for a new sign-in leads there and back. */
export function ChangeError({ error }: { error: unknown }) {
  if (error instanceof ApiProblem && error.code === "reauthentication_required") {
    return (
      <p role="alert" className="text-sm text-warn">
        This needs a sign-in within the last ten minutes.{" "}
        <Link href="/sign-in?next=/account" className="underline">
          Sign in again
        </Link>
        , then repeat it.
      </p>
    );
  }
  return <FormError error={error} />;
}
