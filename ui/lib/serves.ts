// What a configuration serves, in a few words. The server says the same in `serves` (model: serves.rs); this one is for
// what is not saved yet, so its rules follow that function case by case.
import type { Condition, Configuration, Exact, Rollout, Rule, Serve, Serves, Split } from "./api/types";
import { conditionTokens, exactText, exactVariant, tokensText, valueText } from "./sentence";

/** Longest condition that is spelled out. */
const CONDITION_LENGTH = 48;
const VALUES_SHOWN = 3;

const number = (percent: number) => String(Number(percent.toFixed(3)));

/** The variant that all get, if they do. */
function whole(serve: Serve, off: string): string | null {
  if ("variant" in serve) return serve.variant;
  if ("rollout" in serve) {
    const { variant, percent, otherwise = off } = serve.rollout;
    if (percent === 100 || otherwise === variant) return variant;
    return percent === 0 ? otherwise : null;
  }
  if ("exact" in serve) return exactVariant(serve);
  return serve.split.shares.find((share) => share.percent === 100)?.variant ?? null;
}

const rolloutText = ({ variant, percent }: Rollout) => `${variant === "on" ? "" : `${variant} `}${number(percent)} %`;

const splitText = ({ shares }: Split) =>
  shares
    .filter((share) => share.percent > 0)
    .map((share) => `${share.variant} ${number(share.percent)}`)
    .join(" / ");

/** An imported serve, if it is short enough. */
function shortText(serve: Exact): string {
  const text = exactText(serve);
  return text.length <= CONDITION_LENGTH ? text : "exact";
}

function conditionText(condition: Condition): string | null {
  let text: string;
  if ("segment" in condition) text = `${condition.negate ? "not in" : "in"} ${condition.segment}`;
  else if ("attribute" in condition && condition.operator === "in") {
    const values = condition.values ?? [];
    const more = values.length > VALUES_SHOWN ? ` and ${values.length - VALUES_SHOWN} more` : "";
    text = `${condition.attribute} ${condition.negate ? "not in" : "in"} ${values.slice(0, VALUES_SHOWN).map(valueText).join(", ")}${more}`;
  } else if ("all" in condition) {
    if (condition.all.length === 0) return "everyone";
    const parts = condition.all.map(conditionText);
    if (parts.includes(null)) return null;
    text = parts.join(" and ");
  } else text = tokensText(conditionTokens(condition));
  return text.length <= CONDITION_LENGTH ? text : null;
}

function ruleText(rule: Rule): string {
  const { serve } = rule;
  const what =
    "variant" in serve
      ? serve.variant
      : "rollout" in serve
        ? rolloutText(serve.rollout)
        : "split" in serve
          ? splitText(serve.split)
          : shortText(serve);
  return `${what} · ${conditionText(rule.if) ?? "1 rule"}`;
}

export function servesOf(configuration: Configuration): Serves {
  if (!configuration.on) return { kind: "off", text: "off" };
  const { default: last, off_variant: off, rules = [], targets = [] } = configuration;
  const count = targets.reduce((sum, target) => sum + target.keys.length, 0);
  const plus = count === 0 ? "" : count === 1 ? " + 1 target" : ` + ${count} targets`;
  const everyone = whole(last, off);
  const only = rules[0];
  if (!only) {
    if (everyone !== null)
      return count === 0 ? { kind: "all", text: everyone } : { kind: "partial", text: everyone + plus };
    if ("split" in last) return { kind: count === 0 ? "split" : "rules", text: splitText(last.split) + plus };
    if ("rollout" in last) return { kind: "partial", text: rolloutText(last.rollout) + plus };
    if ("exact" in last) {
      const split = typeof last.exact === "object" && last.exact !== null && "split" in last.exact;
      return { kind: split && count === 0 ? "split" : "rules", text: shortText(last) + plus };
    }
  } else if (rules.length === 1 && everyone === off && count === 0) return { kind: "partial", text: ruleText(only) };
  return { kind: "rules", text: `${rules.length === 1 ? "1 rule" : `${rules.length} rules`}${plus}` };
}
