"use client";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Confirm } from "@/components/confirm";
import { useConsole } from "@/components/console-context";
import { CreateToken } from "@/components/create-token";
import { ErrorState } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { AccessToken } from "@/lib/api/types";
import { useNow } from "@/lib/now";
import { tokenScope } from "@/lib/people";
import { useMembers } from "@/lib/queries/people";
import { useRevokeToken, useTokens } from "@/lib/queries/session";
import { ago, instant } from "@/lib/time";
import { toast } from "@/lib/toast";

/** People's tokens for the API and the command line; those of service accounts are with those. */
export function TokensCard() {
  const { session } = useConsole();
  const tokens = useTokens();
  const revoke = useRevokeToken();
  const now = useNow();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<AccessToken | null>(null);
  const items = (tokens.data?.items ?? []).filter((token) => !token.user.startsWith("svc_") && !token.revoked_at);
  // With the right to see them, others' are here, too.
  const others = items.some((token) => token.user !== session.user.id);
  const members = useMembers("", others);
  const whose = (id: string) => members.data?.items.find(({ user }) => user.id === id)?.user.name ?? id;
  return (
    <Card
      flush
      title="Access tokens"
      action={
        <Button size="sm" onClick={() => setCreating(true)}>
          <Plus /> New token
        </Button>
      }
    >
      {tokens.error ? (
        <ErrorState error={tokens.error} what="the tokens" retry={() => void tokens.refetch()} />
      ) : !tokens.data ? (
        <SkeletonRows label="Loading tokens" count={3} />
      ) : items.length === 0 ? (
        <p className="px-4 py-3 text-ink-2 text-sm">No tokens. Make one for the command line or for CI.</p>
      ) : (
        <SimpleTable
          label="Access tokens"
          head={[
            "Name",
            "Role",
            "Created",
            "Ends",
            <span key="actions" className="sr-only">
              Actions
            </span>,
          ]}
        >
          {items.map((token) => (
            <tr key={token.id}>
              <td className="font-medium">
                {token.name}{" "}
                {token.hint ? (
                  <code className="ml-1 font-mono font-normal text-ink-3 text-xs">{token.hint}…</code>
                ) : null}
                {token.user === session.user.id ? null : (
                  <span className="block font-normal text-ink-3 text-xs">of {whose(token.user)}</span>
                )}
              </td>
              <td>
                <Badge>{tokenScope(token, "all of theirs")}</Badge>
              </td>
              <td className="whitespace-nowrap text-ink-2 text-xs">{ago(token.created_at, now)}</td>
              <td className="whitespace-nowrap text-ink-2 text-xs">
                {token.expires_at ? instant(token.expires_at) : "never"}
              </td>
              <td className="text-right">
                <Button
                  size="sm"
                  variant="quietDanger"
                  aria-label={`Revoke ${token.name}`}
                  onClick={() => setRevoking(token)}
                >
                  Revoke
                </Button>
              </td>
            </tr>
          ))}
        </SimpleTable>
      )}
      {creating ? <CreateToken onClose={() => setCreating(false)} /> : null}
      {revoking ? (
        <Confirm
          title={`Revoke “${revoking.name}”`}
          confirm="Revoke the token"
          onClose={() => setRevoking(null)}
          onConfirm={async () => {
            await revoke.mutateAsync(revoking.id);
            toast.success(`${revoking.name} is revoked.`);
          }}
        >
          <p>Whatever uses it gets 401 from now on. It cannot be brought back.</p>
        </Confirm>
      ) : null}
    </Card>
  );
}
