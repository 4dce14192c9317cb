// Documents of a change in words, from their bodies before and after.
import type { Configuration, DocumentKind, HistoryItem, Json } from "./api/types";
import { authored, type Change, configurationChanges } from "./changes";
import { equalJson } from "./diff";
import { conditionTokens, tokensText } from "./sentence";

const NAMES: Record<DocumentKind, string> = {
  project: "Project",
  environment: "Environment",
  segment: "Segment",
  segment_list: "Segment list",
  flag: "Flag",
  configuration: "Rules",
  sdk_key: "SDK key",
  policy: "Policy",
  change_request: "Change request",
  bypass: "Bypass",
  redaction: "Redaction",
  prune_mark: "Prune mark",
};

/** What changes are chosen by, of all kinds that the API knows, those that change most first. */
export const KINDS: Record<DocumentKind, string> = {
  configuration: "Rules of flags",
  flag: "Flags",
  segment: "Segments",
  segment_list: "Large lists of segments",
  policy: "Policies",
  change_request: "Change requests",
  environment: "Environments",
  sdk_key: "SDK keys",
  project: "Project",
  bypass: "Bypassed policies",
  redaction: "Redactions",
  prune_mark: "Pruned history",
};

/** What was decided, let through or taken out stays so: it is neither undone nor put back. */
const LASTING: DocumentKind[] = ["change_request", "bypass", "redaction", "prune_mark"];
export const isLasting = (kind: DocumentKind): boolean => LASTING.includes(kind);

/** `configuration production/new-checkout` → "new-checkout in production". */
export function documentName(kind: DocumentKind, key: string): string {
  if (kind === "configuration") {
    const [environment, ...flag] = key.split("/");
    return `${flag.join("/")} in ${environment}`;
  }
  return `${NAMES[kind] ?? kind} ${key}`;
}

export const actorOf = (item: Pick<HistoryItem, "actor" | "actor_name">): string => item.actor_name || item.actor;

/** What somebody did, from the action's verb: `flag.create` → "created". */
const VERBS: Record<string, string> = {
  create: "created",
  update: "changed",
  replace: "changed",
  update_lists: "changed the members of",
  edit_lists: "changed the members of",
  delete: "deleted",
  archive: "archived",
  restore: "restored",
  copy: "copied rules to",
  revoke: "revoked",
  import: "imported",
  undo: "undid a change of",
  revert: "put back",
  submit: "submitted",
  approve: "approved",
  reject: "asked for changes in",
  withdraw: "withdrew",
  apply: "applied",
  bypass: "bypassed the policies for",
  schedule: "scheduled",
  unschedule: "unscheduled",
  rebase: "rebased",
  comment: "commented on",
  edit: "changed",
};

/** A change in prose, after the name of who did it: "changed new-checkout in production". */
export function prose(item: Pick<HistoryItem, "action" | "summary" | "documents">): string {
  const [thing = "", verb = ""] = item.action.split(".");
  // The things that come with a new flag are not what somebody made.
  const made = verb === "create" && item.documents.find((document) => document.kind === thing);
  // A change request is named by what it changed, once it did.
  const changed = item.documents
    .filter(({ kind }) => kind !== "change_request")
    .map(({ kind, key }) => documentName(kind, key));
  const asked =
    changed.length === 0
      ? "a change request"
      : `${changed[0]}${changed.length > 1 ? ` and ${changed.length - 1} more` : ""}`;
  const what =
    thing === "change_request"
      ? asked
      : thing.endsWith("key")
        ? "an SDK key"
        : made
          ? `${thing} ${made.key}`
          : item.summary;
  return VERBS[verb] ? `${VERBS[verb]} ${what}` : item.summary;
}

type Body = { [key: string]: Json };
const isBody = (value: Json): value is Body => typeof value === "object" && value !== null && !Array.isArray(value);
const HIDDEN = new Set(["salt", "hash", "created_at"]);

function plain(name: string, value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value || undefined;
  if (name === "variants" && Array.isArray(value)) {
    return value
      .map((v) => (isBody(v) ? `${String(v.key)} = ${JSON.stringify(v.value)}` : JSON.stringify(v)))
      .join(", ");
  }
  if (name === "rules" && Array.isArray(value)) {
    return value.map((rule) => tokensText(conditionTokens(rule as never))).join("; or ") || undefined;
  }
  if (Array.isArray(value) && value.every((part) => typeof part === "string")) {
    return value.length > 8
      ? `${value.slice(0, 8).join(", ")} and ${value.length - 8} more`
      : value.join(", ") || undefined;
  }
  return JSON.stringify(value);
}

/** A document's differences: a configuration in sentences, any other by member. */
export function documentChanges(kind: DocumentKind, before: Json, after: Json): Change[] {
  if (kind === "configuration" && isBody(after)) {
    const empty = { on: false, default: { variant: "" }, off_variant: "" } as Configuration;
    const was = isBody(before) ? (before as unknown as Configuration) : null;
    const changes = configurationChanges(authored(was ?? empty), authored(after as unknown as Configuration));
    return was ? changes : changes.map(({ before: _, ...change }) => change);
  }
  if (kind === "segment_list" && (isBody(before) || isBody(after))) {
    const keys = (value: Json) => (isBody(value) && Array.isArray(value.keys) ? value.keys.map(String) : []);
    const [old, now] = [new Set(keys(before)), new Set(keys(after))];
    return [
      {
        subject: "Members",
        after: plain(
          "keys",
          [...now].filter((key) => !old.has(key)),
        ),
      },
      {
        subject: "Members",
        before: plain(
          "keys",
          [...old].filter((key) => !now.has(key)),
        ),
      },
    ].filter((change) => change.before || change.after);
  }
  const [x, y] = [isBody(before) ? before : {}, isBody(after) ? after : {}];
  const names = [...new Set([...Object.keys(x), ...Object.keys(y)])].filter((name) => !HIDDEN.has(name));
  return names
    .filter((name) => !equalJson(x[name], y[name]))
    .map((name) => ({ subject: name.replaceAll("_", " "), before: plain(name, x[name]), after: plain(name, y[name]) }))
    .filter((change) => change.before || change.after);
}
