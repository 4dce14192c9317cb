import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, path, request } from "../api/client";
import type { Audience, List, SdkKey } from "../api/types";

const keysPath = (project: string) => `${path("projects", project)}/keys`;

export const useKeys = (project: string) =>
  useQuery({
    queryKey: ["keys", project],
    queryFn: ({ signal }) => get<List<SdkKey>>(keysPath(project), { limit: 500 }, signal),
  });

export function useCreateKey(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: { name: string; environment: string; audience: Audience; attested?: boolean }) =>
      (await request<SdkKey>("POST", keysPath(project), { body })).data,
    onSuccess: () => client.invalidateQueries({ queryKey: ["keys", project] }),
  });
}

export function useUpdateKey(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, ...body }: { id: string; attested: boolean }) =>
      (await request<SdkKey>("PATCH", keysPath(project) + path(id), { body })).data,
    onSuccess: () => client.invalidateQueries({ queryKey: ["keys", project] }),
  });
}

export function useRevokeKey(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<null>("DELETE", keysPath(project) + path(id)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["keys", project] }),
  });
}

/** Asks the OFREP endpoint with a key as an application would; answers in words that it works, or throws what is wrong. */
export async function tryKey(key: string): Promise<string> {
  const response = await fetch("/ofrep/v1/evaluate/flags", {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ context: { targetingKey: "console-test" } }),
    credentials: "omit",
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json().catch(() => ({}))) as { flags?: unknown[]; code?: string };
  if (answer.code === "attestation_required") return "It works, and asks for signed contexts.";
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const count = answer.flags?.length ?? 0;
  return `It works: ${count} ${count === 1 ? "flag" : "flags"} evaluated.`;
}
