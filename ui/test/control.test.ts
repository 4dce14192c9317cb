import { afterEach, describe, expect, test, vi } from "vitest";
import { ApiProblem, request } from "../lib/api/client";
import type { ChangeRequest, Verdict } from "../lib/api/control";
import { Asked, type HeldChange, setDesk, verdictOf, wayName } from "../lib/api/way";
import { conflictSides, entryChanges, pointerWords } from "../lib/control-diff";
import {
  approvalsText,
  policySentences,
  reasons,
  requirementText,
  touchesText,
  violationText,
  whoMay,
} from "../lib/control-words";
import { formOf, policyProblem, rulesOf } from "../lib/policy-form";
import { fromNow, localTime, meant } from "../lib/zones";

const requirement = {
  policy: "production",
  name: "Production",
  environments: ["production"],
  required: 2,
  roles: [],
  groups: [],
  author_may_approve: false,
};
const verdict: Verdict = { environments: ["production"], approvals: [requirement], violations: [], notes: [] };
const item = {
  id: "chr_1",
  title: "Raise it",
  state: "open",
  since: 0,
  author: { id: "usr_ana", name: "Ana" },
  created_at: 0,
  hash: "sha256:aa",
  touches: [{ kind: "configuration", key: "production/new-checkout" }],
  schedule: null,
  approved: false,
  waits_for_me: true,
  needed: [{ ...requirement, given: ["usr_bo"] }],
  moved: [],
} as const;
const change = {
  ...item,
  description: "",
  editors: ["usr_ana"],
  entries: [],
  verdict,
  approvals: [],
  conflicts: [],
  comments: [],
  outcome: null,
} as unknown as ChangeRequest;

describe("the way of a change", () => {
  type Sent = { method: string; url: string; headers: Record<string, string>; body: unknown };
  const sent: Sent[] = [];
  /** Answers in turn; a status and a body each. */
  function server(...answers: [number, unknown][]) {
    sent.length = 0;
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      sent.push({
        method: init.method ?? "GET",
        url,
        headers: init.headers as Record<string, string>,
        body: init.body && JSON.parse(init.body as string),
      });
      const [status, body] = answers.shift() ?? [500, {}];
      return new Response(status === 204 ? null : JSON.stringify(body), { status });
    });
  }
  afterEach(() => {
    vi.unstubAllGlobals();
    setDesk(null);
  });
  const held: [number, unknown] = [409, { code: "approval_required", detail: "This needs others' consent.", verdict }];
  const drafted: [number, unknown] = [202, { change_request: item }];

  test("words alone go straight, and what is held is a problem where nobody can be asked", async () => {
    server(held);
    const failure = await request("PATCH", "/projects/shop/flags/a", { body: {}, reason: "why" }).catch((e) => e);
    expect(failure).toBeInstanceOf(ApiProblem);
    expect(verdictOf(failure)).toEqual(verdict);
    expect(sent[0]?.headers["x-yardarm-reason"]).toBe("why");
    expect(sent[0]?.headers["x-yardarm-change-request"]).toBeUndefined();
  });

  test("a request for approval is drafted, submitted and told, and nothing that follows a save happens", async () => {
    server(drafted, [200, item]);
    const told: string[] = [];
    setDesk({ ask: () => Promise.reject(new Error("asked")), tell: ({ request }) => void told.push(request.id) });
    const failure = await request("PATCH", "/projects/shop/flags/a", {
      body: {},
      reason: { text: "weil", way: { title: "Größer" } },
    }).catch((e) => e);
    expect(failure).toBeInstanceOf(Asked);
    expect(told).toEqual(["chr_1"]);
    expect(sent[0]?.headers["x-yardarm-change-request"]).toBe("new");
    expect(sent[0]?.headers["x-yardarm-change-request-title"]).toBe(encodeURIComponent("Größer"));
    expect(sent[1]).toMatchObject({ method: "POST", url: "/api/v1/projects/shop/change-requests/chr_1/submit" });
  });

  test("a change that is added to a request is told, and the request stays as far as it is", async () => {
    server(drafted);
    const told: Asked[] = [];
    setDesk({ ask: () => Promise.reject(new Error("asked")), tell: (asked) => void told.push(asked) });
    const reason = { text: "", way: { into: "chr_1" } };
    const failure = await request("PATCH", "/projects/shop/flags/a", { body: {}, reason }).catch((e) => e);
    expect(failure).toBeInstanceOf(Asked);
    expect(told).toEqual([failure]);
    expect(failure.added).toBe(true);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.headers["x-yardarm-change-request"]).toBe("chr_1");
    expect(sent[0]?.headers["x-yardarm-change-request-title"]).toBeUndefined();
  });

  test("a time that is refused leaves no draft behind", async () => {
    server(drafted, [422, { code: "invalid", detail: "in the past" }], [200, item]);
    const way = { title: "Later", schedule: { at: "2026-01-01T00:00", zone: "UTC" } };
    const failure = await request("PATCH", "/projects/shop/flags/a", { reason: { text: "", way } }).catch((e) => e);
    expect(failure).toMatchObject({ status: 422 });
    expect(sent.map(({ method, url }) => `${method} ${url.split("/").at(-1)}`)).toEqual([
      "PATCH a",
      "PUT schedule",
      "POST withdraw",
    ]);
  });

  test("whoever is there is asked, and a bypass answers the caller as a save would", async () => {
    server(held, [200, { on: true }]);
    setDesk({ ask: ({ again }: HeldChange) => again({ text: "fire", way: "bypass" }), tell: () => {} });
    const answer = await request("PATCH", "/projects/shop/flags/a", { body: { on: true } });
    expect(answer.data).toEqual({ on: true });
    expect(sent[1]?.headers).toMatchObject({ "x-yardarm-bypass": "true", "x-yardarm-reason": "fire" });
    expect(sent[1]?.body).toEqual({ on: true });
  });

  test("the button is named after the act", () => {
    const freeze = { ...verdict, approvals: [] };
    const schedule = { at: "2026-12-20T18:00", zone: "UTC" };
    expect(wayName(verdict, null)).toBe("Request approval");
    expect(wayName(verdict, { title: "x", schedule })).toBe("Request approval for then");
    expect(wayName(freeze, { title: "x", schedule })).toBe("Schedule");
    expect(wayName(freeze, { title: "x" })).toBe("Make a change request");
    expect(wayName(freeze, { into: "chr_1" })).toBe("Add to the change request");
  });
});

