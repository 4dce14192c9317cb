// Rules as sentences: the one place where a condition or a serve becomes words, for the page, the diff and the review.
import type { Condition, Configuration, Exact, Json, Rule, Serve } from "./api/types";
import { operatorText } from "./operators";

/** A piece of a sentence: `word` is grammar, `exact` the server's words for an imported form, the others are what somebody chose. */
export type Token = {
  kind: "word" | "attribute" | "value" | "segment" | "variant" | "percent" | "exact";
  text: string;
};

const word = (text: string): Token => ({ kind: "word", text });
const isObject = (value: Json): value is { [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** How many values a sentence spells out before it says "and n more". */
const VALUES_SHOWN = 4;

/** `user.country` reads as `country`: without a context kind, the user is meant. */
export function attributeName(attribute: string): string {
  return attribute.startsWith("user.") ? attribute.slice(5) : attribute;
}

/** The same attribute for two spellings: `country`, `user.country`. */
export function sameAttribute(a: string, b: string): boolean {
  return attributeName(a) === attributeName(b);
}

export function unitName(bucketBy: string | undefined): string {
  if (!bucketBy || bucketBy === "user.key" || bucketBy === "targetingKey" || bucketBy === "key") return "users";
  if (bucketBy.endsWith(".key")) return `${bucketBy.slice(0, -4)}s`;
  return `users by ${attributeName(bucketBy)}`;
}

export function percentText(percent: number): string {
  return `${Number(percent.toFixed(3))} %`;
}

export function valueText(value: Json): string {
  if (typeof value === "string") return value === "" ? "(empty)" : value;
  return JSON.stringify(value);
}

function joined(parts: Token[][], by: string): Token[] {
  return parts.flatMap((part, i) => (i === 0 ? part : [word(by), ...part]));
}

function isGroup(condition: Condition): boolean {
  return "all" in condition || "any" in condition;
}

/** A condition in words, without the leading "If". */
export function conditionTokens(condition: Condition, nested = false): Token[] {
  if ("segment" in condition) {
    return [word(condition.negate ? "not in segment" : "in segment"), { kind: "segment", text: condition.segment }];
  }
  if ("attribute" in condition) {
    const values = condition.values ?? [];
    const tokens: Token[] = [
      { kind: "attribute", text: attributeName(condition.attribute) },
      word(operatorText(condition.operator, condition.negate ?? false, values.length)),
    ];
    for (const value of values.slice(0, VALUES_SHOWN)) tokens.push({ kind: "value", text: valueText(value) });
    if (values.length > VALUES_SHOWN)
      tokens.push(word(`and ${(values.length - VALUES_SHOWN).toLocaleString("en")} more`));
    if (condition.ignore_case) tokens.push(word("(any case)"));
    return tokens;
  }
  if ("not" in condition) {
    return [word("not ("), ...conditionTokens(condition.not), word(")")];
  }
  if ("exact" in condition) return exactTokens(condition, nested);
  const parts = "all" in condition ? condition.all : condition.any;
  if (parts.length === 0) return [word("all" in condition ? "everyone" : "nobody")];
  const tokens = joined(
    parts.map((part) => conditionTokens(part, parts.length > 1)),
    "all" in condition ? "and" : "or",
  );
  return nested && parts.length > 1 ? [word("("), ...tokens, word(")")] : tokens;
}

/** The server's words for a form of the evaluator; one that joins several is put in brackets among others. */
function exactTokens({ exact, text }: Exact, nested: boolean): Token[] {
  const joins = isObject(exact) && ["all", "any", "seq"].some((name) => name in exact);
  const words = text ?? "an imported condition holds";
  const several = (joins && / and | or /.test(words)) || words.endsWith(" or is missing");
  return [{ kind: "exact", text: nested && several ? `(${words})` : words }];
}

/** The one variant that an imported serve gives, if it is one. */
export function exactVariant({ exact }: Exact): string | null {
  return isObject(exact) && typeof exact.variant === "string" ? exact.variant : null;
}

/** What an imported serve gives, in the server's words. */
export function exactText(serve: Exact): string {
  return serve.text ?? exactVariant(serve) ?? "what was imported";
}

/** Is this rule for everyone? */
export function isEveryone(condition: Condition): boolean {
  return "all" in condition && condition.all.length === 0;
}

/** What is served, in words: "serve on", "serve on to 10 % of users", "serve A to 50 %, B to 50 % of users". */
export function serveTokens(serve: Serve, asDefault = false, offVariant?: string): Token[] {
  if ("variant" in serve) return [word("serve"), { kind: "variant", text: serve.variant }];
  if ("rollout" in serve) {
    const { variant, percent, bucket_by, otherwise } = serve.rollout;
    const rest = otherwise ?? offVariant;
    return [
      word("serve"),
      { kind: "variant", text: variant },
      word("to"),
      { kind: "percent", text: percentText(percent) },
      word(`of ${unitName(bucket_by)}`),
      ...(asDefault && rest ? [word(", others get"), { kind: "variant" as const, text: rest }] : []),
    ];
  }
  if ("exact" in serve) {
    return [word("serve"), { kind: exactVariant(serve) === null ? "exact" : "variant", text: exactText(serve) }];
  }
  const shares = serve.split.shares.map((share): Token[] => [
    { kind: "variant", text: share.variant },
    word("to"),
    { kind: "percent", text: percentText(share.percent) },
  ]);
  return [word("serve"), ...joined(shares, ","), word(`of ${unitName(serve.split.bucket_by)}`)];
}

export function tokensText(tokens: Token[]): string {
  return tokens
    .map((token) => token.text)
    .join(" ")
    .replaceAll(" ,", ",")
    .replaceAll("( ", "(")
    .replaceAll(" )", ")");
}

export function ruleText(rule: Rule): string {
  const who = isEveryone(rule.if) ? "Everyone:" : `If ${tokensText(conditionTokens(rule.if))},`;
  return `${who} ${tokensText(serveTokens(rule.serve))}`;
}

export function serveText(serve: Serve, asDefault = false, offVariant?: string): string {
  return tokensText(serveTokens(serve, asDefault, offVariant));
}

/** Makes a leaf list out of a condition for the editor: how its parts are joined, and the parts. */
export function groupOf(condition: Condition): { join: "all" | "any"; parts: Condition[] } {
  if ("all" in condition) return { join: "all", parts: condition.all };
  if ("any" in condition) return { join: "any", parts: condition.any };
  return { join: "all", parts: [condition] };
}

export function groupCondition(join: "all" | "any", parts: Condition[]): Condition {
  const only = parts[0];
  // A group of one says no more than its part; keep a lone group a group so that the editor does not change shape.
  if (parts.length === 1 && only && !isGroup(only)) return only;
  return join === "all" ? { all: parts } : { any: parts };
}

/** Attributes that a condition mentions. */
export function attributesIn(condition: Condition): string[] {
  if ("attribute" in condition) return [condition.attribute];
  if ("all" in condition) return condition.all.flatMap(attributesIn);
  if ("any" in condition) return condition.any.flatMap(attributesIn);
  return "not" in condition ? attributesIn(condition.not) : [];
}

/** Attributes that a configuration mentions, for the editor's suggestions. */
export function attributesOf(configuration: Configuration): string[] {
  return [...new Set((configuration.rules ?? []).flatMap((rule) => attributesIn(rule.if)))];
}
