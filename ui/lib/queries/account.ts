import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, path, request } from "../api/client";
import type {
  AddedPasskey,
  Asked,
  CreationOptions,
  List,
  OpenSession,
  Passkey,
  RecoveryCodes,
  Security,
  TotpEnrolment,
} from "../api/types";
import { createPasskey } from "../passkeys";

export const useSecurity = () =>
  useQuery({ queryKey: ["security"], queryFn: ({ signal }) => get<Security>("/account/security", undefined, signal) });

export const useSessions = () =>
  useQuery({
    queryKey: ["sessions"],
    queryFn: ({ signal }) => get<List<OpenSession>>("/account/sessions", { limit: 500 }, signal),
  });

export const usePasskeys = () =>
  useQuery({
    queryKey: ["passkeys"],
    queryFn: ({ signal }) => get<List<Passkey>>("/account/passkeys", { limit: 500 }, signal),
  });

export const enrolTotp = async () => (await request<TotpEnrolment>("POST", "/account/totp/enrolment")).data;

/** What changes how one signs in: afterwards the account, the session and what the tenant still demands are read anew. */
function useAccountChange<T, V>(change: (variables: V) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () =>
      Promise.all(
        ["security", "passkeys", "sessions", "session"].map((key) => client.invalidateQueries({ queryKey: [key] })),
      ),
  });
}

export const useEnableTotp = () =>
  useAccountChange(
    async (body: { ticket: string; code: string }) =>
      (await request<RecoveryCodes>("PUT", "/account/totp", { body })).data,
  );
export const useDisableTotp = () => useAccountChange(() => request<null>("DELETE", "/account/totp"));
/** Asks the server, then the browser, then tells the server. */
export const useAddPasskey = () =>
  useAccountChange(async (name: string) => {
    const { data } = await request<Asked<CreationOptions>>("POST", "/account/passkeys/enrolment");
    const body = { ticket: data.ticket, name, credential: await createPasskey(data.options) };
    return (await request<AddedPasskey>("POST", "/account/passkeys", { body })).data;
  });
export const useRenamePasskey = () =>
  useAccountChange(({ id, name }: { id: string; name: string }) =>
    request<Passkey>("PATCH", path("account", "passkeys", id), { body: { name } }),
  );
export const useRemovePasskey = () =>
  useAccountChange((id: string) => request<null>("DELETE", path("account", "passkeys", id)));
export const useRenewRecoveryCodes = () =>
  useAccountChange(async () => (await request<RecoveryCodes>("POST", "/account/recovery-codes")).data);
export const useSetPassword = () =>
  useAccountChange((password: string) => request("PUT", "/account/password", { body: { password } }));
export const useEndSession = () =>
  useAccountChange((id: string) => request<null>("DELETE", path("account", "sessions", id)));
export const useEndOtherSessions = () => useAccountChange(() => request<null>("DELETE", "/account/sessions"));