describe("wall clocks", () => {
  const at = (text: string) => Date.parse(text);
  test.each([
    ["2026-12-20T18:00", "Europe/Berlin", "2026-12-20T17:00Z", null],
    ["2026-06-20T18:00", "America/New_York", "2026-06-20T22:00Z", null],
    ["2026-03-29T12:00", "Europe/Berlin", "2026-03-29T10:00Z", null],
    ["2026-03-29T01:59", "Europe/Berlin", "2026-03-29T00:59Z", null],
    ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30Z", "03:30"],
    ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30Z", "twice"],
    ["2026-10-25T03:00", "Europe/Berlin", "2026-10-25T02:00Z", null],
    ["2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45Z", "twice"],
    ["2026-12-20T18:00", "UTC", "2026-12-20T18:00Z", null],
  ])("%s in %s", (local, zone, instant, note) => {
    const found = meant({ at: local, zone });
    expect(new Date(found?.instant ?? 0).toISOString()).toBe(new Date(at(instant)).toISOString());
    if (note === null) expect(found?.note).toBeNull();
    else expect(found?.note).toContain(note);
  });
  test("no time and no zone are no instant", () => {
    expect(meant({ at: "", zone: "UTC" })).toBeNull();
    expect(meant({ at: "2026-12-20T18:00", zone: "Europe/Berlim" })).toBeNull();
  });
  test("what a field takes, and how far it is", () => {
    expect(localTime(at("2026-12-20T17:00Z"), "Europe/Berlin")).toBe("2026-12-20T18:00");
    expect(fromNow(3 * 3_600_000, 0)).toBe("in 3 h");
    expect(fromNow(0, 5 * 60_000)).toBe("5 min ago");
  });
});

describe("words", () => {
  test("who may approve, and how much is there", () => {
    expect(approvalsText(change.needed)).toBe("1 of 2 approvals");
    expect(approvalsText([])).toBe("no approval needed");
    expect(whoMay({ roles: ["lead"], groups: ["payments", "core"] })).toBe(
      "people with the role lead or of the group payments or core",
    );
    expect(requirementText(requirement)).toBe(
      "Production wants 2 approvals for production, by anybody who may approve but the author",
    );
  });
  test("what is touched", () => {
    const flag = (key: string) => ({ kind: "flag", key });
    expect(touchesText(change.touches)).toBe("new-checkout in production");
    expect(touchesText([flag("a"), flag("b"), flag("c"), flag("d"), flag("e")])).toBe(
      "Flag a, Flag b, Flag c and 2 more",
    );
  });
  test("a violation says what, where, whose and until when", () => {
    const text = violationText({
      policy: "production",
      rule: "freeze",
      code: "policy_freeze",
      environment: "production",
      kind: "configuration",
      key: "production/a",
      pointer: "",
      message: "nothing changes in Christmas",
      may_bypass: true,
      clears_at: Date.UTC(2027, 0, 4, 8),
    });
    expect(text).toContain("nothing changes in Christmas (a in production); policy production. From ");
    expect(text).toContain("4 Jan 2027");
  });
  test("a policy in sentences", () => {
    const said = policySentences({
      name: "P",
      approvals: { required: 1, roles: ["lead"] },
      freeze: [{ name: "Nights", days: ["monday"], from: "18:00", until: "08:00", time_zone: "UTC" }],
      largest_step: 25,
      min_soak: { hours: 1, environment: "staging" },
      require_owner: true,
      hold_kills: true,
    });
    expect(said).toEqual([
      "1 approval by people with the role lead",
      "nothing changes in Nights: each Mon 18:00 to 08:00, UTC",
      "no step of more than 25 percentage points",
      "served in staging for 1 hour before",
      "flags have an owner",
      "turning off is held, too",
    ]);
  });
});

