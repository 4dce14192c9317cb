/** A server that does what a test says. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export type Answer = (asked: Asked, response: ServerResponse) => void;

export class Scripted {
  readonly asked: Asked[] = [];
  answer: Answer = (_, response) => response.writeHead(503).end();
  readonly #open = new Set<ServerResponse>();
  #http: Server | undefined;
  #port = 0;

  static async start(answer?: Answer): Promise<Scripted> {
    const server = new Scripted();
    if (answer) server.answer = answer;
    await server.listen();
    return server;
  }

  async listen(): Promise<void> {
    this.#http = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const asked = { path: request.url ?? "", method: request.method ?? "", headers: request.headers, body };
      this.asked.push(asked);
      this.#open.add(response);
      response.once("close", () => this.#open.delete(response));
      this.answer(asked, response);
    });
    await new Promise<void>((resolve) => this.#http?.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  of(path: string): Asked[] {
    return this.asked.filter((asked) => asked.path.split("?")[0] === path);
  }

  /** As if the process had died. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#http?.close(resolve));
    this.#http?.closeAllConnections();
    await closed;
  }
}

export const STREAM = "/sdk/v1/stream";
export const RULESET = "/sdk/v1/ruleset";
export const EVENTS = "/sdk/v1/events";

/** A stream that sends these frames and stays open. */
export function stream(response: ServerResponse, ...frames: string[]): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(": hello\n\n");
  for (const frame of frames) response.write(frame);
}

export const frame = (event: string, data: unknown) =>
  `event: ${event}\ndata: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;

export function flag(value: unknown) {
  const type = typeof value === "object" ? "json" : typeof value;
  const serve = { serve: { variant: "v" } };
  return { on: true, type, variants: { v: value }, off: serve, default: serve };
}

export function ruleset(epoch: string, rev: number, value: unknown, more: object = {}) {
  return { format: 1, project: "p", environment: "e", version: { epoch, rev }, flags: { f: flag(value), ...more } };
}

export function patch(from: [string, number], to: [string, number], value: unknown) {
  const version = ([epoch, rev]: [string, number]) => ({ epoch, rev });
  return { from: version(from), to: version(to), flags: { f: flag(value) } };
}

/** Waits until something is so. */
export async function until(what: string, done: () => unknown): Promise<void> {
  const end = performance.now() + 30_000;
  while (!done()) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
