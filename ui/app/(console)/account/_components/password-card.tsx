"use client";
import type { FormEvent } from "react";
import { NewPasswordField } from "@/components/account-fields";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useSetPassword } from "@/lib/queries/account";
import { toast } from "@/lib/toast";
import { ChangeError } from "./change-error";

/** Another password. */
export function PasswordCard() {
  const set = useSetPassword();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    set.mutate(String(new FormData(form).get("password")), {
      onSuccess: () => {
        form.reset();
        toast.success("Your password is changed. Your other sessions have ended.");
      },
    });
  };
  return (
    <Card title="Password">
      <form onSubmit={submit} className="flex max-w-sm flex-col gap-3">
        <NewPasswordField label="New password" />
        <ChangeError error={set.error} />
        <Button type="submit" className="self-start" disabled={set.isPending}>
          Change the password
        </Button>
      </form>
    </Card>
  );
}
