"use client";
import { useQueryClient, useQuery as useServer } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type FormEvent, Suspense, useState } from "react";
import { NameField, NewPasswordField } from "@/components/account-fields";
import { AuthCard } from "@/components/auth-card";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { SkeletonRows } from "@/components/ui/skeleton";
import { ApiProblem } from "@/lib/api/client";
import { acceptInvitation, joinByInvitation, lookAtInvitation, openTenantAfterJoining } from "@/lib/queries/people";
import { signIn, useSession } from "@/lib/queries/session";
import { href, useQuery } from "@/lib/url";

export default function InvitationPage() {
  return (
    <Suspense>
      <Invitation />
    </Suspense>
  );
}

/** Where the link of an invitation leads: to a new account, or into one more tenant. */
function Invitation() {
  const token = useQuery().read("token");
  const invited = useServer({
    queryKey: ["invitation", token],
    queryFn: () => lookAtInvitation(token),
    enabled: token !== "",
    retry: false,
  });
  if (token === "" || invited.error) {
    const used = token === "" || (invited.error instanceof ApiProblem && invited.error.code === "link_used");
    return (
      <AuthCard title="This invitation does not work">
        {used ? (
          <p className="mb-4 text-ink-2 text-sm">
            It was used, has expired, or was revoked. Ask whoever invited you for a new link.
          </p>
        ) : (
          <div className="mb-4">
            <FormError error={invited.error} />
          </div>
        )}
        <Button asChild size="lg" className="w-full">
          <Link href="/sign-in">Sign in</Link>
        </Button>
      </AuthCard>
    );
  }
  if (!invited.data) {
    return (
      <AuthCard title="Invitation">
        <SkeletonRows label="Looking at the invitation" count={3} />
      </AuthCard>
    );
  }
  const { tenant, email, known } = invited.data;
  return known ? (
    <Join token={token} tenant={tenant} email={email} />
  ) : (
    <Accept token={token} tenant={tenant} email={email} />
  );
}

type Props = { token: string; tenant: string; email: string };

/** Somebody new: a name and a password. */
function Accept({ token, tenant, email }: Props) {
  const router = useRouter();
  const client = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const password = String(form.get("password"));
    setBusy(true);
    setError(null);
    try {
      await acceptInvitation({ token, name: String(form.get("name")).trim(), password });
      await signIn({ email, password });
      client.clear();
      router.replace("/");
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <AuthCard title={`Join ${tenant}`}>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
        <Field label="E-mail">
          {(props) => <Input {...props} readOnly value={email} autoComplete="username" className="h-10" />}
        </Field>
        <NameField autoFocus />
        <NewPasswordField className="h-10" />
        <FormError error={error} />
        <Button type="submit" variant="primary" size="lg" disabled={busy}>
          {busy ? "Joining…" : `Join ${tenant}`}
        </Button>
      </form>
    </AuthCard>
  );
}

/** Somebody who has an account: they join as themselves, once they are signed in. */
function Join({ token, tenant, email }: Props) {
  const router = useRouter();
  const client = useQueryClient();
  const session = useSession();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const join = async () => {
    setBusy(true);
    setError(null);
    try {
      const { data } = await joinByInvitation(token);
      await openTenantAfterJoining(data.tenant);
      client.clear();
      router.replace("/");
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  const here = session.data?.user.email === email;
  return (
    <AuthCard title={`Join ${tenant}`}>
      <div className="flex flex-col gap-4">
        <p className="text-ink-2 text-sm">
          {email} has an account here.{" "}
          {here ? `You keep it, and are a member of ${tenant}, too.` : "Sign in with it, then join."}
        </p>
        {session.data && !here ? (
          <p className="text-sm text-warn">You are signed in as {session.data.user.email}.</p>
        ) : null}
        <FormError error={error} />
        {here ? (
          <Button variant="primary" size="lg" disabled={busy} onClick={() => void join()}>
            {busy ? "Joining…" : `Join ${tenant}`}
          </Button>
        ) : (
          <Button asChild variant="primary" size="lg">
            <Link href={href("/sign-in", { next: href("/invitation", { token }) })}>Sign in</Link>
          </Button>
        )}
      </div>
    </AuthCard>
  );
}