describe("why something cannot be done", () => {
  const all = () => true;
  const of = (changes: Partial<ChangeRequest>, me = "usr_cy") => reasons({ ...change, ...changes }, me, all);
  test("whoever is asked may approve; the author may not, and withdraws", () => {
    expect(of({}).approve).toBeNull();
    expect(of({}).apply).toBe("Approvals are missing.");
    expect(of({}).withdraw).toBe("Only those who put it together withdraw it.");
    const mine = of({ waits_for_me: false }, "usr_ana");
    expect(mine.approve).toBe("It is your own work: somebody else has to approve it.");
    expect(mine.withdraw).toBeNull();
  });
  test("what moved is rebased first", () => {
    const moved = of({ moved: [{ kind: "flag", key: "a" }] });
    expect([moved.approve, moved.apply, moved.rebase]).toEqual([
      "It has moved: rebase it first.",
      "It has moved: rebase it first.",
      null,
    ]);
  });
  test("a time is part of what is approved", () => {
    const schedule = { at: "2026-12-20T18:00", zone: "UTC", instant: 1, grace_seconds: 60, by: change.author };
    const timed = of({ state: "scheduled", approved: true, schedule });
    expect(timed.apply).toContain("Unschedule it");
    expect(timed.unschedule).toBeNull();
  });
  test("approved is applied, unless a policy forbids it now; what is over is over", () => {
    expect(of({ state: "approved", approved: true }).apply).toBeNull();
    const frozen = { ...verdict, violations: [{ policy: "p", rule: "freeze" } as never] };
    expect(of({ state: "approved", approved: true, verdict: frozen }).apply).toBe("Policies forbid it now.");
    expect(Object.values(of({ state: "withdrawn" })).every((why) => why === "It is withdrawn.")).toBe(true);
  });
  test("rights count", () => {
    const why = reasons(change, "usr_cy", (permission) => permission !== "change_request.approve");
    expect(why.approve).toBe("You may not approve changes.");
  });
});

describe("entries and conflicts", () => {
  const entry = { kind: "flag", key: "a", action: "update", production: true, lists: [], sentences: [], effects: [] };
  test("places in words, whole documents by member, segments by their keys", () => {
    expect(pointerWords("/default/rollout/percent")).toBe("default, rollout, percent");
    const owner = { pointer: "/owner", before: null, after: "pay" };
    expect(entryChanges({ ...entry, changes: [owner] } as never)).toEqual([
      { subject: "owner", before: undefined, after: "pay" },
    ]);
    const whole = { pointer: "", before: null, after: { name: "A", tags: ["x"] } };
    expect(entryChanges({ ...entry, changes: [whole] } as never)).toEqual([
      { subject: "name", before: undefined, after: "A" },
      { subject: "tags", before: undefined, after: "x" },
    ]);
    const list = { list: "included", added: 12, removed: 0, first_added: ["u1", "u2"], first_removed: [] };
    expect(entryChanges({ ...entry, changes: [], lists: [list] } as never)).toEqual([
      { subject: "Members, included", before: undefined, after: "u1, u2 and 10 more" },
    ]);
  });
  test("sides of a conflict read as the console reads them", () => {
    const sides = conflictSides({
      kind: "configuration",
      key: "production/a",
      pointer: "/default",
      base: { variant: "off" },
      request: { variant: "on" },
      current: null,
    });
    expect(sides).toEqual({ base: "serve off", request: "serve on", current: "nothing" });
  });
});

describe("a policy as a form", () => {
  test("comes back as it was, with null for what it does not have", () => {
    const policy = {
      name: "P",
      environments: ["production"],
      approvals: { required: 2, roles: ["lead"], groups: [], author_may_approve: true },
      largest_step: 12.5,
      min_soak: { hours: 3, environment: "staging" },
    };
    const rules = rulesOf(formOf(policy), "P");
    expect(rules).toMatchObject(policy);
    expect(rules.freeze).toBeNull();
    expect(rules.require_owner).toBeNull();
    expect(rulesOf(formOf({ name: "P", approvals: { required: 1 } }), "P").environments).toBeNull();
  });
  test("says what is wrong before the server has to", () => {
    const form = formOf();
    expect(policyProblem(form)).toBeNull();
    expect(policyProblem({ ...form, approvals: false })).toBe("A policy has at least one rule.");
    expect(policyProblem({ ...form, required: "11" })).toBe("Approvals: 1 to 10 people.");
    expect(policyProblem({ ...form, everyProduction: false })).toBe("Choose an environment.");
    expect(policyProblem({ ...form, step: "0" })).toBe("The largest step is above 0 and at most 100.");
    const freeze = { name: "Night", days: [], from: "18:00", until: "24:00", time_zone: "Mars/Base" };
    expect(policyProblem({ ...form, freeze: [freeze] })).toBe("Night: Mars/Base is no IANA time zone.");
  });
});
