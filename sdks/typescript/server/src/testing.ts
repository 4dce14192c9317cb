import { type JsonValue, typeOf } from "../../core/src/details.js";
import { Client } from "./client.js";

interface TestFlag {
  value: JsonValue;
  readonly targets: Map<string, JsonValue>;
}

/**
 * A client for tests, whose flags are set by hand: no server, no background work, the real evaluator.
 *
 * ```ts
 * const flags = new TestClient().set("new-checkout", true).setFor("new-checkout", "user-7", false);
 * flags.boolean("new-checkout", { targetingKey: "user-1" }, false); // true
 * ```
 */
export class TestClient extends Client {
  readonly #flags = new Map<string, TestFlag>();
  #rev = 0;

  constructor() {
    super({ url: "http://test.invalid", sdkKey: "yd_srv_test", logger: null, countEvaluations: false });
    this.#change();
  }

  protected override connects(): boolean {
    return false;
  }

  /** Makes a flag answer this value to everyone. The value's type is the flag's type. */
  set(flag: string, value: JsonValue): this {
    this.#flags.set(flag, { value, targets: new Map() });
    return this.#change();
  }

  /** Makes a flag answer another value of the same type to one targeting key. */
  setFor(flag: string, targetingKey: string, value: JsonValue): this {
    const known = this.#flags.get(flag) ?? { value, targets: new Map<string, JsonValue>() };
    known.targets.set(targetingKey, value);
    this.#flags.set(flag, known);
    return this.#change();
  }

  /** Makes a flag unknown. */
  remove(flag: string): this {
    this.#flags.delete(flag);
    return this.#change();
  }

  /** Answers from this ruleset, as `GET /sdk/v1/ruleset` gives it: as text or parsed. */
  load(ruleset: string | object): this {
    this.held.identity = undefined;
    this.held.put(typeof ruleset === "string" ? ruleset : JSON.stringify(ruleset), "local");
    return this;
  }

  /** Stops the clock that rules look at here: milliseconds since 1970. */
  at(milliseconds: number): this {
    this.clock = () => milliseconds;
    return this;
  }

  #change(): this {
    const flags = Object.fromEntries([...this.#flags].map(([key, flag]) => [key, written(flag)]));
    const version = { epoch: "test", rev: ++this.#rev };
    return this.load({ format: 1, project: "test", environment: "test", version, flags });
  }
}

/** As a ruleset has it. */
function written({ value, targets }: TestFlag): object {
  const serve = { serve: { variant: "value" } };
  const variants: Record<string, JsonValue> = { value };
  const rules = [...targets].map(([targetingKey, value], index) => {
    const variant = `target-${index}`;
    variants[variant] = value;
    const test = { attr: ["targetingKey"], op: "in", arg: [targetingKey] };
    return { id: `target:${variant}`, if: { test }, serve: { variant } };
  });
  return { on: true, type: typeOf(value), variants, rules, off: serve, default: serve };
}
