// The only door to the server: JSON in, JSON out, problems as `ApiProblem`. Cookies carry the session.
import type { ChangeRequestItem } from "./control";
import type { ProblemField } from "./types";
import { Asked, type Reason, theDesk, verdictOf, type Way } from "./way";

/** A refusal (RFC 9457), or the network being away (`status` 0). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly fields: ProblemField[];
  readonly traceId: string | null;
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    const text = (name: string) => (typeof body[name] === "string" ? (body[name] as string) : "");
    super(text("detail") || text("title") || `The server answered ${status}.`);
    this.name = "ApiProblem";
    this.status = status;
    this.code = text("code") || (status === 0 ? "offline" : `http_${status}`);
    this.detail = text("detail");
    this.fields = Array.isArray(body.errors) ? (body.errors as ProblemField[]) : [];
    this.traceId = text("trace_id") || null;
    this.body = body;
  }
}

export type Answer<T> = {
  data: T;
  /** Strong entity tag of the document, quotes included. */
  etag: string | null;
  /** Project revision that a write made. */
  rev: number | null;
};

type Options = {
  body?: unknown;
  ifMatch?: string;
  reason?: Reason;
  query?: Record<string, string | number | boolean | null | undefined>;
  signal?: AbortSignal;
};

const TIMEOUT_MS = 15_000;

/** Headers of why, and of the way. */
function said(text: string, way: Way | null): Record<string, string> {
  const headers: Record<string, string> = {};
  if (text) headers["x-yardarm-reason"] = encodeURIComponent(text);
  if (way === "bypass") headers["x-yardarm-bypass"] = "true";
  else if (way && way !== "straight" && "into" in way) headers["x-yardarm-change-request"] = way.into;
  else if (way && way !== "straight") {
    headers["x-yardarm-change-request"] = "new";
    headers["x-yardarm-change-request-title"] = encodeURIComponent(way.title);
  }
  return headers;
}

/**
 * Asks the server. A change that policies hold goes another way, if the caller or the shell says so; when it is put into a
 * change request, `Asked` is thrown, because nothing that was to follow the change should.
 */
export async function request<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
  const { reason = "" } = options;
  const { text, way } = typeof reason === "string" ? { text: reason, way: null } : reason;
  try {
    const answer = await send<T>(method, path, { ...options, headers: said(text, way) });
    const drafted = (answer.data as { change_request?: ChangeRequestItem } | null)?.change_request;
    if (way === null || typeof way === "string" || !drafted) return answer;
    if ("into" in way) throw new Asked(drafted, true);
    throw new Asked(
      await submitted(`${path.split("/").slice(0, 3).join("/")}/change-requests/${drafted.id}`, way.schedule),
      false,
    );
  } catch (problem) {
    const verdict = verdictOf(problem);
    const desk = theDesk();
    if (!verdict || way !== null || !desk) {
      if (problem instanceof Asked) desk?.tell(problem);
      throw problem;
    }
    const again = (next: Reason) => request<T>(method, path, { ...options, reason: next });
    return (await desk.ask({ problem: problem as ApiProblem, verdict, again })) as Answer<T>;
  }
}

/** Asks others about a draft, or gives it its time. What cannot be submitted is taken back: it is not to be made twice. */
async function submitted(place: string, schedule: unknown): Promise<ChangeRequestItem> {
  try {
    const answer = schedule
      ? await send<ChangeRequestItem>("PUT", `${place}/schedule`, { body: schedule })
      : await send<ChangeRequestItem>("POST", `${place}/submit`);
    return answer.data;
  } catch (problem) {
    await send("POST", `${place}/withdraw`).catch(() => null);
    throw problem;
  }
}

async function send<T>(
  method: string,
  path: string,
  options: Omit<Options, "reason"> & { headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const headers: Record<string, string> = { accept: "application/json", ...options.headers };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (options.ifMatch) headers["if-match"] = options.ifMatch;

  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}${query.size > 0 ? `?${query}` : ""}`, {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      credentials: "same-origin",
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiProblem(0, {
      code: timeout.aborted ? "timeout" : "offline",
      detail: timeout.aborted
        ? "The server did not answer within 15 seconds."
        : "The server cannot be reached. Check that it is running.",
    });
  }

  const text = await response.text();
  let data: unknown = null;
  if (text) {
    try {
      data = JSON.parse(text);
    } catch {
      data = { detail: `The server answered ${response.status} with something that is not JSON.` };
    }
  }
  if (!response.ok) throw new ApiProblem(response.status, (data ?? {}) as Record<string, unknown>);
  const revision = response.headers.get("x-yardarm-revision")?.split(":").at(-1);
  return { data: data as T, etag: response.headers.get("etag"), rev: revision ? Number(revision) : null };
}

export const get = async <T>(path: string, query?: Options["query"], signal?: AbortSignal): Promise<T> =>
  (await request<T>("GET", path, { query, signal })).data;

/** A path with every part escaped: `path("projects", "web")` → `/projects/web`. */
export function path(...parts: string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join("");
}
