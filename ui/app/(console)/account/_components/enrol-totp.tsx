"use client";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { encode } from "uqr";
import { SecretOnce } from "@/components/secret-once";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { SkeletonRows } from "@/components/ui/skeleton";
import { enrolTotp, useEnableTotp } from "@/lib/queries/account";
import { ChangeError } from "./change-error";
import { RecoveryCodesOnce } from "./recovery-codes-once";

/** Shows a secret to an authenticator app, and asks for its first code. */
export function EnrolTotp({ onClose }: { onClose: () => void }) {
  // Drawn once for this dialog: another secret would make the app's codes wrong.
  const [id] = useState(() => crypto.randomUUID());
  const enrolment = useQuery({
    queryKey: ["totp-enrolment", id],
    queryFn: enrolTotp,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });
  const enable = useEnableTotp();
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes) return <RecoveryCodesOnce codes={codes} onClose={onClose} />;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!enrolment.data) return;
    const code = String(new FormData(event.currentTarget).get("code"));
    enable.mutate(
      { ticket: enrolment.data.ticket, code },
      { onSuccess: (made) => (made.recovery_codes.length > 0 ? setCodes(made.recovery_codes) : onClose()) },
    );
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Add an authenticator app">
      {enrolment.error ? (
        <ChangeError error={enrolment.error} />
      ) : !enrolment.data ? (
        <SkeletonRows label="Drawing a secret" count={3} />
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-4">
          <p className="text-ink-2 text-sm">Scan this with the app on your phone, then type the code that it shows.</p>
          <QrCode text={enrolment.data.uri} />
          <details>
            <summary className="cursor-pointer text-ink-2 text-sm">The camera does not work</summary>
            <SecretOnce secret={enrolment.data.secret} label="Secret" />
          </details>
          <Field label="Code">
            {(props) => (
              <Input
                {...props}
                name="code"
                required
                autoFocus
                inputMode="numeric"
                autoComplete="one-time-code"
                className="h-10 font-mono"
              />
            )}
          </Field>
          <ChangeError error={enable.error} />
          <Button type="submit" variant="primary" className="self-end" disabled={enable.isPending}>
            Turn it on
          </Button>
        </form>
      )}
    </Dialog>
  );
}

/** Dark on light in both themes: cameras want it so. */
function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  const modules = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg
      role="img"
      aria-label="QR code for the authenticator app"
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="mx-auto size-48 rounded-md border"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={modules.join("")} fill="#000" />
    </svg>
  );
}
