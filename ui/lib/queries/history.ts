import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, path, request } from "../api/client";
import type { DocumentKind, HistoryEntry, HistoryItem, List } from "../api/types";

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

export const undo = (project: string, rev: number, options: { force?: boolean; reason?: string } = {}) =>
  request<HistoryItem>("POST", `${historyPath(project)}/${rev}/undo`, {
    body: {},
    query: { force: options.force },
    reason: options.reason,
  });

export function useUndo(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ rev, ...options }: { rev: number; force?: boolean; reason?: string }) => undo(project, rev, options),
    onSuccess: () => client.invalidateQueries(),
  });
}

export function useRevert(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ reason, ...body }: { kind: DocumentKind; key: string; rev: number; reason?: string }) =>
      request<HistoryItem>("POST", `${path("projects", project)}/revert`, { body, reason }),
    onSuccess: () => client.invalidateQueries(),
  });
}
