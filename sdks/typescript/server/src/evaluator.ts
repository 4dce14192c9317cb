/**
 * The evaluator: `crates/eval` as WebAssembly. Attributes that a flag reads are written into the module's memory, and a
 * number comes back that stands for an answer seen before. Synchronous, and nothing is allocated for an answer that was
 * given before.
 *
 * The other side of this boundary is `sdks/typescript/wasm`.
 */

import {
  type Context,
  type Details,
  type ErrorCode,
  type FlagType,
  frozen,
  type JsonValue,
  type Reason,
} from "../../core/src/details.js";
import {
  ABSENT,
  type Attribute,
  FALSE,
  JSON_TEXT,
  KIND_BITS,
  NULL,
  NUMBER,
  type Plan,
  type PlanText,
  planned,
  TEXT,
  TRUE,
  wordOf,
} from "./plan.js";

/** What the module exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly __stack_pointer: WebAssembly.Global<"i32">;
  open(): number;
  numbers(evaluator: number): number;
  words(evaluator: number): number;
  text(evaluator: number, room: number): number;
  output(evaluator: number): number;
  read(evaluator: number, length: number): number;
  take(evaluator: number): number;
  leave(evaluator: number): void;
  read_patch(evaluator: number, length: number): number;
  apply(evaluator: number): number;
  said(evaluator: number): number;
  ruleset(evaluator: number): number;
  keys(evaluator: number): number;
  plan(evaluator: number, length: number): number;
  evaluate(evaluator: number, flag: number, nowMs: number): number;
  evaluate_json(evaluator: number, flag: number, length: number, nowMs: number): number;
  evaluate_all(evaluator: number, length: number, nowMs: number): number;
  answer(evaluator: number, number: number): number;
}

/** A prepared answer. One object for each (flag, variant, rule, reason) that was ever given, until the ruleset changes. */
export interface Answer {
  readonly flag: string;
  /** The type of the flag; none when there is no value. */
  readonly type: FlagType | undefined;
  readonly value: JsonValue | undefined;
  readonly variant: string | null;
  readonly reason: Reason;
  readonly rule: string | null;
  readonly error: ErrorCode | null;
  /** For callers of the right type; its value is null when there is none. */
  readonly details: Details<JsonValue>;
  /** Calls that it was given to. */
  count: number;
  /** Calls for another type. */
  mismatches: number;
}

/** A plan in use. */
interface Ready extends Plan {
  /** The answer, when it does not depend on anything. */
  fixed: Answer | undefined;
}

/** All answers to one context. */
interface Usual {
  /** In the order of the keys. */
  readonly numbers: Uint32Array;
  readonly all: Record<string, Details<JsonValue>>;
}

/** (epoch, rev): what orders two states of one environment. */
export interface Version {
  readonly epoch: string;
  readonly rev: number;
}

/** Which ruleset it is. */
export interface Identity {
  readonly project: string;
  readonly environment: string;
  readonly version: Version;
}

const SLOTS = 64;
/** Longer texts are written by the platform's encoder. */
const BY_HAND = 48;
const ROOM = 4096;
/** Objects with more members are hash tables in V8, and a copy of one takes longer than filling another. */
const MOST_COPIED = 120;
const NONE: Usual = { numbers: new Uint32Array(0), all: {} };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Evaluates the flags of one environment. What flag calls use does not throw. */
export class Evaluator {
  readonly #wasm: Exports;
  readonly #pointer: number;
  readonly #stack: number;
  #bytes = new Uint8Array(0);
  #numbers = new Float64Array(0);
  #words = new Uint32Array(0);
  #plans = new Map<string, Ready>();
  #answers: (Answer | undefined)[] = [];
  #invalid = new Map<string, Answer>();
  #usual: Usual | undefined;
  #keys: readonly string[] | undefined;
  #version: string | null = null;

  constructor(module: WebAssembly.Module) {
    this.#wasm = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    this.#stack = this.#wasm.__stack_pointer.value;
    this.#pointer = this.#wasm.open();
    this.#look(ROOM);
  }

