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
import { setUp, setupNeeded } from "@/lib/queries/session";
import { slug } from "@/lib/slug";
import { useQuery } from "@/lib/url";

export default function SetupPage() {
  return (
    <Suspense>
      <Setup />
    </Suspense>
  );
}

function Setup() {
  const router = useRouter();
  const client = useQueryClient();
  const query = useQuery();
  const setup = useServer({ queryKey: ["setup"], queryFn: ({ signal }) => setupNeeded(signal) });
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  if (setup.data && !setup.data.needed) {
    return (
      <AuthCard title="Already set up">
        <p className="mb-4 text-ink-2 text-sm">This server has an owner. The set-up link works once only.</p>
        <Button asChild variant="primary" size="lg" className="w-full">
          <Link href="/sign-in">Sign in</Link>
        </Button>
      </AuthCard>
    );
  }

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    setBusy(true);
    setError(null);
    try {
      const { data } = await setUp({
        token: query.read("token") || text("token"),
        tenant: { key: slug(text("tenant")) || "default", name: text("tenant") },
        name: text("name"),
        email: text("email"),
        password: String(form.get("password")),
      });
      client.clear();
      client.setQueryData(["session"], data);
      router.replace("/");
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <AuthCard title="Set up Yardarm" hint="You become the owner of this server. Nothing is sent anywhere else.">
      <form onSubmit={submit} className="flex flex-col gap-3">
        {query.read("token") ? null : (
          <Field label="Set-up token" hint="Printed by the server when it started.">
            {(props) => <Input {...props} name="token" required className="font-mono" />}
          </Field>
        )}
        <Field label="Organisation" hint="The tenant that owns your projects.">
          {(props) => <Input {...props} name="tenant" required autoFocus placeholder="Acme" className="h-10" />}
        </Field>
        <NameField />
        <Field label="E-mail">
          {(props) => <Input {...props} name="email" type="email" autoComplete="username" required className="h-10" />}
        </Field>
        <NewPasswordField className="h-10" />
        <FormError error={error ?? setup.error} />
        <Button type="submit" variant="primary" size="lg" disabled={busy}>
          {busy ? "Setting up…" : "Create the owner"}
        </Button>
      </form>
    </AuthCard>
  );
}
