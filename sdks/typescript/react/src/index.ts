/** `@yardarm/react`: flags of `@yardarm/web` as hooks. A component renders again when its flag changes, and only then. */

import type { Client, Details, JsonValue, Status } from "@yardarm/web";
import {
  createContext,
  createElement,
  type ReactNode,
  useCallback,
  useContext,
  useRef,
  useSyncExternalStore,
} from "react";

/** Answers that a server made while it rendered: `all(context)` of `@yardarm/server`. */
export type Bootstrap = Readonly<Record<string, Details<JsonValue>>>;

interface Flags {
  readonly client: Client | undefined;
  readonly bootstrap: Bootstrap | undefined;
}

const FlagContext = createContext<Flags>({ client: undefined, bootstrap: undefined });

/** What `FlagProvider` takes. */
export interface FlagProviderProps {
  /** The client; none while a server renders. */
  readonly client?: Client | undefined;
  /** What the server answered: it renders with this, and the browser's first rendering says the same. */
  readonly bootstrap?: Bootstrap | undefined;
  readonly children?: ReactNode;
}

/** Gives a client to the components below. */
export function FlagProvider({ client, bootstrap, children }: FlagProviderProps): ReactNode {
  // One value as long as nothing changed, so that nobody below renders again for nothing.
  const value = useRef<Flags>({ client, bootstrap });
  if (value.current.client !== client || value.current.bootstrap !== bootstrap) value.current = { client, bootstrap };
  return createElement(FlagContext.Provider, { value: value.current }, children);
}

/** The type of a flag with this fallback: `true` asks for a boolean, not for `true`. */
export type Widened<T extends JsonValue> = T extends boolean
  ? boolean
  : T extends string
    ? string
    : T extends number
      ? number
      : T;

/** The flag's value, or `fallback`, whose type is the type that is asked for. */
export function useFlag<T extends JsonValue>(flag: string, fallback: T): Widened<T> {
  return useAnswer(flag, fallback, (details) => details.value) as Widened<T>;
}

/** The flag's value with the reasons for it. */
export function useFlagDetails<T extends JsonValue>(flag: string, fallback: T): Details<Widened<T>> {
  const last = useRef<Details<JsonValue>>(undefined);
  return useAnswer(flag, fallback, (details) => {
    // The same object as long as it says the same: React asks whether something changed by identity.
    if (!last.current || !same(last.current, details)) last.current = details;
    return last.current;
  }) as Details<Widened<T>>;
}

/** The client, for what hooks do not do: `track`, `setContext`. None while a server renders. */
export function useClient(): Client | undefined {
  return useContext(FlagContext).client;
}

/** Where the client stands. */
export function useStatus(): Status {
  const { client, bootstrap } = useContext(FlagContext);
  const subscribe = useSubscription(client);
  const last = useRef<Status>(NOTHING);
  const read = (status: Status) => {
    const { state, version } = last.current;
    if (state !== status.state || version !== status.version) last.current = status;
    return last.current;
  };
  const initial = () => read(bootstrap ? started(bootstrap) : NOTHING);
  return useSyncExternalStore(subscribe, () => (client ? read(client.status) : initial()), initial);
}

const NOTHING: Status = { state: "NOT_READY", version: null, error: null, failures: 0 };

function started(bootstrap: Bootstrap): Status {
  return { ...NOTHING, state: "STALE", version: Object.values(bootstrap)[0]?.version ?? null };
}

function useAnswer<R>(flag: string, fallback: JsonValue, take: (details: Details<JsonValue>) => R): R {
  const { client, bootstrap } = useContext(FlagContext);
  const subscribe = useSubscription(client);
  const rendered = () =>
    take(bootstrap || !client ? ofBootstrap(bootstrap, flag, fallback) : ask(client, flag, fallback));
  return useSyncExternalStore(subscribe, () => (client ? take(ask(client, flag, fallback)) : rendered()), rendered);
}

function useSubscription(client: Client | undefined): (told: () => void) => () => void {
  return useCallback((told: () => void) => client?.observe(told) ?? (() => {}), [client]);
}

function ask(client: Client, flag: string, fallback: JsonValue): Details<JsonValue> {
  if (typeof fallback === "boolean") return client.booleanDetails(flag, fallback);
  if (typeof fallback === "string") return client.stringDetails(flag, fallback);
  if (typeof fallback === "number") return client.numberDetails(flag, fallback);
  return client.jsonDetails(flag, fallback);
}

function ofBootstrap(bootstrap: Bootstrap | undefined, flag: string, fallback: JsonValue): Details<JsonValue> {
  const nothing = { value: fallback, variant: null, reason: "ERROR", rule: null, version: null } as const;
  if (!bootstrap) return { ...nothing, error: "PROVIDER_NOT_READY" };
  const answer = Object.hasOwn(bootstrap, flag) ? bootstrap[flag] : undefined;
  if (!answer) return { ...nothing, error: "FLAG_NOT_FOUND" };
  // Without a variant the value is left to the caller.
  if (answer.variant === null) return { ...answer, value: fallback };
  const typed = typeof fallback === "object" || typeof fallback === typeof answer.value;
  return typed ? answer : { ...nothing, version: answer.version, error: "TYPE_MISMATCH" };
}

function same(a: Details<JsonValue>, b: Details<JsonValue>): boolean {
  return (Object.keys(b) as (keyof Details<JsonValue>)[]).every((member) => Object.is(a[member], b[member]));
}
