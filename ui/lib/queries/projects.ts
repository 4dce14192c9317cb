import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, path, request } from "../api/client";
import type { Environment, List, Project } from "../api/types";

export const useProjects = () =>
  useQuery({
    queryKey: ["projects"],
    queryFn: ({ signal }) => get<List<Project>>("/projects", { limit: 500 }, signal),
  });

export const useEnvironments = (project: string | undefined) =>
  useQuery({
    queryKey: ["environments", project],
    queryFn: async ({ signal }) => {
      const list = await get<List<Environment>>(
        `${path("projects", project ?? "")}/environments`,
        { limit: 500 },
        signal,
      );
      return list.items.toSorted((a, b) => a.position - b.position);
    },
    enabled: Boolean(project),
  });

export function useCreateProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { key: string; name: string }) => request<Project>("POST", "/projects", { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["projects"] }),
  });
}

export function useUpdateProject(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (patch: { name?: string; description?: string }) =>
      request<Project>("PATCH", path("projects", project), { body: patch }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["projects"] }),
  });
}

export type EnvironmentBody = { key: string; name: string; color: number; production: boolean };

export function useSaveEnvironment(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ key, ...body }: EnvironmentBody & { existing?: Environment }) => {
      const { existing, ...fields } = body;
      const base = `${path("projects", project)}/environments`;
      return existing
        ? request<Environment>("PATCH", base + path(key), { body: fields, ifMatch: `"${existing.revision}"` })
        : request<Environment>("POST", base, { body: { key, ...fields } });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["environments", project] }),
  });
}

export function useDeleteEnvironment(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (environment: string) =>
      request<null>("DELETE", `${path("projects", project)}/environments${path(environment)}`),
    onSuccess: () => client.invalidateQueries(),
  });
}
