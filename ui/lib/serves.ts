// What a configuration serves, in two or three words: the chip of the list, the tabs and the review.
import type { Condition, Configuration, Serve, Serves } from "./api/types";
import { attributeName, isEveryone, percentText, valueText } from "./sentence";

/** The few words that tell who a rule is for: "country is DE, AT", "segment beta". */
function shortCondition(condition: Condition): string {
  if ("segment" in condition) return `${condition.negate ? "not " : ""}${condition.segment}`;
  if ("attribute" in condition) {
    const values = condition.values ?? [];
    const shown = values.slice(0, 2).map(valueText).join(", ") + (values.length > 2 ? " …" : "");
    return `${attributeName(condition.attribute)}${condition.negate ? " not" : ""}${shown ? ` ${shown}` : ""}`;
  }
  if ("all" in condition && condition.all.length === 1 && condition.all[0]) return shortCondition(condition.all[0]);
  if ("any" in condition && condition.any.length === 1 && condition.any[0]) return shortCondition(condition.any[0]);
  return "rules";
}

function shares(serve: Serve): string | null {
  if (!("split" in serve)) return null;
  return serve.split.shares.map((share) => `${share.variant} ${Number(share.percent.toFixed(1))}`).join(" / ");
}

/** Pure function of the configuration; the server says the same in `serves`, this one is for what is not saved yet. */
export function servesOf(configuration: Configuration): Serves {
  if (!configuration.on) return { kind: "off", text: "off" };
  const rules = configuration.rules ?? [];
  const last = configuration.default;
  const everyone = rules.find((rule) => isEveryone(rule.if));
  const restricted = rules.length - (everyone ? 1 : 0);
  const targeted = (configuration.targets ?? []).some((target) => target.keys.length > 0);

  if (rules.length === 0) {
    const plus = targeted ? " + targets" : "";
    if ("rollout" in last) return { kind: "partial", text: `${last.rollout.variant} ${percentText(last.rollout.percent)}${plus}` };
    const split = shares(last);
    if (split) return { kind: "split", text: `${split}${plus}` };
    const variant = "variant" in last ? last.variant : "";
    if (targeted) return { kind: "rules", text: `${variant}${plus}` };
    // On, but everyone gets what "off" would give: not the green of "on".
    return { kind: variant === configuration.off_variant ? "rules" : "all", text: variant };
  }
  const only = rules[0];
  if (rules.length === 1 && only) {
    const who = isEveryone(only.if) ? "" : ` · ${shortCondition(only.if)}`;
    if ("rollout" in only.serve) return { kind: "partial", text: `${percentText(only.serve.rollout.percent)}${who}` };
    const split = shares(only.serve);
    if (split) return { kind: "split", text: `${split}${who}` };
    if ("variant" in only.serve) return { kind: isEveryone(only.if) ? "all" : "rules", text: `${only.serve.variant}${who}` };
  }
  return { kind: "rules", text: `${restricted || rules.length} rules` };
}
