// The difference between two configurations in sentences, and the merge of two people's edits.
import type { Condition, Configuration, ConfigurationAnswer, Prerequisite, Rule, Serve, Target } from "./api/types";
import { equalJson } from "./diff";
import { conditionTokens, exactText, isEveryone, percentText, ruleText, serveText, tokensText } from "./sentence";

/** One difference: what it is about, and before → after in words; a missing side was not there. */
export type Change = { subject: string; before?: string; after?: string };

/** What the server keeps for itself does not belong in a draft or a difference. */
export function authored(configuration: Configuration): Configuration {
  const serve = (value: Serve): Serve => {
    if ("variant" in value) return { variant: value.variant };
    if ("rollout" in value) {
      const { ranges: _, ...rollout } = value.rollout;
      return { rollout };
    }
    if ("exact" in value) return value; // nothing in it is the server's alone
    return { split: { ...value.split, shares: value.split.shares.map(({ ranges: _, ...share }) => share) } };
  };
  // The rest stays: a PUT replaces the whole, and imported flags have members that nobody edits here.
  const {
    serves: _serves,
    sentences: _sentences,
    revision: _revision,
    ...stored
  }: Configuration & Partial<ConfigurationAnswer> = configuration;
  return {
    ...stored,
    on: configuration.on,
    prerequisites: configuration.prerequisites ?? [],
    targets: configuration.targets ?? [],
    rules: (configuration.rules ?? []).map((rule) => ({ ...rule, serve: serve(rule.serve) })),
    default: serve(configuration.default),
    off_variant: configuration.off_variant,
  };
}

function conditionText(condition: Condition): string {
  return isEveryone(condition) ? "everyone" : tokensText(conditionTokens(condition));
}

/** "10 % → 25 %" when that is all there is to it, else the two sentences. */
function serveChange(before: Serve, after: Serve): [string, string] {
  if ("rollout" in before && "rollout" in after) {
    const { percent: from, ...a } = before.rollout;
    const { percent: to, ...b } = after.rollout;
    if (equalJson(a, b)) return [`${percentText(from)}`, `${percentText(to)}`];
  }
  return [serveText(before), serveText(after)];
}

function ruleChanges(before: Rule[], after: Rule[]): Change[] {
  const changes: Change[] = [];
  const old = new Map(before.map((rule, i) => [rule.id, { rule, i }]));
  const kept = new Set(after.map((rule) => rule.id));
  before.forEach((rule, i) => {
    if (!kept.has(rule.id)) changes.push({ subject: `Rule ${i + 1}`, before: ruleText(rule) });
  });
  after.forEach((rule, i) => {
    const was = old.get(rule.id);
    if (!was) {
      changes.push({ subject: `Rule ${i + 1}`, after: ruleText(rule) });
      return;
    }
    if (!equalJson(was.rule.if, rule.if)) {
      changes.push({
        subject: `Rule ${i + 1}, who`,
        before: conditionText(was.rule.if),
        after: conditionText(rule.if),
      });
    }
    if (!equalJson(was.rule.serve, rule.serve)) {
      const [from, to] = serveChange(was.rule.serve, rule.serve);
      changes.push({ subject: `Rule ${i + 1}`, before: from, after: to });
    }
    if ((was.rule.description ?? "") !== (rule.description ?? "")) {
      changes.push({
        subject: `Rule ${i + 1}, description`,
        before: was.rule.description || undefined,
        after: rule.description || undefined,
      });
    }
  });
  const order = (rules: Rule[], others: Map<string, unknown> | Set<string>) =>
    rules.filter((rule) => others.has(rule.id)).map((rule) => rule.id);
  const [from, to] = [order(before, kept), order(after, old)];
  if (!equalJson(from, to)) {
    const name = (id: string) => `${(old.get(id)?.i ?? 0) + 1}`;
    changes.push({ subject: "Order of rules", before: from.map(name).join(", "), after: to.map(name).join(", ") });
  }
  return changes;
}

function keyed<T>(items: T[], key: (item: T) => string, text: (item: T) => string): Map<string, string> {
  return new Map(items.map((item) => [key(item), text(item)]));
}

function mapChanges(
  before: Map<string, string>,
  after: Map<string, string>,
  subject: (key: string) => string,
): Change[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys
    .filter((key) => before.get(key) !== after.get(key))
    .map((key) => ({ subject: subject(key), before: before.get(key), after: after.get(key) }));
}

