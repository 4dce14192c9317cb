// A running test service: the SDK under test, driven by JSON lines (PROTOCOL.md).

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Longest time that a service may take for an answer that the SDK itself does not wait for. */
const PATIENCE = 60_000;

export class Service {
  #child;
  #waiting = new Map();
  #next = 0;
  #ended = null;
  #log = [];

  /** `environment`: more variables; `wrap`: words before the command. */
  static async start(command, { environment = {}, wrap = [] } = {}) {
    const service = new Service();
    const words = [...wrap, command];
    const { PATH, HOME, CARGO_TARGET_DIR } = process.env;
    const inherited = { PATH, HOME, CARGO_TARGET_DIR };
    const given = Object.entries({ ...inherited, ...environment }).filter(([, value]) => value !== undefined);
    service.#child = spawn(words[0], words.slice(1), { env: Object.fromEntries(given), stdio: ["pipe", "pipe", "pipe"] });
    service.ended = new Promise((resolve) => service.#child.once("exit", (code, signal) => resolve(signal ?? code)));
    service.ended.then((how) => service.#end(how));
    service.#child.once("error", (error) => service.#end(error));
    service.#child.stdin.on("error", () => {});
    service.#child.stderr.on("data", (data) => service.#keep(data.toString()));
    createInterface({ input: service.#child.stdout }).on("line", (line) => service.#heard(line));
    service.is = await service.do("hello");
    return service;
  }

  get pid() {
    return this.#child.pid;
  }

  /** What it wrote to standard error. */
  get log() {
    return this.#log.join("");
  }

  /** Asks; the answer's `ok`. Throws what failed. */
  async do(command, members = {}) {
    const answer = await this.ask(command, members);
    if (answer.unsupported) throw new Unsupported(`${this.is?.sdk} has no ${command}`);
    if (!answer.ok) throw new Failed(`${command}: ${answer.failed}`);
    return answer.ok;
  }

  ask(command, members = {}) {
    if (this.#ended !== null) throw new Error(`the service ended (${this.#ended}):\n${this.log.slice(-2000)}`);
    const id = ++this.#next;
    const patience = PATIENCE + (members.limit ?? 0);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no answer to ${command} within ${patience} ms`));
      }, patience);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#child.stdin.write(`${JSON.stringify({ id, do: command, ...members })}\n`);
    });
  }

  kill(signal) {
    this.#child.kill(signal);
  }

  /** Ends standard input; how the process ended. */
  async stop() {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE);
    const how = await this.ended;
    clearTimeout(timer);
    return how;
  }

  #keep(text) {
    this.#log.push(text);
    if (this.#log.length > 20_000) this.#log.shift();
  }

  #heard(line) {
    let answer;
    try {
      answer = JSON.parse(line);
    } catch {
      this.#keep(`(not JSON on standard output) ${line}\n`);
      return;
    }
    const asked = this.#waiting.get(answer.id);
    if (!asked) return;
    this.#waiting.delete(answer.id);
    clearTimeout(asked.timer);
    asked.resolve(answer);
  }

  #end(how) {
    this.#ended = how;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error(`the service ended (${how}):\n${this.log.slice(-2000)}`));
    }
    this.#waiting.clear();
  }
}

/** The SDK did not do it. */
export class Failed extends Error {}

/** The language cannot have it, and `hello` has to say so. */
export class Unsupported extends Error {}
