"use client";
import { useState } from "react";
import { Confirm } from "@/components/confirm";
import { CreateToken } from "@/components/create-token";
import { ErrorState } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Sheet } from "@/components/ui/dialog";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { AccessToken, ServiceAccount } from "@/lib/api/types";
import { useNow } from "@/lib/now";
import { tokenScope } from "@/lib/people";
import { useRevokeToken, useTokens } from "@/lib/queries/session";
import { ago, instant } from "@/lib/time";

/** Tokens of one service account. */
export function AccountTokens({ account, onClose }: { account: ServiceAccount; onClose: () => void }) {
  const tokens = useTokens();
  const revoke = useRevokeToken();
  const now = useNow();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<AccessToken | null>(null);
  const items = (tokens.data?.items ?? []).filter((token) => token.user === account.id && !token.revoked_at);
  return (
    <Sheet
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Tokens of ${account.name}`}
      description="Each may do what the service account may, as far as its role goes."
      footer={
        <Button variant="primary" onClick={() => setCreating(true)}>
          New token
        </Button>
      }
    >
      {tokens.error ? (
        <ErrorState error={tokens.error} what="the tokens" retry={() => void tokens.refetch()} />
      ) : !tokens.data ? (
        <SkeletonRows label="Loading tokens" count={3} />
      ) : items.length === 0 ? (
        <p className="text-ink-2 text-sm">No tokens yet. Make one and give it to the program.</p>
      ) : (
        <ul className="flex flex-col divide-y">
          {items.map((token) => (
            <li key={token.id} className="flex items-center gap-3 py-2.5">
              <span className="min-w-0 flex-1 text-sm">
                <span className="font-medium">{token.name}</span>{" "}
                <code className="font-mono text-ink-3 text-xs">{token.hint}…</code>
                <span className="block text-ink-3 text-xs">
                  <Badge>{tokenScope(token, "all of it")}</Badge>{" "}
                  {token.last_used_at ? `used ${ago(token.last_used_at, now)}` : "never used"},{" "}
                  {token.expires_at ? `ends ${instant(token.expires_at)}` : "never ends"}
                </span>
              </span>
              <Button
                size="sm"
                variant="quietDanger"
                aria-label={`Revoke ${token.name}`}
                onClick={() => setRevoking(token)}
              >
                Revoke
              </Button>
            </li>
          ))}
        </ul>
      )}
      {creating ? <CreateToken account={account} onClose={() => setCreating(false)} /> : null}
      {revoking ? (
        <Confirm
          title={`Revoke “${revoking.name}”`}
          confirm="Revoke the token"
          onClose={() => setRevoking(null)}
          onConfirm={() => revoke.mutateAsync(revoking.id)}
        >
          <p>Whatever uses it gets 401 from now on. It cannot be brought back.</p>
        </Confirm>
      ) : null}
    </Sheet>
  );
}
