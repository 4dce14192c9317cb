"use client";
import { ErrorState } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { Webhook, WebhookDelivery } from "@/lib/api/types";
import { useNow } from "@/lib/now";
import { useDeliveries, useReplay } from "@/lib/queries/webhooks";
import { ago, instant } from "@/lib/time";
import { toast } from "@/lib/toast";

const TONES = { waiting: "warn", delivered: "ok", failed: "bad" } as const;

/** Why it stands as it stands. */
const outcome = ({ error, status, took_ms }: WebhookDelivery): string =>
  error ?? (status ? `HTTP ${status}, ${took_ms} ms` : "not tried yet");

/** What was sent lately and what became of it. */
export function Deliveries({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const deliveries = useDeliveries(webhook.id);
  const replay = useReplay(webhook.id);
  const now = useNow();
  const again = (delivery: WebhookDelivery) =>
    replay.mutate(delivery.id, {
      onSuccess: () => toast.success(`${delivery.event} is sent again.`),
      onError: (error) => toast.error(error.message),
    });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`Deliveries of “${webhook.name}”`}>
      {deliveries.error ? (
        <ErrorState error={deliveries.error} what="the deliveries" retry={() => void deliveries.refetch()} />
      ) : !deliveries.data ? (
        <SkeletonRows label="Loading deliveries" count={4} />
      ) : deliveries.data.items.length === 0 ? (
        <p className="text-ink-2 text-sm">Nothing was sent in the last week.</p>
      ) : (
        <SimpleTable
          label="Deliveries"
          head={[
            "Event",
            "State",
            <span key="actions" className="sr-only">
              Actions
            </span>,
          ]}
        >
          {deliveries.data.items.map((delivery) => (
            <tr key={delivery.id}>
              <td>
                <span className="font-medium">{delivery.event}</span>
                <span className="block text-ink-3 text-xs">{ago(delivery.created_at, now)}</span>
              </td>
              <td className="text-ink-2 text-xs">
                <Badge tone={TONES[delivery.state]}>{delivery.state}</Badge> {outcome(delivery)}
                {delivery.due_at ? <span className="block">next attempt {instant(delivery.due_at)}</span> : null}
              </td>
              <td className="text-right">
                {delivery.state === "waiting" ? null : (
                  <Button
                    size="sm"
                    aria-label={`Send ${delivery.event} of ${instant(delivery.created_at)} again`}
                    disabled={replay.isPending}
                    onClick={() => again(delivery)}
                  >
                    Send again
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </SimpleTable>
      )}
    </Dialog>
  );
}
