import type { JsonValue } from "./details.js";
import { sha256 } from "./sha256.js";

/** What may leave the process of what the application says about its users. */
export class Privacy {
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[] = []) {
    this.#names = new Set(names);
  }

  /** The targeting key as it may be sent: as it is or, when it is private, a digest that still tells units apart. */
  unit(targetingKey: string): string {
    return this.#names.has("targetingKey") ? `sha256:${sha256(targetingKey).slice(0, 32)}` : targetingKey;
  }

  /** The same value without private members, at any depth. */
  scrubbed(value: JsonValue): JsonValue {
    if (this.#names.size === 0 || typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((element: JsonValue) => this.scrubbed(element));
    const kept = Object.entries(value).filter(([name]) => !this.#names.has(name));
    return Object.fromEntries(kept.map(([name, member]) => [name, this.scrubbed(member as JsonValue)]));
  }
}
