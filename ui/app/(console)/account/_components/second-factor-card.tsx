"use client";
import { useState } from "react";
import { Confirm } from "@/components/confirm";
import { ErrorState } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { SkeletonRows } from "@/components/ui/skeleton";
import { useDisableTotp, useRenewRecoveryCodes, useSecurity } from "@/lib/queries/account";
import { useSession } from "@/lib/queries/session";
import { toast } from "@/lib/toast";
import { ChangeError } from "./change-error";
import { EnrolTotp } from "./enrol-totp";
import { RecoveryCodesOnce } from "./recovery-codes-once";

/** The authenticator app and the recovery codes. */
export function SecondFactorCard() {
  const session = useSession().data;
  const security = useSecurity();
  const disable = useDisableTotp();
  const renew = useRenewRecoveryCodes();
  const [enrolling, setEnrolling] = useState(false);
  const [disabling, setDisabling] = useState(false);
  const [codes, setCodes] = useState<string[] | null>(null);
  const has = security.data;
  return (
    <Card title="Second factor">
      {security.error ? (
        <ErrorState error={security.error} what="your account" retry={() => void security.refetch()} />
      ) : !has ? (
        <SkeletonRows label="Loading" count={2} />
      ) : (
        <div className="flex flex-col gap-4 text-sm">
          {session?.unmet === "second_factor" ? (
            <p role="alert" className="rounded-md bg-warn-tint p-3">
              {session.tenant.name} asks its members for a second factor. Add an app or a passkey to go on.
            </p>
          ) : null}
          <div className="flex flex-wrap items-center gap-2">
            <span className="mr-auto font-medium">
              Authenticator app {has.totp ? <Badge>on</Badge> : null}
              <span className="block font-normal text-ink-2 text-xs">A code of six digits after the password.</span>
            </span>
            {has.totp ? (
              <Button size="sm" variant="quietDanger" onClick={() => setDisabling(true)}>
                Remove the app
              </Button>
            ) : (
              <Button size="sm" onClick={() => setEnrolling(true)}>
                Add an app
              </Button>
            )}
          </div>
          {has.totp || has.passkeys > 0 ? (
            <div className="flex flex-wrap items-center gap-2">
              <span className="mr-auto font-medium">
                Recovery codes
                <span className="block font-normal text-ink-2 text-xs">
                  {has.recovery_codes} left. Each works once, in place of the app or a passkey.
                </span>
              </span>
              <Button
                size="sm"
                disabled={renew.isPending}
                onClick={() => renew.mutate(undefined, { onSuccess: (made) => setCodes(made.recovery_codes) })}
              >
                Make new codes
              </Button>
            </div>
          ) : null}
          <ChangeError error={renew.error} />
        </div>
      )}
      {enrolling ? <EnrolTotp onClose={() => setEnrolling(false)} /> : null}
      {codes ? <RecoveryCodesOnce codes={codes} onClose={() => setCodes(null)} /> : null}
      {disabling ? (
        <Confirm
          title="Remove the authenticator app"
          confirm="Remove the app"
          onClose={() => setDisabling(false)}
          onConfirm={async () => {
            await disable.mutateAsync(undefined);
            toast.success("The authenticator app is removed.");
          }}
        >
          {has && has.passkeys > 0 ? (
            <p>Your passkeys stay, and sign-ins go on asking for one after the password.</p>
          ) : (
            <p>From now on your password alone signs you in. Your recovery codes and your other sessions end, too.</p>
          )}
        </Confirm>
      ) : null}
    </Card>
  );
}
