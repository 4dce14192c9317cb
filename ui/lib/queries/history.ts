import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, path, request } from "../api/client";
import type { DocumentKind, HistoryEntry, HistoryItem, Json, List } from "../api/types";
import type { Reason } from "../api/way";

export type HistoryFilter = { kind?: string; key?: string; flag?: string; actor?: string };

const historyPath = (project: string) => `${path("projects", project)}/history`;

export const useHistory = (project: string, filter: HistoryFilter, limit = 50) =>
  useInfiniteQuery({
    queryKey: ["history", project, filter, limit],
    queryFn: ({ pageParam, signal }) =>
      get<List<HistoryItem>>(historyPath(project), { ...filter, limit, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: (previous) => previous,
  });

export const useHistoryEntry = (project: string, rev: number, enabled: boolean) =>
  useQuery({
    queryKey: ["history-entry", project, rev],
    queryFn: ({ signal }) => get<HistoryEntry>(`${historyPath(project)}/${rev}`, undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
    enabled,
  });

/** A document as its newest revision left it. */
export const useDocumentNow = (project: string, kind: DocumentKind, key: string) =>
  useQuery({
    queryKey: ["history", project, "now", kind, key],
    queryFn: async ({ signal }): Promise<{ rev: number; body: Json }> => {
      const last = await get<List<HistoryItem>>(historyPath(project), { kind, key, limit: 1 }, signal);
      const rev = last.items[0]?.rev ?? 0;
      const entry = await get<HistoryEntry>(`${historyPath(project)}/${rev}`, undefined, signal);
      return { rev, body: entry.documents.find((each) => each.kind === kind && each.key === key)?.after ?? null };
    },
    staleTime: 0,
  });

export const undo = (project: string, rev: number, options: { force?: boolean; reason?: Reason } = {}) =>
  request<HistoryItem>("POST", `${historyPath(project)}/${rev}/undo`, {
    body: {},
    query: { force: options.force },
    reason: options.reason,
  });

export function useUndo(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ rev, ...options }: { rev: number; force?: boolean; reason?: Reason }) => undo(project, rev, options),
    onSuccess: () => client.invalidateQueries(),
  });
}

export function useRevert(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ reason, ...body }: { kind: DocumentKind; key: string; rev: number; reason?: Reason }) =>
      request<HistoryItem>("POST", `${path("projects", project)}/revert`, { body, reason }),
    onSuccess: () => client.invalidateQueries(),
  });
}
