import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, path, request } from "../api/client";
import type { Condition, List, Segment } from "../api/types";
import type { Reason } from "../api/way";

const segmentsPath = (project: string) => `${path("projects", project)}/segments`;

export const useSegments = (project: string) =>
  useQuery({
    queryKey: ["segments", project],
    queryFn: ({ signal }) => get<List<Segment>>(segmentsPath(project), { limit: 500 }, signal),
  });

export const useSegment = (project: string, key: string) =>
  useQuery({
    queryKey: ["segment", project, key],
    queryFn: ({ signal }) => get<Segment>(segmentsPath(project) + path(key), undefined, signal),
    enabled: key !== "",
  });

export type ListName = "included" | "excluded";
export const useSegmentList = (project: string, key: string, list: ListName, search: string) =>
  useQuery({
    queryKey: ["segment", project, key, list, search],
    queryFn: ({ signal }) =>
      get<List<string>>(`${segmentsPath(project)}${path(key, "lists", list)}`, { search, limit: 200 }, signal),
    placeholderData: (previous) => previous,
  });

function useSegmentWrite<T>(project: string, write: (input: T) => Promise<{ rev: number | null }>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: write,
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["segments", project] }),
        client.invalidateQueries({ queryKey: ["segment", project] }),
      ]),
  });
}

export type SegmentBody = { name: string; description?: string; rules?: Condition[]; context_kind?: string };

export const useCreateSegment = (project: string) =>
  useSegmentWrite(project, (body: SegmentBody & { key: string }) =>
    request<Segment>("POST", segmentsPath(project), { body }),
  );

export const useUpdateSegment = (project: string, key: string) =>
  useSegmentWrite(
    project,
    ({ patch, revision, reason }: { patch: Partial<SegmentBody>; revision: number; reason?: Reason }) =>
      request<Segment>("PATCH", segmentsPath(project) + path(key), { body: patch, ifMatch: `"${revision}"`, reason }),
  );

export const useEditSegmentList = (project: string, key: string) =>
  useSegmentWrite(project, ({ list, add, remove }: { list: ListName; add: string[]; remove: string[] }) =>
    request<Segment>("PATCH", `${segmentsPath(project)}${path(key, "lists")}`, { body: { [list]: { add, remove } } }),
  );

export const useDeleteSegment = (project: string) =>
  useSegmentWrite(project, (key: string) => request<null>("DELETE", segmentsPath(project) + path(key)));
