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
    mutationFn: async (body: { name: string; environment: string; audience: Audience }) =>
      (await request<SdkKey>("POST", keysPath(project), { body })).data,
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

/** Asks the OFREP endpoint with a key as an application would; answers how many flags it got, or throws what is wrong. */
export async function tryKey(key: string): Promise<number> {
  const response = await fetch("/ofrep/v1/evaluate/flags", {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ context: { targetingKey: "console-test" } }),
    credentials: "omit",
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return ((await response.json()) as { flags?: unknown[] }).flags?.length ?? 0;
}
