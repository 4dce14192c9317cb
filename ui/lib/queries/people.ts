import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, path, request } from "../api/client";
import type {
  CustomRole,
  Group,
  Invitation,
  InvitationLink,
  InvitationLook,
  List,
  Member,
  Permission,
  ServiceAccount,
  Session,
  SsoConnection,
  TenantRules,
} from "../api/types";

/** The most that a list shows at once; beyond it one searches. */
export const MOST = 500;

/** One list of people or of what they hold, searched on the server. */
const useListed = <T>(name: string, search = "", enabled = true) =>
  useQuery({
    queryKey: [name, search],
    queryFn: ({ signal }) => get<List<T>>(`/${name}`, { limit: MOST, search }, signal),
    // The rows stay while others are looked for.
    placeholderData: keepPreviousData,
    enabled,
  });

export const useMembers = (search = "", enabled = true) => useListed<Member>("members", search, enabled);
export const useInvitations = (enabled = true) => useListed<Invitation>("invitations", "", enabled);
export const useGroups = (search = "", enabled = true) => useListed<Group>("groups", search, enabled);
export const useRoles = (enabled = true) => useListed<CustomRole>("roles", "", enabled);
export const useServiceAccounts = (enabled = true) => useListed<ServiceAccount>("service-accounts", "", enabled);
export const usePermissions = () =>
  useQuery({
    queryKey: ["permissions"],
    queryFn: ({ signal }) => get<List<Permission>>("/permissions", undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
export const useSsoConnections = (enabled: boolean) =>
  useQuery({
    queryKey: ["sso-connections"],
    queryFn: ({ signal }) => get<List<SsoConnection>>("/sso-connections", { limit: MOST }, signal),
    enabled,
  });
export const useTenantRules = (key: string) =>
  useQuery({
    queryKey: ["tenant", key],
    queryFn: ({ signal }) => get<TenantRules>(path("tenants", key), undefined, signal),
  });

/** A change of who holds what: everything that shows it is read anew, one's own rights too. */
function useChange<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  const touched = ["members", "invitations", "groups", "roles", "service-accounts", "tokens", "session"];
  return useMutation({
    mutationFn,
    onSettled: () => Promise.all(touched.map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
}

type Held = { roles: string[]; groups: string[] };
export const useUpdateMember = () =>
  useChange(({ id, ...body }: Held & { id: string }) => request<Member>("PATCH", path("members", id), { body }));
export const useRemoveMember = () => useChange((id: string) => request<null>("DELETE", path("members", id)));

export const useInvite = () =>
  useChange(
    async (body: Held & { email: string }) => (await request<InvitationLink>("POST", "/invitations", { body })).data,
  );
export const useInviteAgain = () =>
  useChange(async (id: string) => (await request<InvitationLink>("POST", `${path("invitations", id)}/again`)).data);
export const useRevokeInvitation = () => useChange((id: string) => request<null>("DELETE", path("invitations", id)));

type GroupBody = Pick<Group, "name" | "description" | "roles">;
export const useCreateGroup = () =>
  useChange((body: GroupBody & { key: string }) => request<Group>("POST", "/groups", { body }));
export const useUpdateGroup = () =>
  useChange(({ key, ...body }: GroupBody & { key: string }) => request<Group>("PATCH", path("groups", key), { body }));
export const useEditGroupMembers = () =>
  useChange(({ key, ...body }: { key: string; add?: string[]; remove?: string[] }) =>
    request<Group>("PATCH", `${path("groups", key)}/members`, { body }),
  );
export const useDeleteGroup = () => useChange((key: string) => request<null>("DELETE", path("groups", key)));

type RoleBody = Pick<CustomRole, "name" | "description" | "grants">;
export const useCreateRole = () =>
  useChange((body: RoleBody & { key: string }) => request<CustomRole>("POST", "/roles", { body }));
export const useUpdateRole = () =>
  useChange(({ key, ...body }: RoleBody & { key: string }) =>
    request<CustomRole>("PATCH", path("roles", key), { body }),
  );
export const useDeleteRole = () => useChange((key: string) => request<null>("DELETE", path("roles", key)));

type AccountBody = Pick<ServiceAccount, "name" | "description" | "roles">;
export const useCreateServiceAccount = () =>
  useChange((body: AccountBody) => request<ServiceAccount>("POST", "/service-accounts", { body }));
export const useUpdateServiceAccount = () =>
  useChange(({ id, ...body }: AccountBody & { id: string }) =>
    request<ServiceAccount>("PATCH", path("service-accounts", id), { body }),
  );
export const useDeleteServiceAccount = () =>
  useChange((id: string) => request<null>("DELETE", path("service-accounts", id)));

export type ConnectionBody = Omit<SsoConnection, "id" | "redirect_uri" | "created_at" | "scopes" | "groups"> & {
  client_secret?: string;
};
function useSsoChange<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () =>
      Promise.all(["sso-connections", "tenant"].map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
}
export const useCreateConnection = () =>
  useSsoChange(
    async (body: ConnectionBody) => (await request<SsoConnection>("POST", "/sso-connections", { body })).data,
  );
export const useUpdateConnection = () =>
  useSsoChange(
    async ({ id, ...body }: ConnectionBody & { id: string }) =>
      (await request<SsoConnection>("PATCH", path("sso-connections", id), { body })).data,
  );
export const useDeleteConnection = () =>
  useSsoChange((id: string) => request<null>("DELETE", path("sso-connections", id)));
export const useUpdateRules = (tenant: string) =>
  useSsoChange((body: Partial<Pick<TenantRules, "requires_second_factor" | "requires_sso">>) =>
    request<TenantRules>("PATCH", path("tenants", tenant), { body }),
  );

/** What a link of an invitation is good for, and the two ways to take it. */
export const lookAtInvitation = async (token: string) =>
  (await request<InvitationLook>("POST", "/invitations/look", { body: { token } })).data;
export const acceptInvitation = (body: { token: string; name: string; password: string }) =>
  request<{ tenant: string; email: string }>("POST", "/invitations/accept", { body });
export const joinByInvitation = (token: string) =>
  request<{ tenant: string; email: string }>("POST", "/invitations/join", { body: { token } });
export const openTenantAfterJoining = (tenant: string) =>
  request<Session>("POST", "/session/tenant", { body: { tenant } });
