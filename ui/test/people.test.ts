import { describe, expect, test } from "vitest";
import type { Grant, Group, Permission } from "../lib/api/types";
import { deviceName, passkeyTrouble } from "../lib/passkeys";
import {
  allows,
  byRank,
  grantText,
  held,
  incomplete,
  inPlace,
  isExpired,
  misfit,
  placeName,
  placeText,
  toggled,
  tokenScope,
  withPermission,
} from "../lib/people";

const group = (key: string, roles: string[]): Group => ({
  key,
  name: key.toUpperCase(),
  description: "",
  roles,
  members: [],
});
const permissions: Permission[] = [
  { name: "configuration.update", level: "environment", description: "", role: "editor" },
  { name: "flag.create", level: "project", description: "", role: "editor" },
  { name: "member.manage", level: "tenant", description: "", role: "admin" },
];
const grant = (more: Partial<Grant>): Grant => ({ permissions: [], projects: "*", environments: "*", ...more });

describe("what somebody holds", () => {
  test("their own roles first, then by group, with the reason", () => {
    const groups = [group("ops", ["admin", "viewer"]), group("other", ["owner"])];
    expect(held({ roles: ["viewer"], groups: ["ops"] }, groups)).toEqual([
      { role: "viewer", by: null },
      { role: "admin", by: "OPS" },
      { role: "viewer", by: "OPS" },
    ]);
    expect(held({ roles: [], groups: ["gone"] }, groups)).toEqual([]);
  });
  test("an invitation ends at its instant", () => {
    expect(isExpired({ expires_at: 10 }, 9)).toBe(false);
    expect(isExpired({ expires_at: 10 }, 10)).toBe(true);
  });
  test("a tick adds once and in order", () => {
    expect(toggled(["b"], "a", true)).toEqual(["a", "b"]);
    expect(toggled(["a", "b"], "a", true)).toEqual(["a", "b"]);
    expect(toggled(["a", "b"], "a", false)).toEqual(["b"]);
  });
});

describe("places", () => {
  test.each([
    [grant({}), "everywhere"],
    [grant({ projects: ["shop", "web"] }), "shop, web"],
    [grant({ environments: ["staging"] }), "staging of all projects"],
    [grant({ projects: ["shop"], environments: ["dev", "staging"] }), "dev, staging of shop"],
  ])("%j", (place, words) => expect(placeText(place)).toBe(words));

  test("a grant in words", () => {
    expect(grantText(grant({ permissions: "*" }))).toBe("everything everywhere");
    expect(grantText(grant({ permissions: ["flag.create"], projects: ["shop"] }))).toBe("1 permission in shop");
  });

  test("permissions fit where they mean something", () => {
    expect(misfit("environment", grant({ projects: ["shop"], environments: ["dev"] }))).toBeNull();
    expect(misfit("project", grant({ projects: ["shop"] }))).toBeNull();
    expect(misfit("project", grant({ environments: ["dev"] }))).toContain("whole project");
    expect(misfit("tenant", grant({ projects: ["shop"] }))).toContain("whole tenant");
    expect(misfit("tenant", grant({ environments: ["dev"] }))).toContain("whole tenant");
    expect(misfit("tenant", grant({}))).toBeNull();
  });

  test("narrowing a place takes what does not fit there, and nothing else", () => {
    const all = grant({ permissions: permissions.map(({ name }) => name) });
    expect(inPlace(all, { projects: ["shop"] }, permissions).permissions).toEqual([
      "configuration.update",
      "flag.create",
    ]);
    expect(inPlace(all, { environments: ["dev"] }, permissions).permissions).toEqual(["configuration.update"]);
    expect(inPlace(grant({ permissions: "*" }), { projects: ["shop"] }, permissions).permissions).toBe("*");
  });

  test("taking one of everything leaves what fits, without it", () => {
    const everything = grant({ permissions: "*", projects: ["shop"] });
    expect(withPermission(everything, "flag.create", false, permissions).permissions).toEqual(["configuration.update"]);
    expect(allows(everything, "anything")).toBe(true);
    expect(allows(grant({ permissions: ["flag.create"] }), "member.manage")).toBe(false);
  });

  test("what is still to be chosen", () => {
    expect(incomplete([])).toContain("Add a place");
    expect(incomplete([grant({ permissions: ["x"] }), grant({ projects: [] })])).toContain("Place B has no project");
    expect(incomplete([grant({ permissions: ["x"], environments: [] })])).toContain("Place A has no environment");
    expect(incomplete([grant({})])).toContain("Nothing is allowed in place A");
    expect(incomplete([grant({ permissions: "*" })])).toBeNull();
    expect([placeName(0), placeName(25), placeName(26)]).toEqual(["A", "Z", "27"]);
  });
});

describe("passkeys", () => {
  test.each([
    [
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
      "Chrome on Linux",
    ],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) Version/18.4 Mobile Safari/604.1", "Safari on iPhone"],
    ["Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0", "Firefox on Android"],
    ["curl/8", "Browser"],
  ])("%s", (agent, name) => expect(deviceName(agent)).toBe(name));

  test("what the browser refuses is said in words", () => {
    const said = (name: string) => (passkeyTrouble(new DOMException("x", name)) as Error).message;
    expect(said("NotAllowedError")).toContain("Try again");
    expect(said("InvalidStateError")).toContain("already");
    expect(said("SecurityError")).toContain("own address");
    const other = new Error("of the server");
    expect(passkeyTrouble(other)).toBe(other);
  });
});

describe("roles and tokens in order and in words", () => {
  const role = (key: string, built_in: boolean) => ({ key, name: key, description: "", built_in, grants: [] });
  test("built-in roles by what they hold, then one's own by name", () => {
    const roles = [
      role("owner", true),
      role("zoo", false),
      role("admin", true),
      role("viewer", true),
      role("app", false),
    ];
    expect(byRank(roles).map(({ key }) => key)).toEqual(["viewer", "admin", "owner", "app", "zoo"]);
  });
  test.each([
    [{ role: "editor", grants: null }, "editor"],
    [{ role: null, grants: null }, "all of it"],
    [{ role: null, grants: [grant({ permissions: "*" })] }, "all of it"],
    [{ role: null, grants: [grant({ permissions: ["flag.create"] })] }, "limited"],
  ])("%j", (token, words) => expect(tokenScope(token, "all of it")).toBe(words));
});
