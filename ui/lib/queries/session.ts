import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, path, request } from "../api/client";
import type { AccessToken, List, Member, Role, SecondFactorNeeded, Session } from "../api/types";

export const useSession = () =>
  useQuery({
    queryKey: ["session"],
    queryFn: ({ signal }) => get<Session>("/session", undefined, signal),
    staleTime: 5 * 60_000,
  });

/** In, or on to the second factor. */
export type Entered = Session | SecondFactorNeeded;
export const signIn = (body: { email: string; password: string }) => request<Entered>("POST", "/session", { body });
export const signInByLink = (token: string) => request<Entered>("POST", "/session/link", { body: { token } });
export const showCode = (code: string) => request<Session>("POST", "/session/second-factor", { body: { code } });
export const signOut = () => request<{ location: string } | null>("DELETE", "/session");
/** Identity providers of a tenant, and the way to one of them. */
export const ssoChoices = (tenant: string) =>
  get<{ connections: { id: string; name: string }[] }>("/session/sso", { tenant });
export const leaveToSso = async (body: { tenant: string; connection: string; return_to: string }) =>
  (await request<{ location: string }>("POST", "/session/sso", { body })).data.location;
export const openTenant = (tenant: string) => request<Session>("POST", "/session/tenant", { body: { tenant } });

export const setupNeeded = (signal?: AbortSignal) => get<{ needed: boolean }>("/setup", undefined, signal);
export const setUp = (body: {
  token: string;
  tenant: { key: string; name: string };
  name: string;
  email: string;
  password: string;
}) => request<Session>("POST", "/setup", { body });

export const useMembers = () =>
  useQuery({ queryKey: ["members"], queryFn: ({ signal }) => get<List<Member>>("/members", { limit: 500 }, signal) });

export const useTokens = () =>
  useQuery({
    queryKey: ["tokens"],
    queryFn: ({ signal }) => get<List<AccessToken>>("/tokens", { limit: 500 }, signal),
  });

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; role?: Role; expires_at?: number }) =>
      request<AccessToken>("POST", "/tokens", { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["tokens"] }),
  });
}

export function useRevokeToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<null>("DELETE", path("tokens", id)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["tokens"] }),
  });
}

const RANK: Record<Role, number> = { viewer: 0, editor: 1, admin: 2, owner: 3 };
/** Roles hold the permissions of those below them; `null` is none of them. */
export const atLeast = (role: Role | null, needed: Role): boolean => role !== null && RANK[role] >= RANK[needed];
