"use client";
import { type FormEvent, useState } from "react";
import { AuthCard } from "@/components/auth-card";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { ApiProblem } from "@/lib/api/client";
import type { SecondFactorNeeded } from "@/lib/api/types";

/** After the password: a code of the authenticator app, or a recovery code. */
export function SecondStep({
  needed,
  error,
  busy,
  onCode,
  onBack,
}: {
  needed: SecondFactorNeeded;
  error: unknown;
  busy: boolean;
  onCode: (code: string) => void;
  onBack: () => void;
}) {
  const has = (factor: SecondFactorNeeded["second_factor"][number]) => needed.second_factor.includes(factor);
  const [recovery, setRecovery] = useState(!has("totp"));
  const wrong = error instanceof ApiProblem && error.code === "code_wrong";
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onCode(String(new FormData(event.currentTarget).get("code")));
  };
  return (
    <AuthCard title="Second step">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field
          key={String(recovery)}
          label={recovery ? "Recovery code" : "Code"}
          hint={recovery ? "One of those you kept. Each works once." : "Six digits of your authenticator app."}
          error={wrong ? "This code is not right, or was used before." : null}
        >
          {(props) => (
            <Input
              {...props}
              name="code"
              required
              autoFocus
              autoComplete="one-time-code"
              inputMode={recovery ? "text" : "numeric"}
              className="h-10 font-mono"
            />
          )}
        </Field>
        {wrong ? null : <FormError error={error} />}
        <Button type="submit" variant="primary" size="lg" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </Button>
        <div className="flex justify-between">
          <Button type="button" size="sm" variant="ghost" onClick={onBack}>
            Back
          </Button>
          {has("totp") && has("recovery_code") ? (
            <Button type="button" size="sm" variant="ghost" onClick={() => setRecovery(!recovery)}>
              {recovery ? "Use the app" : "Use a recovery code"}
            </Button>
          ) : null}
        </div>
      </form>
    </AuthCard>
  );
}
