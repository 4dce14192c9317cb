import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, path, request } from "../api/client";
import type { ChangeRequest, ChangeRequestItem, MergeChoice, Scheduled, When } from "../api/control";
import type { List } from "../api/types";

const requestsPath = (project: string) => `${path("projects", project)}/change-requests`;

export type ChangeRequestFilter = {
  state?: string;
  unfinished?: boolean;
  author?: string;
  waits_for_me?: boolean;
  search?: string;
};

export const useChangeRequests = (project: string, filter: ChangeRequestFilter) =>
  useInfiniteQuery({
    queryKey: ["change-requests", project, filter],
    queryFn: ({ pageParam, signal }) =>
      get<List<ChangeRequestItem>>(requestsPath(project), { ...filter, limit: 25, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: (previous) => previous,
  });

/** The newest hundred that are not over. */
export const useUnfinished = (project: string) =>
  useQuery({
    queryKey: ["change-requests", project, "unfinished"],
    queryFn: ({ signal }) =>
      get<List<ChangeRequestItem>>(requestsPath(project), { unfinished: true, limit: 100 }, signal),
  });

/** Those that the reader may approve and has not: how many, and the first few. */
export const useWaitingForMe = (project: string | undefined) =>
  useQuery({
    queryKey: ["waiting-for-me", project],
    queryFn: ({ signal }) =>
      get<List<ChangeRequestItem>>(requestsPath(project ?? ""), { waits_for_me: true, limit: 5 }, signal),
    enabled: Boolean(project),
  });

export const useChangeRequest = (project: string, id: string) =>
  useQuery({
    queryKey: ["change-request", project, id],
    queryFn: ({ signal }) => get<ChangeRequest>(requestsPath(project) + path(id), undefined, signal),
    enabled: id !== "",
  });

/** What can be done to one. */
export type Act =
  | { act: "approve"; hash: string; comment: string }
  | { act: "reject"; comment: string }
  | { act: "comments"; text: string }
  | { act: "submit" | "withdraw" | "unschedule" }
  | { act: "apply"; bypass?: string }
  | { act: "rebase"; choices: MergeChoice[] }
  | ({ act: "schedule" } & When)
  | { act: "describe"; title: string; description: string };

function send(place: string, wish: Act) {
  const { act, ...body } = wish;
  switch (wish.act) {
    case "describe":
      return request<Scheduled>("PATCH", place, { body });
    case "schedule":
      return request<Scheduled>("PUT", `${place}/schedule`, { body });
    case "unschedule":
      return request<Scheduled>("DELETE", `${place}/schedule`);
    case "submit":
    case "withdraw":
      return request<Scheduled>("POST", `${place}/${act}`);
    case "apply":
      return request<Scheduled>("POST", `${place}/apply`, {
        reason: { text: wish.bypass ?? "", way: wish.bypass ? "bypass" : "straight" },
      });
    default:
      return request<Scheduled>("POST", `${place}/${act}`, { body });
  }
}

export function useActOnChangeRequest(project: string, id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: Act) => send(requestsPath(project) + path(id), wish),
    onSuccess: ({ data }, { act }) => {
      client.setQueryData(["change-request", project, id], data);
      void client.invalidateQueries({ queryKey: ["change-requests", project] });
      void client.invalidateQueries({ queryKey: ["waiting-for-me", project] });
      // The stream tells of the rest, too; whoever applied it should not wait for that.
      if (act === "apply") void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
    },
    // Somebody was faster, or it moved: what is shown is old.
    onError: () => void client.invalidateQueries({ queryKey: ["change-request", project, id] }),
  });
}
