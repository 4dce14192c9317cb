"use client";
import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { Confirm } from "@/components/confirm";
import { useConsole } from "@/components/console-context";
import { SecretOnce } from "@/components/secret-once";
import { ErrorState, FormError } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { CodeBlock } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, Select } from "@/components/ui/field";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { AccessToken, Role } from "@/lib/api/types";
import { useNow } from "@/lib/now";
import { atLeast, useCreateToken, useRevokeToken, useTokens } from "@/lib/queries/session";
import { ago, instant } from "@/lib/time";

const ROLES: Role[] = ["viewer", "editor", "admin", "owner"];
const DAY_MS = 86_400_000;

/** Tokens for the API and the command line. */
export function TokensCard() {
  const tokens = useTokens();
  const revoke = useRevokeToken();
  const now = useNow();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<AccessToken | null>(null);
  const items = (tokens.data?.items ?? []).filter((token) => !token.revoked_at);
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
              </td>
              <td>
                <Badge>{token.role ?? "yours"}</Badge>
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

function CreateToken({ onClose }: { onClose: () => void }) {
  const { session } = useConsole();
  const create = useCreateToken();
  const [made, setMade] = useState<AccessToken | null>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const days = Number(form.get("days"));
    create.mutate(
      {
        name: String(form.get("name")).trim(),
        role: form.get("role") as Role,
        ...(days > 0 ? { expires_at: Date.now() + days * DAY_MS } : {}),
      },
      { onSuccess: ({ data }) => setMade(data) },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={made ? `Token “${made.name}”` : "New access token"}
      onInteractOutside={(event) => made && event.preventDefault()}
      footer={made ? <Button onClick={onClose}>I have copied it</Button> : null}
    >
      {made?.token ? (
        <SecretOnce secret={made.token} label="Access token">
          <CodeBlock
            label="command line example"
            code={`export YARDARM_URL=${window.location.origin}\nexport YARDARM_TOKEN=${made.token}\nyardarm flags list`}
          />
        </SecretOnce>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-3">
          <Field label="Name" hint="What it is for.">
            {(props) => <Input {...props} name="name" required autoFocus placeholder="CI deploy" />}
          </Field>
          <Field label="Role" hint="You can give only what you hold.">
            {(props) => (
              <Select {...props} name="role" defaultValue="editor" className="w-full">
                {ROLES.filter((role) => atLeast(session.role, role)).map((role) => (
                  <option key={role}>{role}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Ends">
            {(props) => (
              <Select {...props} name="days" defaultValue="90" className="w-full">
                <option value="30">in 30 days</option>
                <option value="90">in 90 days</option>
                <option value="365">in a year</option>
                <option value="0">never</option>
              </Select>
            )}
          </Field>
          <FormError error={create.error} />
          <Button type="submit" variant="primary" className="self-end" disabled={create.isPending}>
            Create token
          </Button>
        </form>
      )}
    </Dialog>
  );
}
