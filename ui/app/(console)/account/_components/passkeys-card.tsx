"use client";
import { Plus } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { Confirm } from "@/components/confirm";
import { ErrorState } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { Passkey } from "@/lib/api/types";
import { useNow } from "@/lib/now";
import { deviceName, passkeysHere } from "@/lib/passkeys";
import { useAddPasskey, usePasskeys, useRemovePasskey, useRenamePasskey, useSecurity } from "@/lib/queries/account";
import { ago, instant } from "@/lib/time";
import { toast } from "@/lib/toast";
import { ChangeError } from "./change-error";
import { RecoveryCodesOnce } from "./recovery-codes-once";

/** Why there is nothing to add, or `null`. */
function obstacle(available: boolean, here: boolean): string | null {
  if (!available) return "Passkeys need a server with a name and https. Ask its operator to set YARDARM_BASE_URL.";
  if (!here) return "This browser makes no passkeys. Try a newer one.";
  return null;
}

/** Passkeys: adding, naming and removing them. */
export function PasskeysCard() {
  const passkeys = usePasskeys();
  const security = useSecurity();
  const now = useNow();
  const [here, setHere] = useState(true);
  useEffect(() => setHere(passkeysHere()), []);
  const [adding, setAdding] = useState(false);
  const [renaming, setRenaming] = useState<Passkey | null>(null);
  const [removing, setRemoving] = useState<Passkey | null>(null);
  const why = security.data ? obstacle(security.data.passkeys_available, here) : null;
  return (
    <Card
      flush
      title="Passkeys"
      action={
        <Button
          size="sm"
          disabled={!security.data || why !== null}
          aria-describedby={why ? "no-passkeys" : undefined}
          onClick={() => setAdding(true)}
        >
          <Plus /> Add a passkey
        </Button>
      }
    >
      {why ? (
        <p id="no-passkeys" className="px-4 py-3 text-ink-2 text-sm">
          {why}
        </p>
      ) : null}
      {passkeys.error ? (
        <ErrorState error={passkeys.error} what="your passkeys" retry={() => void passkeys.refetch()} />
      ) : !passkeys.data ? (
        <SkeletonRows label="Loading passkeys" count={2} />
      ) : passkeys.data.items.length === 0 ? (
        why ? null : (
          <p className="px-4 py-3 text-ink-2 text-sm">
            No passkeys. One signs you in with your fingerprint, your face or a PIN, without a password, and nobody can
            phish it.
          </p>
        )
      ) : (
        <SimpleTable
          label="Passkeys"
          head={[
            "Name",
            "Added",
            "Last used",
            <span key="actions" className="sr-only">
              Actions
            </span>,
          ]}
        >
          {passkeys.data.items.map((passkey) => (
            <tr key={passkey.id}>
              <td className="max-w-64 truncate font-medium" title={passkey.name}>
                {passkey.name}
              </td>
              <td className="whitespace-nowrap text-ink-2 text-xs" title={instant(passkey.created_at)}>
                <span className="sm:hidden">added </span>
                {ago(passkey.created_at, now)}
              </td>
              <td className="whitespace-nowrap text-ink-2 text-xs">
                <span className="sm:hidden">used </span>
                {passkey.last_used_at ? (
                  <span title={instant(passkey.last_used_at)}>{ago(passkey.last_used_at, now)}</span>
                ) : (
                  "never"
                )}
              </td>
              <td className="whitespace-nowrap text-right">
                <Button size="sm" aria-label={`Rename ${passkey.name}`} onClick={() => setRenaming(passkey)}>
                  Rename
                </Button>{" "}
                <Button
                  size="sm"
                  variant="quietDanger"
                  aria-label={`Remove ${passkey.name}`}
                  onClick={() => setRemoving(passkey)}
                >
                  Remove
                </Button>
              </td>
            </tr>
          ))}
        </SimpleTable>
      )}
      {adding ? <AddPasskey onClose={() => setAdding(false)} /> : null}
      {renaming ? <RenamePasskey passkey={renaming} onClose={() => setRenaming(null)} /> : null}
      {removing ? (
        <RemovePasskey
          passkey={removing}
          last={passkeys.data?.items.length === 1 && !security.data?.totp}
          onClose={() => setRemoving(null)}
        />
      ) : null}
    </Card>
  );
}

function AddPasskey({ onClose }: { onClose: () => void }) {
  const add = useAddPasskey();
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes) return <RecoveryCodesOnce codes={codes} onClose={onClose} />;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    add.mutate(String(new FormData(event.currentTarget).get("name")).trim(), {
      onSuccess: ({ passkey, recovery_codes }) => {
        toast.success(`${passkey.name} signs you in from now on.`);
        if (recovery_codes.length > 0) setCodes(recovery_codes);
        else onClose();
      },
    });
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Add a passkey">
      <form onSubmit={submit} className="flex flex-col gap-4">
        <p className="text-ink-2 text-sm">
          Your browser asks where to keep it: on this device, on your phone, or on a security key.
        </p>
        <Field label="Name" hint="So that you know it again.">
          {(props) => (
            <Input
              {...props}
              name="name"
              required
              autoFocus
              maxLength={64}
              defaultValue={deviceName(navigator.userAgent)}
              onFocus={(event) => event.currentTarget.select()}
            />
          )}
        </Field>
        <ChangeError error={add.error} />
        <Button type="submit" variant="primary" className="self-end" disabled={add.isPending}>
          {add.isPending ? "Waiting for your device…" : "Continue"}
        </Button>
      </form>
    </Dialog>
  );
}

function RenamePasskey({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const rename = useRenamePasskey();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name")).trim();
    rename.mutate({ id: passkey.id, name }, { onSuccess: onClose });
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`Rename “${passkey.name}”`}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label="Name">
          {(props) => <Input {...props} name="name" required autoFocus maxLength={64} defaultValue={passkey.name} />}
        </Field>
        <ChangeError error={rename.error} />
        <Button type="submit" variant="primary" className="self-end" disabled={rename.isPending}>
          Save
        </Button>
      </form>
    </Dialog>
  );
}

function RemovePasskey({ passkey, last, onClose }: { passkey: Passkey; last: boolean; onClose: () => void }) {
  const remove = useRemovePasskey();
  return (
    <Confirm
      title={`Remove “${passkey.name}”`}
      confirm="Remove the passkey"
      onClose={onClose}
      onConfirm={async () => {
        await remove.mutateAsync(passkey.id);
        toast.success(`${passkey.name} is removed.`);
      }}
    >
      <p>
        It opens nothing here any more. Delete it on the device, too, or the browser goes on offering it.
        {last ? " It is your last second factor: your recovery codes and your other sessions end with it." : ""}
      </p>
    </Confirm>
  );
}
