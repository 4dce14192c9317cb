// What keeps a draft from being saved, found before the server has to say it.
import type { Condition, Configuration, Serve } from "./api/types";
import { operatorWords } from "./operators";

function conditionProblem(condition: Condition): string | null {
  if ("attribute" in condition) {
    if (condition.attribute.trim() === "") return "choose an attribute";
    if (operatorWords[condition.operator].values !== "none" && (condition.values ?? []).length === 0)
      return `give ${condition.attribute} a value to compare with`;
    return null;
  }
  if ("segment" in condition) return condition.segment === "" ? "choose a segment" : null;
  if ("not" in condition) return conditionProblem(condition.not);
  if ("exact" in condition) return null;
  for (const part of "all" in condition ? condition.all : condition.any) {
    const problem = conditionProblem(part);
    if (problem) return problem;
  }
  return null;
}

function serveProblem(serve: Serve): string | null {
  if ("variant" in serve) return serve.variant === "" ? "choose a variant" : null;
  if ("rollout" in serve) return serve.rollout.variant === "" ? "choose a variant" : null;
  if ("exact" in serve) return null;
  const sum = serve.split.shares.reduce((total, share) => total + Math.round(share.percent * 1_000), 0);
  if (sum !== 100_000) return `the split adds up to ${sum / 1_000} %, it must be 100 %`;
  const keys = serve.split.shares.map((share) => share.variant);
  return new Set(keys).size < keys.length ? "the split names a variant twice" : null;
}

/** One sentence a problem, with the place. */
export function configurationProblems(configuration: Configuration): string[] {
  const problems: string[] = [];
  const add = (place: string, problem: string | null) => problem && problems.push(`${place}: ${problem}.`);
  (configuration.rules ?? []).forEach((rule, i) => {
    add(`Rule ${i + 1}`, conditionProblem(rule.if));
    add(`Rule ${i + 1}`, serveProblem(rule.serve));
  });
  add("Default rule", serveProblem(configuration.default));
  for (const needed of configuration.prerequisites ?? []) {
    if (needed.flag === "") problems.push("Prerequisites: choose a flag.");
    else if (needed.variants.length === 0) problems.push(`Prerequisite ${needed.flag}: choose what it must serve.`);
  }
  return problems;
}

export { conditionProblem };
