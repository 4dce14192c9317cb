import { useInfiniteQuery } from "@tanstack/react-query";
import { get } from "../api/client";
import type { AuditEntry, List } from "../api/types";

export type AuditFilter = {
  project?: string;
  actor?: string;
  action?: string;
  key?: string;
  environment?: string;
  reason?: string;
  trace_id?: string;
  since?: number;
};

/** The tenant's own log and its projects' as one, newest first. */
export const useAudit = (filter: AuditFilter) =>
  useInfiniteQuery({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam, signal }) =>
      get<List<AuditEntry>>("/audit", { ...filter, limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: (previous) => previous,
  });