  /**
   * Reads a ruleset as text (64-bit numbers in it would not survive `JSON.parse`) and says which one it is. What is held
   * stays until {@link Evaluator.take}. Throws what is wrong with it.
   */
  read(ruleset: string): Identity {
    return this.#guarded(() => {
      const readable = this.#wasm.read(this.#pointer, this.#write(ruleset)) === 1;
      this.#look(ROOM);
      return this.#identified<Identity>(readable, "ruleset");
    });
  }

  /** Takes what was read last in place of what is held. Drain {@link Evaluator.counted} before. */
  take(version: Version): void {
    this.#guarded(() => this.#wasm.take(this.#pointer));
    this.#changed(version);
  }

  /** Forgets what was read last. */
  leave(): void {
    this.#guarded(() => this.#wasm.leave(this.#pointer));
  }

  /** Reads a patch and says what it leads from and to. Throws what is wrong with it. */
  readPatch(patch: string): { from: Version; to: Version } {
    return this.#guarded(() => {
      const readable = this.#wasm.read_patch(this.#pointer, this.#write(patch)) === 1;
      this.#look(ROOM);
      return this.#identified<{ from: Version; to: Version }>(readable, "patch");
    });
  }

  /** Applies the patch that was read last, if it starts from what is held. Drain {@link Evaluator.counted} before. */
  apply(version: Version): boolean {
    const applied = this.#guarded(() => this.#wasm.apply(this.#pointer) === 1);
    if (applied) this.#changed(version);
    return applied;
  }

  /** The ruleset that is held, as JSON; `null` without one. */
  ruleset(): string {
    return this.#guarded(() => this.#said(this.#wasm.ruleset(this.#pointer)));
  }

  /** All flag keys, in order. */
  keys(): readonly string[] {
    this.#keys ??= this.#guarded(() => JSON.parse(this.#said(this.#wasm.keys(this.#pointer))) as string[]);
    return this.#keys;
  }

  /** The type of a flag; `null` for one that cannot be compiled, `undefined` for one that is not there. */
  type(flag: string): FlagType | null | undefined {
    return this.#plan(flag)?.type;
  }

  /** All answers that were counted; a new ruleset begins new ones, so drain before. */
  *counted(): Iterable<Answer> {
    for (const answer of this.#answers) if (answer !== undefined) yield answer;
    yield* this.#invalid.values();
  }

  /** The answer of a flag; nothing when the ruleset does not have it. `now` is asked only when a rule looks at the clock. */
  evaluate(flag: string, context: Context, now: () => number): Answer | undefined {
    let known = false;
    try {
      const plan = this.#plans.get(flag) ?? this.#plan(flag);
      if (plan === undefined) return undefined;
      known = true;
      if (typeof context !== "object" || context === null || Array.isArray(context)) return this.#unusable(flag);
      let key: unknown = context.targetingKey;
      if (typeof key !== "string") {
        key = keyOf(context);
        if (key === undefined) return this.#unusable(flag);
      }
      if (plan.fixed !== undefined) return plan.fixed;
      const nowMs = plan.now ? now() : 0;
      if (plan.whole) {
        const json = jsonOf(context) ?? "null";
        return this.#answer(this.#wasm.evaluate_json(this.#pointer, plan.index, this.#write(json), nowMs), flag, plan);
      }
      if (this.#bytes.length === 0) this.#look(ROOM);
      let at = 0;
      let slot = 0;
      if (plan.key) at = this.#slot(slot++, at, key);
      const attributes = plan.attributes;
      for (let index = 0; index < attributes.length; index++) {
        const { name, known } = attributes[index] as Attribute;
        let value = context[name];
        if (value === undefined) value = ofUser(context, name);
        if (known !== undefined && typeof value === "string") this.#words[slot++] = wordOf(known, value);
        else at = this.#slot(slot++, at, value);
      }
      return this.#answer(this.#wasm.evaluate(this.#pointer, plan.index, nowMs), flag, plan);
    } catch (error) {
      this.#recover(error);
      // A context whose members throw when they are read is none; everything else is ours.
      return known
        ? this.#unusable(flag, error instanceof WebAssembly.RuntimeError ? "GENERAL" : undefined)
        : undefined;
    }
  }

  /** What every flag comes to for a context, by key; nothing for a context that cannot be used. */
  all(context: Context, nowMs: number): Record<string, Details<JsonValue>> {
    try {
      if (typeof context !== "object" || context === null || Array.isArray(context)) return {};
      // Before the call: both write to the same place.
      const keys = this.keys();
      const json = jsonOf(context) ?? "null";
      const count = this.#wasm.evaluate_all(this.#pointer, this.#write(json), nowMs);
      if (count < 0) return {};
      // A copy: describing an answer that is new writes to the same place.
      const numbers = new Uint32Array(this.#wasm.memory.buffer, this.#wasm.output(this.#pointer) >>> 0, count).slice();
      this.#usual ??= count > MOST_COPIED ? NONE : this.#usually(keys, numbers);
      const usual = this.#usual;
      const all = { ...usual.all };
      for (let at = 0; at < count; at++) {
        const number = numbers[at] ?? 0;
        if (usual.numbers[at] !== number) all[keys[at] ?? ""] = this.#detailsOf(number, keys[at] ?? "");
      }
      return all;
    } catch (error) {
      this.#recover(error);
      return {};
    }
  }

  /** The answers to one context, which those to others are mostly the same as. */
  #usually(keys: readonly string[], numbers: Uint32Array): Usual {
    // Not by adding members to `{}`: that makes a hash table, and copying one takes longer than filling another.
    const all = JSON.parse(JSON.stringify(Object.fromEntries(keys.map((key) => [key, null])))) as Usual["all"];
    keys.forEach((key, at) => {
      all[key] = this.#detailsOf(numbers[at] ?? 0, key);
    });
    return { numbers, all };
  }

  #detailsOf(number: number, flag: string): Details<JsonValue> {
    return this.#answer(number, flag).details;
  }

  #answer(number: number, flag: string, plan?: Plan): Answer {
    return this.#answers[number] ?? this.#describe(number, flag, plan ?? this.#plans.get(flag) ?? this.#plan(flag));
  }

  /** Writes one attribute; where the next text begins. */
  #slot(slot: number, at: number, value: unknown): number {
    // Comparisons, not a `switch`: that would make a text of the type first.
    if (typeof value === "string") {
      const length = value.length;
      if (at + length * 3 > this.#bytes.length) this.#look(at + length * 3);
      const bytes = this.#bytes;
      if (length <= BY_HAND) {
        let units = 0;
        for (let done = 0; done < length; done++) {
          const unit = value.charCodeAt(done);
          units |= unit;
          bytes[at + done] = unit;
        }
        if (units < 128) {
          this.#words[slot] = (length << KIND_BITS) | TEXT;
          return at + length;
        }
      }
      const { written } = encoder.encodeInto(value, bytes.subarray(at));
      this.#words[slot] = (written << KIND_BITS) | TEXT;
      return at + written;
    }
    if (typeof value === "number") {
      this.#numbers[slot] = value;
      this.#words[slot] = NUMBER;
      return at;
    }
    if (typeof value === "object" && value !== null) return this.#json(slot, at, value);
    if (typeof value === "boolean") this.#words[slot] = value ? TRUE : FALSE;
    else if (typeof value === "bigint") {
      this.#numbers[slot] = Number(value);
      this.#words[slot] = NUMBER;
    } else this.#words[slot] = value === null ? NULL : ABSENT;
    return at;
  }

  /** A list or an object. */
  #json(slot: number, at: number, value: object): number {
    const json = jsonOf(value);
    if (json === undefined) {
      this.#words[slot] = ABSENT;
      return at;
    }
    const next = this.#slot(slot, at, json);
    this.#words[slot] = ((next - at) << KIND_BITS) | JSON_TEXT;
    return next;
  }

  /** Writes a text at the beginning; its length in bytes. */
  #write(text: string): number {
    // Three bytes for a UTF-16 unit is the most, but rulesets are large and mostly ASCII.
    const room = text.length < 1 << 16 ? text.length * 3 : utf8Length(text);
    if (this.#bytes.length < room || this.#bytes.length === 0) this.#look(Math.max(room, ROOM));
    return encoder.encodeInto(text, this.#bytes).written;
  }

  /** Looks at the shared memory anew: it moves when it grows. */
  #look(room: number): void {
    const text = this.#wasm.text(this.#pointer, room) >>> 0;
    const { buffer } = this.#wasm.memory;
    this.#bytes = new Uint8Array(buffer, text, room);
    this.#numbers = new Float64Array(buffer, this.#wasm.numbers(this.#pointer) >>> 0, SLOTS);
    this.#words = new Uint32Array(buffer, this.#wasm.words(this.#pointer) >>> 0, SLOTS);
  }

  #said(length: number): string {
    return decoder.decode(new Uint8Array(this.#wasm.memory.buffer, this.#wasm.output(this.#pointer) >>> 0, length));
  }

  #identified<T>(readable: boolean, what: string): T {
    const said = this.#said(this.#wasm.said(this.#pointer));
    if (!readable) throw new Error(`unreadable ${what}: ${said}`);
    return JSON.parse(said) as T;
  }

  #changed(version: Version): void {
    this.#version = `${version.epoch}:${version.rev}`;
    this.#plans = new Map();
    this.#answers = [];
    this.#invalid = new Map();
    this.#usual = undefined;
    this.#keys = undefined;
  }

  #plan(flag: string): Ready | undefined {
    if (typeof flag !== "string" || flag.length > 1024) return undefined;
    return this.#guarded(() => {
      const text = this.#said(this.#wasm.plan(this.#pointer, this.#write(flag)));
      const said = JSON.parse(text) as PlanText | null;
      if (said === null) return undefined;
      const plan: Ready = { ...planned(said), fixed: undefined };
      this.#plans.set(flag, plan);
      if (!plan.key && plan.attributes.length === 0 && !plan.now && !plan.whole) {
        plan.fixed = this.#answer(this.#wasm.evaluate(this.#pointer, plan.index, 0), flag, plan);
      }
      return plan;
    });
  }

  #describe(number: number, flag: string, plan: Plan | undefined): Answer {
    const text = this.#said(this.#wasm.answer(this.#pointer, number));
    const { value, ...rest } = JSON.parse(text) as Omit<Details<JsonValue>, "version">;
    // JSON `null` is a value when there is a variant with it.
    const has = value !== null || rest.variant !== null;
    const answer = prepared(
      flag,
      has ? (plan?.type ?? undefined) : undefined,
      has ? frozen(value) : undefined,
      rest,
      this.#version,
    );
    this.#answers[number] = answer;
    return answer;
  }

  /** The answer to a context that is none. */
  #unusable(flag: string, error: ErrorCode = "INVALID_CONTEXT"): Answer {
    const key = `${error} ${flag}`;
    let answer = this.#invalid.get(key);
    if (answer === undefined) {
      const rest = { variant: null, reason: "ERROR", rule: null, error } as const;
      answer = prepared(flag, undefined, undefined, rest, this.#version);
      this.#invalid.set(key, answer);
    }
    return answer;
  }

  #guarded<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      this.#recover(error);
      throw error;
    }
  }

  /** A trap leaves the stack where it was: without this, a few thousand of them would fill it. */
  #recover(error: unknown): void {
    if (error instanceof WebAssembly.RuntimeError) this.#wasm.__stack_pointer.value = this.#stack;
  }
}

