// The only door to the server: JSON in, JSON out, problems as `ApiProblem`. Cookies carry the session.
import type { ProblemField } from "./types";

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
  reason?: string;
  query?: Record<string, string | number | boolean | null | undefined>;
  signal?: AbortSignal;
};

const TIMEOUT_MS = 15_000;

export async function request<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (options.ifMatch) headers["if-match"] = options.ifMatch;
  if (options.reason) headers["x-yardarm-reason"] = encodeURIComponent(options.reason);

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