/** What is served when off: the variant, or what an imported flag served that was none. */
const offText = ({ off, off_variant }: Configuration) => (off ? exactText(off) : off_variant);
const targetKey = (target: Target) => `${target.variant} ${target.context_kind ?? "user"}`;
const keysText = (keys: string[]) =>
  keys.length <= 6 ? keys.join(", ") : `${keys.slice(0, 5).join(", ")} and ${keys.length - 5} more`;
const prerequisiteText = (needed: Prerequisite) => `must serve ${needed.variants.join(" or ")}`;

/** Every difference, in the order the page shows things. */
export function configurationChanges(before: Configuration, after: Configuration): Change[] {
  const changes: Change[] = [];
  const state = (on: boolean) => (on ? "on" : "off");
  if (before.on !== after.on) changes.push({ subject: "Flag", before: state(before.on), after: state(after.on) });
  changes.push(
    ...mapChanges(
      keyed(before.prerequisites ?? [], (p) => p.flag, prerequisiteText),
      keyed(after.prerequisites ?? [], (p) => p.flag, prerequisiteText),
      (flag) => `Prerequisite ${flag}`,
    ),
    ...mapChanges(
      keyed(before.targets ?? [], targetKey, (t) => keysText(t.keys)),
      keyed(after.targets ?? [], targetKey, (t) => keysText(t.keys)),
      (key) => `Individual targets for ${key.split(" ")[0]}`,
    ),
    ...ruleChanges(before.rules ?? [], after.rules ?? []),
  );
  if (!equalJson(before.default, after.default)) {
    changes.push({
      subject: "Default rule",
      before: serveText(before.default, true, before.off_variant),
      after: serveText(after.default, true, after.off_variant),
    });
  }
  if (offText(before) !== offText(after)) {
    changes.push({ subject: "Off variant", before: offText(before), after: offText(after) });
  }
  const circle = ({ cycle }: Configuration) => cycle && exactText(cycle);
  if (circle(before) !== circle(after)) {
    changes.push({ subject: "In a circle of flags", before: circle(before), after: circle(after) });
  }
  const unknown = (each: Configuration) => (each.unknown === "error" ? "an error" : "the default rule decides");
  if (unknown(before) !== unknown(after)) {
    changes.push({ subject: "When a rule cannot be answered", before: unknown(before), after: unknown(after) });
  }
  return changes;
}

export type Merge = { merged: Configuration; conflicts: string[] };

/** Takes `mine` where only I changed, `theirs` where only they did; names what both changed differently (mine is kept). */
export function merge(base: Configuration, theirs: Configuration, mine: Configuration): Merge {
  const conflicts: string[] = [];
  const pick = <T>(name: string, b: T, t: T, m: T): T => {
    if (equalJson(m, b) || equalJson(m, t)) return t;
    if (!equalJson(t, b)) conflicts.push(name);
    return m;
  };
  const byId = (rules: Rule[] | undefined) => new Map((rules ?? []).map((rule) => [rule.id, rule]));
  const [b, t, m] = [byId(base.rules), byId(theirs.rules), byId(mine.rules)];
  const ids = (rules: Rule[] | undefined) => (rules ?? []).map((rule) => rule.id);
  // My order when I changed it, else theirs; rules that only the other side has go to the end.
  const first = equalJson(ids(mine.rules), ids(base.rules)) ? ids(theirs.rules) : ids(mine.rules);
  const order = [...new Set([...first, ...ids(theirs.rules), ...ids(mine.rules)])];
  const rules = order.flatMap((id) => {
    const rule = pick<Rule | undefined>(
      `rule ${ids(mine.rules).indexOf(id) + 1 || ids(theirs.rules).indexOf(id) + 1}`,
      b.get(id),
      t.get(id),
      m.get(id),
    );
    return rule ? [rule] : [];
  });
  return {
    merged: {
      // What nobody edits here: the buckets of imported forms and their like.
      ...theirs,
      on: pick("on/off", base.on, theirs.on, mine.on),
      prerequisites: pick(
        "prerequisites",
        base.prerequisites ?? [],
        theirs.prerequisites ?? [],
        mine.prerequisites ?? [],
      ),
      targets: pick("individual targets", base.targets ?? [], theirs.targets ?? [], mine.targets ?? []),
      rules,
      default: pick("default rule", base.default, theirs.default, mine.default),
      off_variant: pick("off variant", base.off_variant, theirs.off_variant, mine.off_variant),
      off: pick("off variant", base.off, theirs.off, mine.off),
    },
    conflicts,
  };
}
