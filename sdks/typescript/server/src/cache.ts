/** The cache: the last ruleset, so that an application starts with the server away. */

import { builtin, pid } from "./node.js";

/** Where the last ruleset is kept. A path is one; an edge runtime has its own kinds of storage. */
export interface RulesetCache {
  /** The rulesets that are kept, as they were written; the newest first. */
  read(): Iterable<string>;
  /** Keeps a ruleset in place of the one before. */
  write(ruleset: string): Promise<void>;
}

const MAGIC = "yardarm-cache 1";

/**
 * A file. One header line, `yardarm-cache 1 <SHA-256 of the body> <fingerprint of the SDK key>`, then the ruleset as JSON.
 * Written to a temporary file, synced, renamed over; the one before is kept as `….previous`. What does not verify is
 * ignored.
 */
export class CacheFile implements RulesetCache {
  readonly #path: string;
  readonly #limit: number;
  readonly #warn: (message: string) => void;
  readonly #fingerprint: string;
  readonly #fs = required<typeof import("node:fs")>("fs");
  readonly #crypto = required<typeof import("node:crypto")>("crypto");
  readonly #paths = required<typeof import("node:path")>("path");

  /** `limit`: the most bytes that are read back. */
  constructor(path: string, key: string, limit: number, warn: (message: string) => void) {
    this.#path = path;
    this.#limit = limit;
    this.#warn = warn;
    this.#fingerprint = this.#digest(key).slice(0, 16);
  }

  *read(): Iterable<string> {
    for (const path of [this.#path, `${this.#path}.previous`]) {
      try {
        if (this.#fs.statSync(path).size > this.#limit) throw new Error(`it is larger than ${this.#limit} bytes`);
        const text = this.#fs.readFileSync(path, "utf8");
        const end = text.indexOf("\n");
        const body = text.slice(end + 1);
        if (end < 0 || text.slice(0, end) !== this.#header(body)) {
          throw new Error("its header does not match: it is damaged, or of another SDK key");
        }
        yield body;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code !== "ENOENT") this.#warn(`the cache file ${path} is ignored: ${message}`);
      }
    }
  }

  async write(ruleset: string): Promise<void> {
    const { promises } = this.#fs;
    const directory = this.#paths.dirname(this.#path);
    await promises.mkdir(directory, { recursive: true });
    // Only a file gives way: a directory would be moved aside like an older file.
    const there = await promises.stat(this.#path).catch(() => undefined);
    if (there !== undefined && !there.isFile()) throw new Error(`${this.#path} is not a file`);
    const temporary = `${this.#path}.${pid}.tmp`;
    try {
      const file = await promises.open(temporary, "w", 0o600);
      try {
        await file.writeFile(`${this.#header(ruleset)}\n${ruleset}`);
        await file.sync();
      } finally {
        await file.close();
      }
      await promises.rename(this.#path, `${this.#path}.previous`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
      await promises.rename(temporary, this.#path);
    } catch (error) {
      await promises.rm(temporary, { force: true }).catch(() => {});
      throw error;
    }
    // Directories cannot be opened for syncing everywhere; the file itself is safe by now.
    const folder = await promises.open(directory, "r").catch(() => undefined);
    await folder?.sync().catch(() => {});
    await folder?.close();
  }

  #header(body: string): string {
    return `${MAGIC} ${this.#digest(body)} ${this.#fingerprint}`;
  }

  #digest(text: string): string {
    return this.#crypto.createHash("sha256").update(text, "utf8").digest("hex");
  }
}

function required<T>(name: string): T {
  const found = builtin<T>(name);
  if (found === undefined)
    throw new Error(`a cache file needs node:${name}; give an object with read() and write() here`);
  return found;
}

/** The text of a file, now. */
export function fileText(path: string): string {
  return required<typeof import("node:fs")>("fs").readFileSync(path, "utf8");
}
