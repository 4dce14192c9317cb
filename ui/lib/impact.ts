// What a change of a configuration would do to the evaluations of the last day. Counts tell which variant was served for
// which reason, not to whom: what follows from them is said as it follows (counted, a share, or no more than a bound).
import type { Configuration, Count, Rule, Serve } from "./api/types";
import { authored } from "./changes";
import { equalJson } from "./diff";
import { exactVariant } from "./sentence";

export type Move = { from: string; to: string; count: number };
export type Impact = {
  /** Evaluations that were counted. */
  total: number;
  /** How many of them would be answered with another variant. */
  changed: number;
  /** `about` where a share is drawn; `at most` where counts do not tell who is meant. */
  sure: "exactly" | "about" | "at most";
  /** From which variant to which, most first; empty for a bound. */
  moves: Move[];
};

/** What was served where no variant was: the default in the application's code. */
export const CODE_DEFAULT = "(code default)";

type Shares = Map<string, number>;
type Hits = { count: number; counted: boolean };

const isDrawn = (serve: Serve) => !("variant" in serve);
const unitOf = (serve: Serve): string | null => {
  const by = "rollout" in serve ? serve.rollout : "split" in serve ? serve.split : null;
  return by ? (by.bucket_by ?? "user.key") : null;
};
/** What all get when it is off; `null` where that is an imported form and no variant. */
const offOf = ({ off, off_variant }: Configuration) => (off ? exactVariant(off) : off_variant);

/** Which share gets what; `rest`: what those get whom a rollout leaves. `null` where that is not known here. */
function sharesOf(serve: Serve, rest: string | null): Shares | null {
  const shares: Shares = new Map();
  const put = (variant: string, percent: number) => shares.set(variant, (shares.get(variant) ?? 0) + percent / 100);
  if ("variant" in serve) put(serve.variant, 100);
  else if ("rollout" in serve) {
    const { variant, percent, otherwise = rest } = serve.rollout;
    put(variant, percent);
    if (percent < 100) {
      if (otherwise === null) return null;
      put(otherwise, 100 - percent);
    }
  } else if ("split" in serve) for (const { variant, percent } of serve.split.shares) put(variant, percent);
  else return null;
  return shares;
}

/** Moves between two ways to serve the same evaluations. Buckets stay where they are as far as they can, unless all are drawn anew. */
function movesBetween(before: Shares, after: Shares, anew: boolean, count: number): Move[] {
  const moves: Move[] = [];
  const change = (variant: string) => (after.get(variant) ?? 0) - (before.get(variant) ?? 0);
  const gains = [...after.keys()].map((to) => [to, Math.max(0, change(to))] as const);
  const all = gains.reduce((sum, [, gain]) => sum + gain, 0);
  for (const [from, share] of before) {
    for (const [to, gain] of gains) {
      if (from === to) continue;
      const part = anew ? share * (after.get(to) ?? 0) : all > 0 ? (Math.max(0, -change(from)) * gain) / all : 0;
      if (part > 0) moves.push({ from, to, count: part * count });
    }
  }
  return moves;
}

/** The one place where two configurations serve something else and are alike in everything else; -1 is the default rule. */
function onlyPlace(before: Configuration, after: Configuration): number | "nowhere" | null {
  const frame = ({ rules = [], default: _, ...rest }: Configuration) => ({
    ...rest,
    rules: rules.map(({ serve: _serve, description: _description, ...rule }) => rule),
  });
  if (!equalJson(frame(before), frame(after))) return null;
  const [old, next] = [before.rules ?? [], after.rules ?? []];
  const places = old.flatMap((rule, i) => (equalJson(rule.serve, next[i]?.serve) ? [] : [i]));
  if (!equalJson(before.default, after.default)) places.push(-1);
  if (places.length === 0) return "nowhere";
  return places.length === 1 ? (places[0] ?? null) : null;
}

