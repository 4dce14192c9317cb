// Rulesets and patches as the wire has them (spec/ruleset.schema.json).

const typeOf = (value) => ({ boolean: "boolean", string: "string", number: "number" })[typeof value] ?? "json";

/** A flag that answers one value to everyone. */
export function flag(value) {
  const outcome = { serve: { variant: "v" } };
  return { on: true, type: typeOf(value), variants: { v: value }, off: outcome, default: outcome };
}

/** A flag that splits units evenly over its variants a and b. */
export function split(a, b) {
  return {
    on: true,
    type: typeOf(a),
    variants: { a, b },
    off: { serve: { variant: "a" } },
    default: { serve: { split: { bucket: "main", ranges: [[0, 2 ** 31, "a"], [2 ** 31, 2 ** 32, "b"]] } } },
    buckets: { main: { hash: "murmur3_32", prefix: "salt:", unit: ["targetingKey"] } },
  };
}

/** A ruleset of one environment; `version` is `epoch:rev`, `flags` are flags or plain values. */
export function ruleset(version, flags, more = {}) {
  const members = Object.entries(flags).map(([key, it]) => [key, it?.variants || it?.broken ? it : flag(it)]);
  return { format: 1, project: "p", environment: "e", version: versionOf(version), flags: Object.fromEntries(members), ...more };
}

/** A patch between two versions; `null` removes a flag. */
export function patch(from, to, flags) {
  const members = Object.entries(flags).map(([key, it]) => [key, it === null || it?.variants || it?.broken ? it : flag(it)]);
  return { from: versionOf(from), to: versionOf(to), flags: Object.fromEntries(members) };
}

export function versionOf(text) {
  const [epoch, rev] = text.split(":");
  return { epoch, rev: Number(rev) };
}

/** The patch that leads from one ruleset to another. */
export function patchOf(before, after) {
  const keys = new Set([...Object.keys(before.flags), ...Object.keys(after.flags)]);
  const changed = [...keys].filter((key) => JSON.stringify(before.flags[key]) !== JSON.stringify(after.flags[key]));
  return {
    from: before.version,
    to: after.version,
    flags: Object.fromEntries(changed.map((key) => [key, after.flags[key] ?? null])),
  };
}
