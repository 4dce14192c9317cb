"use client";
import { Fingerprint } from "lucide-react";
import { type FormEvent, useState } from "react";
import { AuthCard } from "@/components/auth-card";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { ApiProblem } from "@/lib/api/client";
import type { SecondFactorNeeded } from "@/lib/api/types";

/** After the password: a passkey, a code of the authenticator app, or a recovery code. */
export function SecondStep({
  needed,
  error,
  busy,
  onCode,
  onPasskey,
  onBack,
}: {
  needed: SecondFactorNeeded;
  error: unknown;
  busy: boolean;
  onCode: (code: string) => void;
  /** `null` where the browser has no passkeys. */
  onPasskey: (() => void) | null;
  onBack: () => void;
}) {
  const has = (factor: SecondFactorNeeded["second_factor"][number]) => needed.second_factor.includes(factor);
  const [recovery, setRecovery] = useState(!has("totp"));
  const passkey = has("passkey") ? onPasskey : null;
  // With a passkey and no app a code is the exception, so its field waits until it is asked for.
  const [typing, setTyping] = useState(has("totp") || !passkey);
  const wrong = error instanceof ApiProblem && error.code === "code_wrong";
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onCode(String(new FormData(event.currentTarget).get("code")));
  };
  const back = (
    <Button type="button" size="sm" variant="ghost" onClick={onBack}>
      Back
    </Button>
  );
  return (
    <AuthCard title="Second step">
      <div className="flex flex-col gap-4">
        {passkey ? (
          <Button size="lg" variant={typing ? "secondary" : "primary"} disabled={busy} autoFocus onClick={passkey}>
            <Fingerprint /> Use a passkey
          </Button>
        ) : has("passkey") ? (
          <p className="text-ink-2 text-sm">This browser cannot show your passkey.</p>
        ) : null}
        {typing ? (
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
                  autoFocus={!passkey}
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
              {back}
              {has("totp") && has("recovery_code") ? (
                <Button type="button" size="sm" variant="ghost" onClick={() => setRecovery(!recovery)}>
                  {recovery ? "Use the app" : "Use a recovery code"}
                </Button>
              ) : null}
            </div>
          </form>
        ) : (
          <>
            <FormError error={error} />
            <div className="flex justify-between">
              {back}
              {has("recovery_code") ? (
                <Button type="button" size="sm" variant="ghost" onClick={() => setTyping(true)}>
                  Use a recovery code
                </Button>
              ) : null}
            </div>
          </>
        )}
      </div>
    </AuthCard>
  );
}
