"use client";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Confirm } from "@/components/confirm";
import { useConsole } from "@/components/console-context";
import { Needs, useMay } from "@/components/needs";
import { ErrorState } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Switch } from "@/components/ui/switch";
import type { SsoConnection } from "@/lib/api/types";
import { useDeleteConnection, useSsoConnections, useTenantRules, useUpdateRules } from "@/lib/queries/people";
import { toast } from "@/lib/toast";
import { problemText } from "@/lib/undo";
import { EditConnection } from "./edit-connection";

/** What the tenant demands of sign-ins, and its identity providers. */
export function SignInTab() {
  return (
    <>
      <RulesCard />
      <ConnectionsCard />
    </>
  );
}

function RulesCard() {
  const { session } = useConsole();
  const rules = useTenantRules(session.tenant.key);
  const update = useUpdateRules(session.tenant.key);
  const manage = useMay("sso.manage");
  const [demanding, setDemanding] = useState<"requires_second_factor" | "requires_sso" | null>(null);
  const connections = useSsoConnections(manage.may);
  const none = connections.data?.items.length === 0;
  const rows = rules.data
    ? [
        {
          rule: "requires_second_factor" as const,
          title: "A second factor",
          hint: "An authenticator app or a passkey, of everybody. Who has none can only add one.",
          obstacle: null,
        },
        {
          rule: "requires_sso" as const,
          title: "Single sign-on",
          hint: "Everybody but owners comes by the identity provider. Owners keep a way in for the day it is broken.",
          obstacle: none && !rules.data.requires_sso ? "Connect an identity provider first." : null,
        },
      ]
    : [];
  const set = (rule: (typeof rows)[number]["rule"], on: boolean) => update.mutateAsync({ [rule]: on });
  return (
    <Card flush title={`What ${session.tenant.name} demands`}>
      <Needs of={manage} to="change what sign-ins need" />
      {rules.error ? (
        <ErrorState error={rules.error} what="the rules" retry={() => void rules.refetch()} />
      ) : !rules.data ? (
        <SkeletonRows label="Loading the rules" count={2} />
      ) : (
        <ul className="divide-y">
          {rows.map(({ rule, title, hint, obstacle }) => {
            const on = rules.data[rule];
            return (
              <li key={rule} className="flex items-center gap-4 px-4 py-3 text-sm">
                <span className="min-w-0 flex-1">
                  <span className="font-medium">{title}</span>
                  <span className="block text-ink-2 text-xs">{obstacle ?? hint}</span>
                </span>
                <Switch
                  label={`${title}, ${on ? "demanded" : "not demanded"}`}
                  checked={on}
                  disabled={!manage.may || obstacle !== null || update.isPending}
                  onCheckedChange={(next) =>
                    next ? setDemanding(rule) : void set(rule, false).catch((error) => toast.error(problemText(error)))
                  }
                />
              </li>
            );
          })}
        </ul>
      )}
      {demanding ? (
        <Confirm
          title={demanding === "requires_sso" ? "Demand single sign-on" : "Demand a second factor"}
          confirm="Demand it now"
          onClose={() => setDemanding(null)}
          onConfirm={() => set(demanding, true)}
        >
          <p>
            It holds at once, for open sessions, streams and people's access tokens too.{" "}
            {demanding === "requires_sso"
              ? "Whoever did not come by the identity provider has to, before they go on."
              : "Whoever has shown no second factor can only add one. That may be you."}
          </p>
        </Confirm>
      ) : null}
    </Card>
  );
}

function ConnectionsCard() {
  const manage = useMay("sso.manage");
  const connections = useSsoConnections(manage.may);
  const remove = useDeleteConnection();
  const [editing, setEditing] = useState<SsoConnection | "new" | null>(null);
  const [removing, setRemoving] = useState<SsoConnection | null>(null);
  return (
    <Card
      flush
      title="Single sign-on"
      action={
        <Button variant="primary" {...manage.describe} onClick={() => setEditing("new")}>
          <Plus /> Connect a provider
        </Button>
      }
    >
      <Needs of={manage} to="see and connect identity providers" />
      {!manage.may ? null : connections.error ? (
        <ErrorState error={connections.error} what="the connections" retry={() => void connections.refetch()} />
      ) : !connections.data ? (
        <SkeletonRows label="Loading connections" count={2} />
      ) : connections.data.items.length === 0 ? (
        <p className="px-4 py-3 text-ink-2 text-sm">
          No identity provider is connected. Any that speaks OpenID Connect will do.
        </p>
      ) : (
        <SimpleTable
          label="Identity providers"
          head={[
            "Name",
            "Speaks for",
            "New people",
            <span key="actions" className="sr-only">
              Actions
            </span>,
          ]}
        >
          {connections.data.items.map((connection) => (
            <tr key={connection.id}>
              <td>
                <span className="font-medium">{connection.name}</span>
                <span className="block break-all font-mono text-ink-3 text-xs">{connection.issuer}</span>
              </td>
              <td className="text-ink-2 text-xs">{connection.domains.join(", ") || "no domain yet"}</td>
              <td>
                {connection.provision ? <Badge tone="ok">become members</Badge> : <Badge>need an invitation</Badge>}
              </td>
              <td className="whitespace-nowrap text-right">
                <Button size="sm" aria-label={`Change ${connection.name}`} onClick={() => setEditing(connection)}>
                  Change
                </Button>{" "}
                <Button
                  size="sm"
                  variant="quietDanger"
                  aria-label={`Remove ${connection.name}`}
                  onClick={() => setRemoving(connection)}
                >
                  Remove
                </Button>
              </td>
            </tr>
          ))}
        </SimpleTable>
      )}
      {editing ? (
        <EditConnection connection={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      ) : null}
      {removing ? (
        <Confirm
          title={`Remove “${removing.name}”`}
          confirm="Remove the connection"
          onClose={() => setRemoving(null)}
          onConfirm={() => remove.mutateAsync(removing.id)}
        >
          <p>Every session that it opened ends now. People keep their roles, and need another way in.</p>
        </Confirm>
      ) : null}
    </Card>
  );
}
