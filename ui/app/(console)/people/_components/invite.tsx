"use client";
import { type FormEvent, useState } from "react";
import { GroupChoices, RoleChoices } from "@/components/role-choices";
import { SecretOnce } from "@/components/secret-once";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import type { InvitationLink } from "@/lib/api/types";
import { useInvite } from "@/lib/queries/people";
import { instant } from "@/lib/time";

/** The link of an invitation, shown this once. */
export function LinkOnce({ made, onClose }: { made: InvitationLink; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Link for ${made.email}`}
      onInteractOutside={(event) => event.preventDefault()}
      footer={<Button onClick={onClose}>I have copied it</Button>}
    >
      <SecretOnce secret={`${window.location.origin}/invitation?token=${made.token}`} label="Invitation link">
        <p className="text-ink-2 text-sm">
          Send it to {made.email}. It works once, until {instant(made.expires_at)}, and for this address only.
        </p>
      </SecretOnce>
    </Dialog>
  );
}

export function Invite({ onClose }: { onClose: () => void }) {
  const invite = useInvite();
  const [roles, setRoles] = useState(["viewer"]);
  const [groups, setGroups] = useState<string[]>([]);
  if (invite.data) return <LinkOnce made={invite.data} onClose={onClose} />;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    invite.mutate({ email: String(new FormData(event.currentTarget).get("email")).trim(), roles, groups });
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Invite somebody">
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label="E-mail" hint="Only who has this address can accept. Nothing is sent: you get a link.">
          {(props) => <Input {...props} name="email" type="email" required autoFocus />}
        </Field>
        <RoleChoices chosen={roles} onChange={setRoles} />
        <GroupChoices chosen={groups} onChange={setGroups} />
        <FormError error={invite.error} />
        <Button type="submit" variant="primary" className="self-end" disabled={invite.isPending}>
          Make the link
        </Button>
      </form>
    </Dialog>
  );
}
