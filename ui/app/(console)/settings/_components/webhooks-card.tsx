"use client";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { Confirm } from "@/components/confirm";
import { ErrorState } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Switch } from "@/components/ui/switch";
import type { Webhook } from "@/lib/api/types";
import { useDeleteWebhook, useEnableWebhook, useTestWebhook, useWebhooks } from "@/lib/queries/webhooks";
import { toast } from "@/lib/toast";

const CreateWebhook = dynamic(() => import("./create-webhook").then((m) => m.CreateWebhook), { ssr: false });
const Deliveries = dynamic(() => import("./webhook-deliveries").then((m) => m.Deliveries), { ssr: false });

/** Who is told what happens. */
export function WebhooksCard() {
  const webhooks = useWebhooks();
  const remove = useDeleteWebhook();
  const [creating, setCreating] = useState(false);
  const [removing, setRemoving] = useState<Webhook | null>(null);
  const [shown, setShown] = useState<Webhook | null>(null);
  const items = webhooks.data?.items ?? [];
  return (
    <Card
      flush
      title="Webhooks"
      action={
        <Button size="sm" onClick={() => setCreating(true)}>
          <Plus /> New webhook
        </Button>
      }
    >
      {webhooks.error ? (
        <ErrorState error={webhooks.error} what="the webhooks" retry={() => void webhooks.refetch()} />
      ) : !webhooks.data ? (
        <SkeletonRows label="Loading webhooks" count={2} />
      ) : items.length === 0 ? (
        <p className="px-4 py-3 text-ink-2 text-sm">
          No webhooks. One tells a program or a channel what is changed here.
        </p>
      ) : (
        <SimpleTable
          label="Webhooks"
          head={[
            "Name",
            "Hears of",
            "On",
            <span key="actions" className="sr-only">
              Actions
            </span>,
          ]}
        >
          {items.map((webhook) => (
            <WebhookRow
              key={webhook.id}
              webhook={webhook}
              onShow={() => setShown(webhook)}
              onRemove={() => setRemoving(webhook)}
            />
          ))}
        </SimpleTable>
      )}
      {creating ? <CreateWebhook onClose={() => setCreating(false)} /> : null}
      {shown ? <Deliveries webhook={shown} onClose={() => setShown(null)} /> : null}
      {removing ? (
        <Confirm
          title={`Delete “${removing.name}”`}
          confirm="Delete the webhook"
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await remove.mutateAsync(removing.id);
            toast.success(`${removing.name} is deleted.`);
          }}
        >
          <p>It is told nothing more, and what waits for it is dropped.</p>
        </Confirm>
      ) : null}
    </Card>
  );
}

function WebhookRow({ webhook, onShow, onRemove }: { webhook: Webhook; onShow: () => void; onRemove: () => void }) {
  const enable = useEnableWebhook();
  const test = useTestWebhook();
  const ping = () =>
    test.mutate(webhook.id, {
      onSuccess: ({ state, status, error }) =>
        state === "delivered"
          ? toast.success(`${webhook.name} answered ${status}.`)
          : toast.error(error ?? `${webhook.name} answered ${status}.`),
      onError: (error) => toast.error(error.message),
    });
  return (
    <tr>
      <td>
        <span className="font-medium">{webhook.name}</span>
        {webhook.format === "slack" ? <Badge className="ml-2">Slack</Badge> : null}
        <span className="block break-all font-mono text-ink-3 text-xs">{webhook.url}</span>
        {webhook.disabled_reason ? <span className="block text-bad text-xs">{webhook.disabled_reason}</span> : null}
      </td>
      <td className="text-ink-2 text-xs">
        {[webhook.actions, webhook.projects, webhook.environments]
          .filter((list) => list.join() !== "*")
          .map((list) => list.join(", ") || "nothing")
          .join(" · ") || "everything"}
      </td>
      <td>
        <Switch
          label={`${webhook.name}, ${webhook.enabled ? "on" : "off"}`}
          checked={webhook.enabled}
          disabled={enable.isPending}
          onCheckedChange={(enabled) =>
            enable.mutate({ id: webhook.id, enabled }, { onError: (error) => toast.error(error.message) })
          }
        />
      </td>
      <td className="whitespace-nowrap text-right">
        <Button size="sm" aria-label={`Send a ping to ${webhook.name}`} disabled={test.isPending} onClick={ping}>
          Test
        </Button>{" "}
        <Button size="sm" aria-label={`Deliveries of ${webhook.name}`} onClick={onShow}>
          Deliveries
        </Button>{" "}
        <Button size="sm" variant="quietDanger" aria-label={`Delete ${webhook.name}`} onClick={onRemove}>
          Delete
        </Button>
      </td>
    </tr>
  );
}
