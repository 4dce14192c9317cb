import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Answer, get, path, request } from "../api/client";
import type { AccessToken, Asked, List, RequestOptions, Role, SecondFactorNeeded, Session } from "../api/types";
import { showPasskey } from "../passkeys";

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
/** Asks the server, then the browser, then tells the server: in place of everything else, or after the password. */
async function byPasskey(where: string): Promise<Answer<Session>> {
  const { data } = await request<Asked<RequestOptions>>("POST", `${where}/challenge`);
  const body = { ticket: data.ticket, credential: await showPasskey(data.options) };
  return request<Session>("POST", where, { body });
}
export const signInByPasskey = () => byPasskey("/session/passkey");
export const showSecondPasskey = () => byPasskey("/session/second-factor/passkey");
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

export const useTokens = () =>
  useQuery({
    queryKey: ["tokens"],
    queryFn: ({ signal }) => get<List<AccessToken>>("/tokens", { limit: 500 }, signal),
  });

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; role?: Role; service_account?: string; expires_at?: number }) =>
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
