"use client";
import { useState } from "react";
import { Confirm } from "@/components/confirm";
import { Needs, useMay } from "@/components/needs";
import { ErrorState } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { Invitation, InvitationLink } from "@/lib/api/types";
import { useNow } from "@/lib/now";
import { isExpired } from "@/lib/people";
import { useInvitations, useInviteAgain, useRevokeInvitation } from "@/lib/queries/people";
import { ago, instant } from "@/lib/time";
import { toast } from "@/lib/toast";
import { problemText } from "@/lib/undo";
import { LinkOnce } from "./invite";

/** Who was asked and has not come yet. */
export function InvitationsCard() {
  const invitations = useInvitations();
  const again = useInviteAgain();
  const revoke = useRevokeInvitation();
  const manage = useMay("member.manage");
  const now = useNow();
  const [link, setLink] = useState<InvitationLink | null>(null);
  const [revoking, setRevoking] = useState<Invitation | null>(null);
  return (
    <Card flush title="Invitations">
      <Needs of={manage} to="repeat and revoke invitations" />
      {invitations.error ? (
        <ErrorState error={invitations.error} what="the invitations" retry={() => void invitations.refetch()} />
      ) : !invitations.data ? (
        <SkeletonRows label="Loading invitations" count={2} />
      ) : invitations.data.items.length === 0 ? (
        <p className="px-4 py-3 text-ink-2 text-sm">Nobody is invited at the moment.</p>
      ) : (
        <SimpleTable
          label="Invitations"
          head={[
            "Address",
            "Will hold",
            "Invited",
            "Link",
            <span key="actions" className="sr-only">
              Actions
            </span>,
          ]}
        >
          {invitations.data.items.map((invitation) => {
            const expired = isExpired(invitation, now);
            return (
              <tr key={invitation.id}>
                <td className="break-all font-medium">{invitation.email}</td>
                <td>
                  <span className="flex flex-wrap gap-1">
                    {invitation.roles.map((role) => (
                      <Badge key={role}>{role}</Badge>
                    ))}
                    {invitation.groups.map((group) => (
                      <Badge key={group} tone="outline">
                        group {group}
                      </Badge>
                    ))}
                    {invitation.roles.length + invitation.groups.length === 0 ? (
                      <span className="text-ink-3 text-xs">nothing</span>
                    ) : null}
                  </span>
                </td>
                <td className="whitespace-nowrap text-ink-2 text-xs" title={instant(invitation.created_at)}>
                  {ago(invitation.created_at, now)}
                </td>
                <td className="whitespace-nowrap text-xs" title={instant(invitation.expires_at)}>
                  {expired ? <Badge tone="warn">expired</Badge> : <Badge tone="ok">pending</Badge>}
                </td>
                <td className="whitespace-nowrap text-right">
                  <Button
                    size="sm"
                    aria-label={`Make a new link for ${invitation.email}`}
                    disabled={again.isPending}
                    {...manage.describe}
                    onClick={() =>
                      again.mutate(invitation.id, {
                        onSuccess: setLink,
                        onError: (error) => toast.error(problemText(error)),
                      })
                    }
                  >
                    New link
                  </Button>{" "}
                  <Button
                    size="sm"
                    variant="quietDanger"
                    aria-label={`Revoke the invitation of ${invitation.email}`}
                    {...manage.describe}
                    onClick={() => setRevoking(invitation)}
                  >
                    Revoke
                  </Button>
                </td>
              </tr>
            );
          })}
        </SimpleTable>
      )}
      {link ? <LinkOnce made={link} onClose={() => setLink(null)} /> : null}
      {revoking ? (
        <Confirm
          title={`Revoke the invitation of ${revoking.email}`}
          confirm="Revoke the invitation"
          onClose={() => setRevoking(null)}
          onConfirm={async () => {
            await revoke.mutateAsync(revoking.id);
            toast.success(`The link of ${revoking.email} works no more.`);
          }}
        >
          <p>The link works no more. You can invite the same address again.</p>
        </Confirm>
      ) : null}
    </Card>
  );
}
