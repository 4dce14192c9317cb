import { type QueryClient, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiProblem, get, path, request } from "../api/client";
import type {
  Configuration,
  ConfigurationAnswer,
  Count,
  Evaluation,
  Flag,
  FlagItem,
  Json,
  List,
  ValueType,
} from "../api/types";
import type { Reason } from "../api/way";
import { servesOf } from "../serves";
import { DAY } from "../time";

export type FlagList = { items: FlagItem[]; total: number; complete: boolean };

const flagsPath = (project: string) => `${path("projects", project)}/flags`;
const configurationPath = (project: string, flag: string, environment: string) =>
  `${flagsPath(project)}${path(flag)}/environments${path(environment)}`;

const PAGE = 500;

/**
 * Every flag of a project, archived ones too, page by page. The first page shows while the others come; they show
 * together, because each time the whole list is filtered and sorted again.
 */
export const flagsQuery = (client: QueryClient, project: string) => {
  const queryKey = ["flags", project];
  return queryOptions({
    queryKey,
    queryFn: async ({ signal }): Promise<FlagList> => {
      const items: FlagItem[] = [];
      let cursor: string | null = null;
      do {
        const page: List<FlagItem> = await get(flagsPath(project), { limit: PAGE, archived: "all", cursor }, signal);
        items.push(...page.items);
        cursor = page.next;
        if (cursor && client.getQueryData(queryKey) === undefined) {
          client.setQueryData(queryKey, { items: [...items], total: page.total ?? items.length, complete: false });
        }
      } while (cursor);
      return { items, total: items.length, complete: true };
    },
  });
};

export const useFlags = (project: string) => useQuery(flagsQuery(useQueryClient(), project));

export const useFlag = (project: string, key: string) =>
  useQuery({
    queryKey: ["flag", project, key],
    queryFn: ({ signal }) => get<Flag>(flagsPath(project) + path(key), undefined, signal),
    enabled: key !== "",
  });

export const useConfiguration = (project: string, flag: string, environment: string) =>
  useQuery({
    queryKey: ["configuration", project, flag, environment],
    queryFn: ({ signal }) => get<ConfigurationAnswer>(configurationPath(project, flag, environment), undefined, signal),
    enabled: flag !== "" && environment !== "",
  });

/** How a flag was answered in the last 24 hours. */
export function useDayCounts(project: string, environment: string, flag: string) {
  const [since] = useState(() => Date.now() - DAY);
  return useQuery({
    queryKey: ["counts", project, environment, flag],
    queryFn: ({ signal }) =>
      get<List<Count>>(`${path("projects", project)}/counts`, { environment, flag, since }, signal),
    refetchInterval: 30_000,
  });
}

/** Puts one flag as the server has it now into every cache that shows it. */
export function putFlag(client: QueryClient, project: string, flag: Flag): void {
  client.setQueryData(["flag", project, flag.key], flag);
  client.setQueryData<FlagList>(["flags", project], (list) => {
    if (!list) return list;
    const known = list.items.some((item) => item.key === flag.key);
    const items = known
      ? list.items.map((item) => (item.key === flag.key ? { ...item, ...flag } : item))
      : [...list.items, flag].sort((a, b) => (a.key < b.key ? -1 : 1));
    return { ...list, items, total: list.total + (known ? 0 : 1) };
  });
}

export async function refreshFlag(client: QueryClient, project: string, key: string): Promise<void> {
  try {
    putFlag(client, project, await get<Flag>(flagsPath(project) + path(key)));
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404)
      await client.invalidateQueries({ queryKey: ["flags", project] });
  }
}

function putConfiguration(
  client: QueryClient,
  project: string,
  flag: string,
  environment: string,
  answer: ConfigurationAnswer,
) {
  client.setQueryData(["configuration", project, flag, environment], answer);
  const change = <T extends FlagItem>(item: T): T => ({
    ...item,
    environments: {
      ...item.environments,
      [environment]: { on: answer.on, serves: answer.serves, revision: answer.revision },
    },
  });
  client.setQueryData<Flag>(["flag", project, flag], (item) => item && change(item));
  client.setQueryData<FlagList>(
    ["flags", project],
    (list) => list && { ...list, items: list.items.map((item) => (item.key === flag ? change(item) : item)) },
  );
}

