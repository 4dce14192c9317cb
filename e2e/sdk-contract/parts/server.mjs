// A server that does what a scenario says: status codes, frames, bytes, silence. Where nothing is said, a correct little
// delivery server: streams put, patch and ping, answers the whole with an ETag, acknowledges batches.

import { createHash } from "node:crypto";
import { createServer } from "node:http";

import { patchOf } from "./ruleset.mjs";

export const PATHS = {
  stream: "/sdk/v1/stream",
  ruleset: "/sdk/v1/ruleset",
  events: "/sdk/v1/events",
  bulk: "/ofrep/v1/evaluate/flags",
  changes: "/ofrep/v1/stream",
};
const NAMES = Object.fromEntries(Object.entries(PATHS).map(([name, path]) => [path, name]));

const idOf = ({ epoch, rev }) => `${epoch}:${rev}`;

/** An open event stream, as the scenario holds it. */
class Stream {
  constructor(response) {
    this.response = response;
    this.closed = new Promise((resolve) => response.once("close", resolve));
  }

  /** One whole frame. */
  frame(event, data, id) {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    return this.raw(`event: ${event}\n${id ? `id: ${id}\n` : ""}data: ${text}\n\n`);
  }

  put(ruleset) {
    return this.frame("put", ruleset, idOf(ruleset.version));
  }

  patch(patch) {
    return this.frame("patch", patch, idOf(patch.to));
  }

  ping() {
    return this.frame("ping", "{}");
  }

  /** Bytes as they are. */
  raw(bytes) {
    if (!this.response.destroyed) this.response.write(bytes);
    return this;
  }

  /** The end in good order. */
  end() {
    this.response.end();
    return this;
  }

  /** The end without a goodbye of any layer. */
  cut() {
    this.response.socket?.resetAndDestroy();
    return this;
  }
}

/** How a scenario answers one request. */
class Reply {
  constructor(response) {
    this.response = response;
  }

  status(code, headers = {}, body = "") {
    this.response.writeHead(code, { "content-length": Buffer.byteLength(body), ...headers }).end(body);
  }

  json(body, headers = {}, code = 200) {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    this.status(code, { "content-type": "application/json", ...headers }, text);
  }

  stream(headers = {}) {
    this.response.socket?.setNoDelay(true);
    this.response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", ...headers });
    this.response.flushHeaders();
    return new Stream(this.response);
  }

  /** Takes the question and never answers. */
  hang() {}
}

export class Server {
  #http = null;
  #sockets = new Set();
  #port = 0;
  #scripts = { stream: [], ruleset: [], events: [], bulk: [], changes: [] };
  #streams = new Set();
  #log = [];

  /** The ruleset that the correct little server serves; none: it answers 503. */
  ruleset = null;

  async start() {
    this.#http = createServer((request, response) => this.#answer(request, response).catch(() => response.destroy()));
    this.#http.keepAliveTimeout = 60_000;
    this.#http.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => this.#sockets.delete(socket));
    });
    await new Promise((resolve, reject) => {
      this.#http.once("error", reject);
      this.#http.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = this.#http.address().port;
    return this;
  }

  /** As if the process had died. `start` brings it back on the same port. */
  async stop() {
    const http = this.#http;
    if (!http) return;
    this.#http = null;
    const closed = new Promise((resolve) => http.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  get port() {
    return this.#port;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Says what the next requests of a kind get, one after the other; after those the little server answers. */
  script(kind, ...steps) {
    this.#scripts[kind].push(...steps);
    return this;
  }

  /** The same answer to every request of a kind, until `null` is set. */
  always = {};

  /** Requests of a kind so far: `headers`, `body` (text), `json` (parsed), `at` (monotonic milliseconds). */
  requests(kind) {
    return this.#log.filter((request) => request.kind === kind);
  }

  /** Everything asked so far, whatever it was. */
  get log() {
    return this.#log;
  }

  /** Streams of the little server that are open. */
  get streams() {
    return [...this.#streams];
  }

  /** Serves another ruleset and tells the open streams by patch. */
  change(ruleset) {
    const patch = this.ruleset && patchOf(this.ruleset, ruleset);
    this.ruleset = ruleset;
    for (const stream of this.#streams) patch ? stream.patch(patch) : stream.put(ruleset);
  }

  /** All acknowledged batches, each id once. */
  batches() {
    const acknowledged = this.requests("events").filter((request) => request.status < 300);
    return [...new Map(acknowledged.map(({ json }) => [json.batch, json])).values()];
  }

  async #answer(message, response) {
    const chunks = [];
    for await (const chunk of message) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const path = message.url.split("?")[0];
    const kind = NAMES[path] ?? path;
    const request = { kind, path: message.url, method: message.method, headers: message.headers, body, at: performance.now() };
    try {
      request.json = body ? JSON.parse(body) : undefined;
    } catch {
      request.json = undefined;
    }
    request.nth = this.requests(kind).length;
    this.#log.push(request);
    response.on("error", () => {});
    response.once("close", () => (request.closed = performance.now()));
    const step = this.always[kind] ?? this.#scripts[kind]?.shift() ?? this[`_${kind}`];
    const reply = new Reply(response);
    await (step ? step.call(this, reply, request) : reply.status(404));
    request.status = response.statusCode;
  }

  _stream(reply, request) {
    if (!this.ruleset) return reply.status(503);
    const stream = reply.stream();
    this.#streams.add(stream);
    stream.closed.then(() => this.#streams.delete(stream));
    request.headers["last-event-id"] === idOf(this.ruleset.version) ? stream.ping() : stream.put(this.ruleset);
  }

  _ruleset(reply, request) {
    if (!this.ruleset) return reply.status(503);
    const text = JSON.stringify(this.ruleset);
    const etag = `"${createHash("sha256").update(text).digest("hex").slice(0, 32)}"`;
    request.headers["if-none-match"] === etag ? reply.status(304, { etag }) : reply.json(text, { etag });
  }

  _events(reply) {
    reply.status(202);
  }

  /** For client keys: a function of the context that gives {flag: value, or an OFREP answer}. None: 503. */
  answers = null;
  #listeners = new Set();

  /** Streams of client keys that are open. */
  get listeners() {
    return [...this.#listeners];
  }

  /** Answers differently from now on, and says so to whoever listens. */
  answerNow(answers) {
    this.answers = answers;
    for (const stream of this.#listeners) stream.frame("message", { type: "refetchEvaluation" });
  }

  _bulk(reply, request) {
    if (!this.answers) return reply.status(503);
    const found = Object.entries(this.answers(request.json?.context ?? {}));
    const flags = found.map(([key, it]) =>
      it?.errorCode || it?.reason ? { key, ...it } : { key, value: it, variant: "v", reason: "STATIC", metadata: { flagSetId: "p/e", version: "a:1" } },
    );
    const eventStreams = [{ type: "sse", endpoint: { requestUri: "/ofrep/v1/stream?ticket=t" }, inactivityDelaySec: 120 }];
    const text = JSON.stringify({ flags, metadata: { flagSetId: "p/e", version: "a:1" }, eventStreams });
    const etag = `"${createHash("sha256").update(text + request.body).digest("hex").slice(0, 32)}"`;
    request.headers["if-none-match"] === etag ? reply.status(304, { etag }) : reply.json(text, { etag });
  }

  _changes(reply) {
    const stream = reply.stream();
    this.#listeners.add(stream);
    stream.closed.then(() => this.#listeners.delete(stream));
    stream.raw("retry: 1000\n\n");
  }
}
