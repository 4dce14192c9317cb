"use client";
import { useQueryClient, useQuery as useServer } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type FormEvent, Suspense, useEffect, useRef, useState } from "react";
import { AuthCard } from "@/components/auth-card";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { ApiProblem } from "@/lib/api/client";
import type { SecondFactorNeeded } from "@/lib/api/types";
import { passkeysHere } from "@/lib/passkeys";
import {
  type Entered,
  setupNeeded,
  showCode,
  showSecondPasskey,
  signIn,
  signInByLink,
  signInByPasskey,
} from "@/lib/queries/session";
import { safeNext, useQuery } from "@/lib/url";
import { SecondStep } from "./_components/second-step";
import { Sso, SsoRefusal } from "./_components/sso";

export default function SignInPage() {
  return (
    <Suspense>
      <SignIn />
    </Suspense>
  );
}

function SignIn() {
  const router = useRouter();
  const client = useQueryClient();
  const query = useQuery();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [needed, setNeeded] = useState<SecondFactorNeeded | null>(null);
  const token = query.read("token");
  const tried = useRef(false);
  // After the first paint: the exported page is the same for every browser.
  const [passkeys, setPasskeys] = useState(false);
  useEffect(() => setPasskeys(passkeysHere()), []);
  const setup = useServer({ queryKey: ["setup"], queryFn: ({ signal }) => setupNeeded(signal), enabled: !token });
  const next = safeNext(query.read("next"));

  const enter = async (ask: () => Promise<{ data: Entered }>) => {
    setBusy(true);
    setError(null);
    try {
      const { data } = await ask();
      if ("second_factor" in data) {
        setNeeded(data);
        setBusy(false);
        return;
      }
      client.clear();
      client.setQueryData(["session"], data);
      router.replace(next);
    } catch (problem) {
      // The step took too long: from the beginning, with the reason on the page.
      if (problem instanceof ApiProblem && problem.code === "sign_in_step_over") setNeeded(null);
      setError(problem);
      setBusy(false);
    }
  };

  // A link works once: try it once, also when React mounts twice.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (!token || tried.current) return;
    tried.current = true;
    query.set({ token: null });
    void enter(() => signInByLink(token));
  }, [token]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    void enter(() => signIn({ email: String(form.get("email")), password: String(form.get("password")) }));
  };
  const code = error instanceof ApiProblem ? error.code : null;
  const wrong = code === "sign_in_failed";
  if (needed) {
    return (
      <SecondStep
        needed={needed}
        error={error}
        busy={busy}
        onCode={(given) => void enter(() => showCode(given))}
        onPasskey={passkeys ? () => void enter(showSecondPasskey) : null}
        onBack={() => {
          setNeeded(null);
          setError(null);
        }}
      />
    );
  }
  return (
    <AuthCard
      title="Sign in"
      hint={
        setup.data?.needed ? (
          <>
            Nobody has an account yet. Open the set-up link that <code className="font-mono">yardarm serve</code>{" "}
            printed when it started, or{" "}
            <Link href="/setup" className="text-accent underline">
              enter its token
            </Link>
            .
          </>
        ) : null
      }
    >
      {busy && !error && tried.current && !needed ? (
        <p role="status" className="text-ink-2 text-sm">
          Opening your link…
        </p>
      ) : (
        <div className="flex flex-col gap-4">
          <SsoRefusal reason={query.read("sso_error")} />
          <form onSubmit={submit} className="flex flex-col gap-3">
            <Field label="E-mail">
              {(props) => (
                <Input
                  {...props}
                  name="email"
                  type="email"
                  autoComplete="username"
                  required
                  autoFocus
                  className="h-10"
                />
              )}
            </Field>
            <Field label="Password" error={wrong ? "The e-mail or the password is wrong." : null}>
              {(props) => (
                <Input
                  {...props}
                  name="password"
                  type="password"
                  autoComplete="current-password"
                  required
                  className="h-10"
                />
              )}
            </Field>
            {code === "link_used" ? (
              <FormError
                error={
                  new Error("This link has been used or is too old. Sign in with your password, or make a new link.")
                }
              />
            ) : wrong ? null : (
              <FormError error={error} />
            )}
            <Button type="submit" variant="primary" size="lg" disabled={busy}>
              {busy ? "Signing in…" : "Sign in"}
            </Button>
          </form>
          <hr />
          {passkeys ? (
            <Button size="lg" disabled={busy} onClick={() => void enter(signInByPasskey)}>
              <Fingerprint /> Sign in with a passkey
            </Button>
          ) : null}
          <Sso next={next} tenant={query.read("tenant")} />
        </div>
      )}
    </AuthCard>
  );
}
