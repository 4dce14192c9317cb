import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, path, request } from "../api/client";
import type { Policy, PolicyAnswer, PolicyQuestion, PolicyRules } from "../api/control";
import type { List } from "../api/types";

const policiesPath = (project: string) => `${path("projects", project)}/policies`;

export const usePolicies = (project: string, search: string) =>
  useInfiniteQuery({
    queryKey: ["policies", project, search],
    queryFn: ({ pageParam, signal }) =>
      get<List<Policy>>(policiesPath(project), { search, limit: 20, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: (previous) => previous,
  });

/** What policies say about a change that is not made. `reason` counts by being there. */
export const useForeseen = (project: string, question: PolicyQuestion, reason: boolean) =>
  useQuery({
    queryKey: ["foreseen", project, question, reason],
    queryFn: async ({ signal }) => {
      const body = { ...question, ...(reason ? { reason: "given" } : {}) };
      return (await request<PolicyAnswer>("POST", `${policiesPath(project)}/check`, { body, signal, reason: ASKS }))
        .data;
    },
    staleTime: 0,
    placeholderData: (previous) => previous,
  });

/** A question is a POST and changes nothing: it has no way to choose. */
const ASKS = { text: "", way: "straight" } as const;

/** What a policy that is not there yet would have said about the last changes. */
export const useTryPolicy = (project: string) =>
  useMutation({
    mutationFn: async ({ policy, replay }: { policy: PolicyRules & { key: string }; replay: number }) =>
      (
        await request<PolicyAnswer>("POST", `${policiesPath(project)}/check`, {
          body: { policy, replay },
          reason: ASKS,
        })
      ).data,
  });

/** Null removes a rule. */
export type PolicyPatch = { [Name in keyof PolicyRules]?: PolicyRules[Name] | null };

export function useSavePolicy(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ key, existing, rules }: { key: string; existing?: Policy; rules: PolicyPatch }) =>
      existing
        ? request<Policy>("PATCH", policiesPath(project) + path(key), {
            body: rules,
            ifMatch: `"${existing.revision}"`,
          })
        : request<Policy>("POST", policiesPath(project), {
            body: { key, ...Object.fromEntries(Object.entries(rules).filter(([, rule]) => rule !== null)) },
          }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["policies", project] }),
  });
}

export function useDeletePolicy(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (policy: Policy) =>
      request<null>("DELETE", policiesPath(project) + path(policy.key), { ifMatch: `"${policy.revision}"` }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["policies", project] }),
  });
}