export type Saved = { answer: ConfigurationAnswer; rev: number | null };

/** Writes a flag's configuration in one environment: the whole under `If-Match`, or a patch. */
export function useSaveConfiguration(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (write: {
      flag: string;
      environment: string;
      put?: Configuration;
      patch?: Partial<Configuration>;
      revision?: number;
      reason?: Reason;
    }): Promise<Saved> => {
      const url = configurationPath(project, write.flag, write.environment);
      const answer = write.put
        ? await request<ConfigurationAnswer>("PUT", url, {
            body: write.put,
            ifMatch: `"${write.revision ?? 0}"`,
            reason: write.reason,
          })
        : await request<ConfigurationAnswer>("PATCH", url, { body: write.patch, reason: write.reason });
      return { answer: answer.data, rev: answer.rev };
    },
    onMutate: ({ flag, environment, patch }) => {
      const key = ["configuration", project, flag, environment];
      const before = client.getQueryData<ConfigurationAnswer>(key);
      const list = client.getQueryData<FlagList>(["flags", project]);
      const item = client.getQueryData<Flag>(["flag", project, flag]) ?? list?.items.find((f) => f.key === flag);
      const shown = item?.environments[environment];
      // Paint the switch at once; the answer brings what is really served.
      if (patch && typeof patch.on === "boolean") {
        const next = before && { ...before, ...patch };
        const serves = next
          ? servesOf(next)
          : { kind: patch.on ? ("rules" as const) : ("off" as const), text: patch.on ? "on" : "off" };
        putConfiguration(client, project, flag, environment, {
          ...(next ?? { default: { variant: "" }, off_variant: "", sentences: [], revision: shown?.revision ?? 0 }),
          on: patch.on,
          serves,
        });
        if (!next) client.removeQueries({ queryKey: key });
      }
      return { before, shown };
    },
    onError: (_error, { flag, environment }, context) => {
      if (context?.before) putConfiguration(client, project, flag, environment, context.before);
      void client.invalidateQueries({ queryKey: ["configuration", project, flag, environment] });
      void refreshFlag(client, project, flag);
    },
    onSuccess: ({ answer }, { flag, environment }) => {
      putConfiguration(client, project, flag, environment, answer);
      void refreshFlag(client, project, flag);
      void client.invalidateQueries({ queryKey: ["history", project] });
    },
  });
}

export type NewFlag = { key: string; name: string; type: ValueType; description?: string };

export function useCreateFlag(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: NewFlag) => (await request<Flag>("POST", flagsPath(project), { body })).data,
    onSuccess: (flag) => putFlag(client, project, flag),
  });
}

export function useUpdateFlag(project: string, key: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (write: { patch: Partial<Record<keyof Flag, unknown>>; revision?: number; reason?: Reason }) => {
      const { data, rev } = await request<Flag>("PATCH", flagsPath(project) + path(key), {
        body: write.patch,
        ifMatch: write.revision === undefined ? undefined : `"${write.revision}"`,
        reason: write.reason,
      });
      return { flag: data, rev };
    },
    onSuccess: ({ flag }) => putFlag(client, project, flag),
  });
}

export function useArchiveFlag(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ key, archive, reason }: { key: string; archive: boolean; reason?: Reason }) => {
      const url = `${flagsPath(project)}${path(key, archive ? "archive" : "restore")}`;
      const { data, rev } = await request<Flag>("POST", url, { body: {}, reason });
      return { flag: data, rev };
    },
    onSuccess: ({ flag }) => putFlag(client, project, flag),
  });
}

export function useCopyConfiguration(project: string, flag: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ from, to, reason }: { from: string; to: string; reason?: Reason }) => {
      const url = `${flagsPath(project)}${path(flag)}/copy`;
      const { data, rev } = await request<ConfigurationAnswer>("POST", url, { body: { from, to }, reason });
      return { answer: data, rev, to };
    },
    onSuccess: ({ answer, to }) => putConfiguration(client, project, flag, to, answer),
  });
}

export const evaluate = async (
  project: string,
  environment: string,
  body: { context: Json; flag?: string; explain?: boolean },
): Promise<Evaluation[]> =>
  (
    await request<{ items: Evaluation[] }>(
      "POST",
      `${path("projects", project, "environments", environment)}/evaluate`,
      { body },
    )
  ).data.items;
