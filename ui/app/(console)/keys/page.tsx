"use client";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { Confirm } from "@/components/confirm";
import { useConsole } from "@/components/console-context";
import { EnvBadge } from "@/components/marks";
import { PageTitle } from "@/components/page-title";
import { EmptyState, ErrorState } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { SdkKey } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { useNow } from "@/lib/now";
import { useKeys, useRevokeKey } from "@/lib/queries/keys";
import { ago, instant } from "@/lib/time";
import { toast } from "@/lib/toast";
import { AttestedSwitch } from "./_components/attested-switch";
import { CreateKey } from "./_components/create-key";

export default function KeysPage() {
  const { project, environments, can } = useConsole();
  const keys = useKeys(project.key);
  const revoke = useRevokeKey(project.key);
  const now = useNow();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<SdkKey | null>(null);
  const create = can("admin") ? (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus /> New key
    </Button>
  ) : null;
  const sorted = (keys.data?.items ?? []).toSorted(
    (a, b) => Number(Boolean(a.revoked_at)) - Number(Boolean(b.revoked_at)) || b.created_at - a.created_at,
  );
  return (
    <div className="mx-auto w-full max-w-[1100px] pb-8">
      <PageTitle title="SDK keys" action={sorted.length > 0 ? create : null} />
      <p className="max-w-prose px-4 pb-3 text-ink-2 text-sm">
        Applications read flags with a key. Each key opens one environment; a revoked one opens nothing, at once.
      </p>
      {keys.error ? (
        <ErrorState error={keys.error} what="the keys" retry={() => void keys.refetch()} />
      ) : !keys.data ? (
        <SkeletonRows label="Loading keys" />
      ) : sorted.length === 0 ? (
        <EmptyState icon={<KeyRound />} title="No keys yet" action={create}>
          Make a key to connect the first application. You get a snippet with it, and can test it here.
        </EmptyState>
      ) : (
        <div className="mx-4 rounded-lg border bg-raised">
          <SimpleTable
            label="SDK keys"
            head={[
              "Name",
              "Environment",
              "Kind",
              "Signed contexts",
              "Key",
              "Created",
              <span key="actions" className="sr-only">
                Actions
              </span>,
            ]}
          >
            {sorted.map((key) => {
              const environment = environments.find((each) => each.key === key.environment);
              return (
                <tr key={key.id} className={cn(key.revoked_at && "text-ink-3")}>
                  <td className="font-medium">{key.name}</td>
                  <td>{environment ? <EnvBadge environment={environment} className="text-xs" /> : key.environment}</td>
                  <td>
                    <Badge tone={key.audience === "server" ? "accent" : "off"}>{key.audience}</Badge>
                  </td>
                  <td>
                    {key.audience === "client" && !key.revoked_at ? (
                      <AttestedSwitch sdkKey={key} disabled={!can("admin")} />
                    ) : null}
                  </td>
                  <td className="whitespace-nowrap font-mono text-xs">{key.hint}…</td>
                  <td className="whitespace-nowrap text-xs" title={instant(key.created_at)}>
                    {ago(key.created_at, now)}
                  </td>
                  <td className="text-right">
                    {key.revoked_at ? (
                      <Badge tone="bad">revoked {ago(key.revoked_at, now)}</Badge>
                    ) : can("admin") ? (
                      <Button
                        size="sm"
                        variant="quietDanger"
                        aria-label={`Revoke ${key.name}`}
                        onClick={() => setRevoking(key)}
                      >
                        Revoke
                      </Button>
                    ) : null}
                  </td>
                </tr>
              );
            })}
          </SimpleTable>
        </div>
      )}
      {creating ? <CreateKey onClose={() => setCreating(false)} /> : null}
      {revoking ? (
        <Confirm
          title={`Revoke “${revoking.name}”`}
          confirm="Revoke the key"
          onClose={() => setRevoking(null)}
          onConfirm={async () => {
            await revoke.mutateAsync(revoking.id);
            toast.success(`${revoking.name} is revoked.`);
          }}
        >
          <p>
            Applications that use <code className="font-mono text-ink">{revoking.hint}…</code> keep their last rules but
            get no more changes, and new ones cannot start with it. A revoked key cannot be brought back.
          </p>
        </Confirm>
      ) : null}
    </div>
  );
}