function prepared(
  flag: string,
  type: FlagType | undefined,
  value: JsonValue | undefined,
  rest: Omit<Details<JsonValue>, "version" | "value">,
  version: string | null,
): Answer {
  const details = Object.freeze({ value: value ?? null, ...rest, version });
  return { flag, type, value, ...rest, details, count: 0, mismatches: 0 };
}

/** The targeting key under any of its names; `null` when there is none, `undefined` when it cannot be one. */
export function keyOf(context: Context): string | number | null | undefined {
  const user = context.user;
  const inUser = typeof user === "object" && user !== null && !Array.isArray(user) ? (user as Context).key : null;
  for (let key of [context.targetingKey, inUser, context.key] as unknown[]) {
    if (typeof key === "bigint") key = Number(key);
    if (key === null || key === undefined || (typeof key === "number" && !Number.isFinite(key))) continue;
    if (typeof key === "string") return key;
    return typeof key === "number" && Number.isInteger(key) && Math.abs(key) < 2 ** 63 ? key : undefined;
  }
  return null;
}

function ofUser(context: Context, name: string): unknown {
  const user = context.user;
  return typeof user === "object" && user !== null && !Array.isArray(user) ? (user as Context)[name] : undefined;
}

/** A context or an attribute as the module reads it; nothing for what JSON leaves out. */
function jsonOf(value: object): string | undefined {
  const json: string | undefined = plainJson(value);
  // Half a character is written as an escape, which no strict reader takes: as in texts, it becomes the replacement.
  return json?.includes("\\ud")
    ? json.replace(/\\(?:\\|ud[0-9a-f]{3})/g, (part) => (part === "\\\\" ? part : "\ufffd"))
    : json;
}

/** Without a function that looks at every member, if it can be: that takes three times as long. */
function plainJson(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, plainNumbers);
  }
}

/** JSON has no big integers; the nearest double is what every other reader makes of them. */
function plainNumbers(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 127) length += unit > 2047 ? 2 : 1;
  }
  return length;
}
