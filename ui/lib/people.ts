// Who holds what, and roles as a matrix of permissions and places. Values in, values out.
import type {
  AccessToken,
  CustomRole,
  Grant,
  Group,
  Invitation,
  Member,
  Permission,
  PermissionLevel,
  Selected,
} from "./api/types";

/** A role that somebody holds, and why: given to them, or by a group. */
export type Held = { role: string; by: string | null };

/** Everything that a member holds: what they were given first, then by group, each role once for each reason. */
export function held(member: Pick<Member, "roles" | "groups">, groups: Group[]): Held[] {
  const direct = member.roles.map((role) => ({ role, by: null }));
  const byGroup = groups
    .filter((group) => member.groups.includes(group.key))
    .flatMap((group) => group.roles.map((role) => ({ role, by: group.name })));
  return [...direct, ...byGroup];
}

const RANK = ["viewer", "editor", "admin", "owner"];

/** The built-in roles from the least on, then the tenant's own by name. */
export const byRank = (roles: CustomRole[]): CustomRole[] =>
  [...roles].sort(
    (a, b) =>
      Number(b.built_in) - Number(a.built_in) ||
      (a.built_in ? RANK.indexOf(a.key) - RANK.indexOf(b.key) : a.name.localeCompare(b.name)),
  );

/** How much of its owner's rights a token has, in a word. */
export const tokenScope = ({ role, grants }: Pick<AccessToken, "role" | "grants">, all: string): string => {
  if (role) return role;
  const limited = grants?.length && !grants.some((grant) => grantText(grant) === "everything everywhere");
  return limited ? "limited" : all;
};

export const isExpired = (invitation: Pick<Invitation, "expires_at">, now: number): boolean =>
  invitation.expires_at <= now;

/** Adds or takes one word of a list, which stays in order. */
export const toggled = (list: string[], word: string, on: boolean): string[] =>
  on ? [...new Set([...list, word])].sort() : list.filter((each) => each !== word);

/** `shop, web` or `all projects`. */
const selected = (words: Selected, all: string): string => (words === "*" ? all : words.join(", "));

/** Where a grant counts, in words. */
export function placeText({ projects, environments }: Pick<Grant, "projects" | "environments">): string {
  if (projects === "*" && environments === "*") return "everywhere";
  const where = environments === "*" ? "" : `${selected(environments, "")} of `;
  return `${where}${selected(projects, "all projects")}`;
}

/** What a role allows, one line for each grant. */
export const grantText = (grant: Grant): string =>
  `${grant.permissions === "*" ? "everything" : count(grant.permissions.length, "permission")} ${
    placeText(grant) === "everywhere" ? "everywhere" : `in ${placeText(grant)}`
  }`;

export const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;

/** Why a permission means nothing in a place, or `null` where it fits. */
export function misfit(
  level: PermissionLevel,
  { projects, environments }: Pick<Grant, "projects" | "environments">,
): string | null {
  if (level === "tenant" && projects !== "*") return "It is about the whole tenant: all projects only.";
  if (level !== "environment" && environments !== "*") {
    return level === "tenant"
      ? "It is about the whole tenant: all environments only."
      : "It is about a whole project: all environments only.";
  }
  return null;
}

export const allows = (grant: Grant, permission: string): boolean =>
  grant.permissions === "*" || grant.permissions.includes(permission);

/** The grant with a permission given or taken. */
export function withPermission(grant: Grant, permission: string, on: boolean, all: Permission[]): Grant {
  const now = grant.permissions === "*" ? fitting(grant, all) : grant.permissions;
  return { ...grant, permissions: toggled(now, permission, on) };
}

const fitting = (place: Pick<Grant, "projects" | "environments">, all: Permission[]): string[] =>
  all.filter(({ level }) => misfit(level, place) === null).map(({ name }) => name);

/** The grant in another place, without what does not fit there. */
export function inPlace(
  grant: Grant,
  place: Partial<Pick<Grant, "projects" | "environments">>,
  all: Permission[],
): Grant {
  const moved = { ...grant, ...place };
  if (moved.permissions === "*") return moved;
  const fits = new Set(fitting(moved, all));
  return { ...moved, permissions: moved.permissions.filter((name) => fits.has(name)) };
}

/** What is still to be chosen before a role can be saved. */
export function incomplete(grants: Grant[]): string | null {
  if (grants.length === 0) return "Add a place in which the role allows something.";
  for (const [i, { projects, environments, permissions }] of grants.entries()) {
    const name = placeName(i);
    if (projects !== "*" && projects.length === 0) return `Place ${name} has no project. Name one, or choose all.`;
    if (environments !== "*" && environments.length === 0) {
      return `Place ${name} has no environment. Name one, or choose all.`;
    }
    if (permissions !== "*" && permissions.length === 0) return `Nothing is allowed in place ${name}. Tick something.`;
  }
  return null;
}

/** A, B, …, Z, 27, …: places in the head of the matrix. */
export const placeName = (index: number): string => (index < 26 ? String.fromCharCode(65 + index) : String(index + 1));

export const LEVELS: [PermissionLevel, string][] = [
  ["environment", "In an environment"],
  ["project", "In a project"],
  ["tenant", "In the whole tenant"],
];
