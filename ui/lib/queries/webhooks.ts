import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, path, request } from "../api/client";
import type { List, NewWebhook, Webhook, WebhookDelivery } from "../api/types";

export const useWebhooks = () =>
  useQuery({
    queryKey: ["webhooks"],
    queryFn: ({ signal }) => get<List<Webhook>>("/webhooks", { limit: 500 }, signal),
  });

/** What was sent lately; looked at again while it is open, because attempts happen by themselves. */
export const useDeliveries = (id: string) =>
  useQuery({
    queryKey: ["webhooks", id, "deliveries"],
    queryFn: ({ signal }) => get<List<WebhookDelivery>>(`${path("webhooks", id)}/deliveries`, { limit: 50 }, signal),
    refetchInterval: 5_000,
  });

/** A mutation after which the webhooks are read again. */
function useChange<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({ mutationFn, onSettled: () => client.invalidateQueries({ queryKey: ["webhooks"] }) });
}

export const useCreateWebhook = () =>
  useChange(async (body: NewWebhook) => (await request<Webhook>("POST", "/webhooks", { body })).data);

export const useEnableWebhook = () =>
  useChange(({ id, enabled }: { id: string; enabled: boolean }) =>
    request<Webhook>("PATCH", path("webhooks", id), { body: { enabled } }),
  );

export const useDeleteWebhook = () => useChange((id: string) => request<null>("DELETE", path("webhooks", id)));

export const useTestWebhook = () =>
  useChange(async (id: string) => (await request<WebhookDelivery>("POST", `${path("webhooks", id)}/test`)).data);

export const useReplay = (id: string) =>
  useChange(
    async (delivery: string) =>
      (await request<WebhookDelivery>("POST", `${path("webhooks", id)}/deliveries${path(delivery)}/replay`)).data,
  );
