// A TCP proxy between an SDK and its server that can go silent without closing, be slow, cut connections and deliver bytes
// in the smallest pieces.

import { connect, createServer } from "node:net";

export class Proxy {
  #server;
  #pairs = new Set();
  #silent = false;
  #piece = 0;
  #pause = 0;

  constructor(target) {
    this.target = target;
  }

  async start() {
    this.#server = createServer((client) => this.#join(client));
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Connections accepted so far and still open. */
  get open() {
    return this.#pairs.size;
  }

  /** Half-open: existing connections stay open and carry nothing more, in either direction. New ones work. */
  freeze() {
    for (const pair of this.#pairs) pair.frozen = true;
  }

  /** All bytes towards the SDK come in pieces of this size, with so many milliseconds between them. */
  slow(piece, pause) {
    this.#piece = piece;
    this.#pause = pause;
  }

  /** Accepts connections and carries nothing, or carries again what comes later. */
  set silent(silent) {
    this.#silent = silent;
  }

  /** Resets every connection. */
  cut() {
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
  }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client) {
    const upstream = connect(this.target, "127.0.0.1");
    const pair = { client, upstream, frozen: this.#silent };
    this.#pairs.add(pair);
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    const end = () => {
      if (pair.frozen && !client.destroyed) return;
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
    client.on("data", (bytes) => pair.frozen || upstream.write(bytes));
    let queue = Promise.resolve();
    upstream.on("data", (bytes) => {
      if (!this.#piece) queue = queue.then(() => pair.frozen || client.write(bytes));
      else for (let at = 0; at < bytes.length; at += this.#piece) queue = queue.then(() => this.#drip(pair, bytes, at));
    });
    upstream.on("end", () => (queue = queue.then(() => pair.frozen || client.end())));
  }

  #drip(pair, bytes, at) {
    if (!pair.frozen && !pair.client.destroyed) pair.client.write(bytes.subarray(at, at + this.#piece));
    return new Promise((resolve) => setTimeout(resolve, this.#pause));
  }
}
