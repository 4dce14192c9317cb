/**
 * What only Node.js and its like have, found without an import: so that the same package works where they are missing.
 */

import type { ClientRequest, IncomingMessage } from "node:http";
import type { Fetch } from "../../core/src/http.js";

interface Process {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly pid?: number;
  readonly versions?: Readonly<Record<string, string | undefined>>;
  getBuiltinModule?<T>(name: string): T | undefined;
}

const { process } = globalThis as { process?: Process };

/** A module of the platform; `undefined` where there is none. */
export function builtin<T>(name: string): T | undefined {
  try {
    return process?.getBuiltinModule?.<T>(`node:${name}`);
  } catch {
    return undefined;
  }
}

/** A variable of the environment. */
export function variable(name: string): string | undefined {
  try {
    return process?.env?.[name];
  } catch {
    // Deno asks for a permission.
    return undefined;
  }
}

export const pid = process?.pid ?? 0;

/**
 * `fetch` on Node's own HTTP client, whose connections can be told not to keep the process alive. Nothing where `fetch` is
 * the better choice: elsewhere than in Node.
 */
export function nodeFetch(connectWithin: number): Fetch | undefined {
  if (!process?.versions?.node || process.versions.bun || process.versions.deno) return undefined;
  const http = builtin<typeof import("node:http")>("http");
  const https = builtin<typeof import("node:https")>("https");
  const stream = builtin<typeof import("node:stream")>("stream");
  const zlib = builtin<typeof import("node:zlib")>("zlib");
  if (!http || !https || !stream || !zlib) return undefined;
  const agents = { "http:": new http.Agent({ keepAlive: true }), "https:": new https.Agent({ keepAlive: true }) };
  return (address, init) =>
    new Promise((resolve, reject) => {
      const url = new URL(address);
      const secure = url.protocol === "https:";
      const headers = { ...(init.headers as Record<string, string>) };
      // A compressed stream of events would be held back by every proxy on the way.
      if (headers.accept === undefined) headers["accept-encoding"] = "gzip";
      const body = init.body as string | undefined;
      if (body !== undefined) headers["content-length"] = String(new TextEncoder().encode(body).length);
      const options = { method: init.method ?? "GET", headers, agent: agents[secure ? "https:" : "http:"] };
      const request: ClientRequest = (secure ? https : http).request(url, options);
      const ended = () => request.destroy(new Error("ended"));
      init.signal?.addEventListener("abort", ended);
      request.once("close", () => init.signal?.removeEventListener("abort", ended));
      request.once("error", reject);
      request.on("socket", (socket) => {
        socket.unref();
        if (!socket.connecting) return;
        const late = setTimeout(
          () => request.destroy(new Error(`no connection within ${connectWithin} ms`)),
          connectWithin,
        );
        late.unref();
        socket.once("connect", () => clearTimeout(late));
        socket.once("close", () => clearTimeout(late));
      });
      request.once("response", (answer: IncomingMessage) => {
        const status = answer.statusCode ?? 0;
        const entries = Object.entries(answer.headers).map(
          ([name, value]) => [name, String(value)] as [string, string],
        );
        if (status === 204 || status === 304) {
          answer.resume();
          resolve(new Response(null, { status, headers: entries }));
          return;
        }
        const zipped = answer.headers["content-encoding"] === "gzip";
        const body = zipped ? stream.pipeline(answer, zlib.createGunzip(), () => {}) : answer;
        // Ended by us or by the server in the middle: whoever reads is told, and nobody else.
        body.on("error", () => {});
        resolve(
          new Response(stream.Readable.toWeb(body) as unknown as ReadableStream<Uint8Array>, {
            status,
            headers: entries,
          }),
        );
      });
      if (init.signal?.aborted) ended();
      request.end(body);
    });
}