/** How many evaluations a rule or the default rule decided, if the reasons tell. */
function hitsOf(before: Configuration, place: number, reasons: (...names: string[]) => number): Hits | null {
  const { rules = [], targets = [], default: last } = before;
  if (rules.some((rule) => rule.reason)) return null;
  if (place === -1) {
    if (isDrawn(last) && rules.some((rule) => isDrawn(rule.serve))) return null;
    return { count: reasons("STATIC", "DEFAULT", ...(isDrawn(last) ? ["SPLIT"] : [])), counted: true };
  }
  const [rule] = rules as [Rule];
  if (rules.length !== 1 || (isDrawn(rule.serve) && isDrawn(last))) return null;
  if (!isDrawn(rule.serve)) return targets.length > 0 ? null : { count: reasons("TARGETING_MATCH"), counted: true };
  if (!("rollout" in rule.serve) || rule.serve.rollout.otherwise !== undefined)
    return { count: reasons("SPLIT"), counted: true };
  // Whom the rollout leaves goes on to the default rule; how many matched follows from those that it took.
  const { percent } = rule.serve.rollout;
  return percent > 0 ? { count: (reasons("SPLIT") / percent) * 100, counted: percent === 100 } : null;
}

/** `null`: nobody has asked, so there is nothing to judge from. */
export function impactOf(now: Configuration, then: Configuration, counts: Count[]): Impact | null {
  const [before, after] = [authored(now), authored(then)];
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const reasons = (...names: string[]) =>
    counts.reduce((sum, { reason, count }) => (names.includes(reason) ? sum + count : sum), 0);
  const bound: Impact = { total, changed: total, sure: "at most", moves: [] };
  const told = (moves: Move[], sure: Impact["sure"]): Impact => {
    const whole = moves.map((move) => ({ ...move, count: Math.round(move.count) })).filter(({ count }) => count > 0);
    const changed = Math.min(total, Math.round(moves.reduce((sum, { count }) => sum + count, 0)));
    return { total, changed, sure, moves: whole.sort((a, b) => b.count - a.count) };
  };

  if (!after.on) {
    const to = offOf(after);
    if (!before.on && equalJson([before.off, before.off_variant], [after.off, after.off_variant]))
      return told([], "exactly");
    if (to === null) return bound;
    const moves = new Map<string, number>();
    for (const { variant, count } of counts) {
      const from = variant || CODE_DEFAULT;
      if (from !== to) moves.set(from, (moves.get(from) ?? 0) + count);
    }
    return told(
      [...moves].map(([from, count]) => ({ from, to, count })),
      "exactly",
    );
  }
  if (!before.on) {
    const alone = [after.rules, after.targets, after.prerequisites].every((list) => (list ?? []).length === 0);
    const shares = alone ? sharesOf(after.default, after.off_variant) : null;
    const from = offOf(before);
    if (!shares || from === null) return bound;
    const moves = movesBetween(new Map([[from, 1]]), shares, false, total);
    return told(moves, shares.size === 1 ? "exactly" : "about");
  }

  const place = onlyPlace(before, after);
  if (place === "nowhere") return told([], "exactly");
  const hits = place === null ? null : hitsOf(before, place, reasons);
  if (place === null || !hits) return bound;
  const [old, next] =
    place === -1
      ? [before.default, after.default]
      : [before.rules?.[place]?.serve ?? before.default, after.rules?.[place]?.serve ?? after.default];
  const rest = place === -1 ? before.off_variant : "variant" in before.default ? before.default.variant : null;
  const [from, to] = [sharesOf(old, rest), sharesOf(next, rest)];
  // Imported forms may give a reason of their own, by which nothing is counted here.
  if ("exact" in old || "exact" in next) return bound;
  if (!from || !to) return hits.counted ? { ...bound, changed: hits.count } : bound;
  const [by, instead] = [unitOf(old), unitOf(next)];
  const anew = by !== null && instead !== null && by !== instead;
  const sure = hits.counted && from.size === 1 && to.size === 1 ? "exactly" : "about";
  return told(movesBetween(from, to, anew, Math.min(total, hits.count)), sure);
}
