// Change control in the console out of the binary: somebody asks for a change in protected production, somebody else approves
// it, it is applied and served; what policies forbid, times, emergencies, and what moved. Each page in both themes and widths.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browser } from "./clients/browser.mjs";
import { api, demo } from "./parts/binary.mjs";
import { everyLook, watched } from "./parts/pages.mjs";
import { until } from "./parts/until.mjs";

const LOOKS = process.env.E2E_SCREENSHOTS;
const PASSWORD = "a sentence is easy to remember";
const P = "/projects/shop";
const FLAG = "e2e-control";

let app;
let chromium;
let eda;
let ben;
let owner;

/** Every look of what is on the page, with screenshots where they are wanted. */
const looks = (page, name) =>
  everyLook(page, LOOKS && ((theme, width) => page.screenshot({ path: `${LOOKS}/control-${name}-${theme}-${width}.png` })));

/** Waits until nothing is being loaded. */
async function open(page, address) {
  await page.goto(`${app.url}${address}`);
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
}

/** An editor in a browser of their own. */
async function editor(name) {
  const email = `${name.toLowerCase()}@shop.example`;
  const { body: invitation } = await api(app, "POST", "/invitations", { email, roles: ["editor"] });
  const accepted = await api(app, "POST", "/invitations/accept", { token: invitation.token, name, password: PASSWORD });
  assert.equal(accepted.status, 201);
  const person = await watched(chromium, app);
  const page = await person.context.newPage();
  await page.goto(`${app.url}/sign-in`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: /account of/ }).waitFor();
  return { ...person, page };
}

async function ok(promise, status = 200) {
  const answer = await promise;
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  return answer.body;
}

/** Asks for a flag as an application does. */
const evaluated = (key, flag, user) =>
  fetch(`${app.url}/ofrep/v1/evaluate/flags/${flag}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ context: { targetingKey: user } }),
  });

const configuration = (environment) => `${P}/flags/${FLAG}/environments/${environment}`;
const newest = async () => (await ok(api(app, "GET", `${P}/change-requests?limit=1`))).items[0];

before(async () => {
  app = await demo();
  chromium = await browser();
  await ok(api(app, "POST", `${P}/flags`, { key: FLAG, name: "Control", type: "boolean" }), 201);
  eda = await editor("Eda");
  ben = await editor("Ben");
  owner = await watched(chromium, app);
  owner.page = await owner.context.newPage();
  await owner.page.goto(app.console_url);
  await owner.page.getByRole("button", { name: /account of/ }).waitFor();
});

after(async () => {
  await chromium?.stop();
  await app?.stop();
});

test("a policy is made in the settings and tried on the past", { timeout: 300_000 }, async () => {
  const { page } = owner;
  await open(page, "/settings?p=shop");
  await page.getByText("No policies: whoever may change").waitFor();
  await page.getByRole("button", { name: "New policy" }).click();
  const sheet = page.getByRole("dialog", { name: "New policy" });
  await sheet.getByLabel("Name", { exact: true }).fill("Production");
  await sheet.getByRole("button", { name: "Add a freeze" }).click();
  assert.deepEqual(await looks(page, "policy-editor"), []);
  await sheet.getByRole("button", { name: "Remove freeze 1" }).click();
  await sheet.getByRole("button", { name: "Try it" }).click();
  await sheet.getByText(/would have been held/).waitFor();
  assert.deepEqual(await looks(page, "policy-tried"), []);
  await sheet.getByRole("button", { name: "Create the policy" }).click();
  await sheet.waitFor({ state: "detached" });
  await page.getByText("1 approval by anybody who may approve").waitFor();
  assert.deepEqual(await looks(page, "policies"), []);
  const policy = await ok(api(app, "GET", `${P}/policies/production`));
  assert.equal(policy.approvals.required, 1);
  assert.deepEqual(policy.holds_in, ["production"]);
});

test("an editor asks, another approves, it is applied and served", { timeout: 300_000 }, async () => {
  const asks = eda.page;
  await open(asks, `/flag?p=shop&key=${FLAG}&env=production`);
  await asks.getByRole("switch", { name: /production/i }).first().click();
  const sheet = asks.getByRole("dialog");
  // Foreseen: the button says so before anything is sent.
  const request = sheet.getByRole("button", { name: "Request approval" });
  await request.waitFor();
  await sheet.getByLabel("Title of the change request").waitFor();
  await sheet.getByText("there is no traffic to judge from").waitFor();
  assert.deepEqual(await looks(asks, "held-review"), []);
  await sheet.getByLabel("Title of the change request").fill("Turn it on for everyone");
  await request.click();
  await sheet.waitFor({ state: "detached" });
  await asks.getByText("waits for approval").first().waitFor();
  const made = await newest();
  assert.equal(made.state, "open");
  assert.equal((await ok(api(app, "GET", configuration("production")))).on, false, "nothing is changed yet");
  await open(asks, `/changes?p=shop&id=${made.id}`);
  await asks.getByText("It is your own work").first().waitFor();
  assert.equal(await asks.getByRole("button", { name: "Approve" }).getAttribute("aria-disabled"), "true");

  const approves = ben.page;
  await open(approves, "/?p=shop");
  await approves.getByRole("heading", { name: /Waiting for you/ }).waitFor();
  assert.deepEqual(await looks(approves, "home"), []);
  await open(approves, "/changes?p=shop");
  assert.deepEqual(await looks(approves, "waiting"), []);
  await approves.getByRole("link", { name: "Turn it on for everyone" }).click();
  const approve = approves.getByRole("button", { name: "Approve", exact: true });
  await approve.waitFor();
  await approves.getByText("there is no traffic to judge from").waitFor();
  assert.deepEqual(await looks(approves, "request"), []);
  // Without a pointer from here on.
  await approve.focus();
  await approves.keyboard.press("Enter");
  const dialog = approves.getByRole("dialog");
  await dialog.getByLabel(/Comment/).fill("Looks right.");
  assert.deepEqual(await looks(approves, "approve"), []);
  await approves.keyboard.press("Control+Enter");
  await dialog.waitFor({ state: "detached" });
  // The stream brings it to whoever has it open.
  await asks.getByText("Approved", { exact: true }).first().waitFor();
  await approves.getByRole("button", { name: "Apply", exact: true }).focus();
  await approves.keyboard.press("Enter");
  await approves.getByText("Applied", { exact: true }).first().waitFor();
  await approves.getByRole("heading", { name: "What it did" }).waitFor();
  assert.deepEqual(await looks(approves, "applied"), []);
  assert.equal((await ok(api(app, "GET", configuration("production")))).on, true);
  const { body: keys } = await api(app, "POST", `${P}/keys`, { name: "control", environment: "production", audience: "server" });
  const served = await until("the flag is served", async () => {
    const answer = await evaluated(keys.key, FLAG, "somebody");
    return answer.ok ? answer.json() : null;
  });
  assert.equal(served.variant, "on");
});

test("a held change is added to a change request that is there, and both are applied together", { timeout: 300_000 }, async () => {
  const keys = ["e2e-first", "e2e-second"];
  for (const key of keys) await ok(api(app, "POST", `${P}/flags`, { key, name: key, type: "boolean" }), 201);
  const of = (key) => `${P}/flags/${key}/environments/production`;
  const { key } = await ok(api(app, "POST", `${P}/keys`, { name: "traffic", environment: "production", audience: "server" }), 201);
  for (let i = 0; i < 12; i++) assert.equal((await evaluated(key, keys[0], `user-${i}`)).status, 200);
  await until("twelve evaluations are counted", async () => {
    const { items } = await ok(api(app, "GET", `${P}/counts?environment=production&flag=${keys[0]}&since=0`));
    return items.reduce((sum, { count }) => sum + count, 0) === 12;
  });
  const headers = { "x-yardarm-change-request": "new", "x-yardarm-change-request-title": "Both at once" };
  const drafted = await ok(api(app, "PATCH", of(keys[0]), { on: true }, headers), 202);
  const { id } = drafted.change_request;
  const { hash } = await ok(api(app, "POST", `${P}/change-requests/${id}/submit`));
  const approves = ben.page;
  const approve = async () => {
    await open(approves, `/changes?p=shop&id=${id}`);
    // A reviewer sees what it would have done to the traffic, in the same words as who made it.
    const impact = approves.getByRole("group", { name: /^Impact/ }).first();
    await impact.getByText("All 12 evaluations would get another variant").waitFor();
    assert.match(await impact.innerText(), /off[^]*on[^]*12 · 100\.0 %/);
    await approves.getByRole("button", { name: "Approve", exact: true }).click();
    const dialog = approves.getByRole("dialog");
    await dialog.getByRole("button", { name: "Approve", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    await approves.getByText("Approved", { exact: true }).first().waitFor();
  };
  await approve();

  const { page } = eda;
  await open(page, `/flag?p=shop&key=${keys[1]}&env=production`);
  await page.getByRole("switch", { name: /production/i }).first().click();
  const sheet = page.getByRole("dialog");
  const which = sheet.getByLabel("Change request", { exact: true });
  await which.waitFor();
  await which.focus();
  await page.keyboard.type("Both at once");
  await sheet.getByText("Approvals that it has are for what it was").waitFor();
  assert.equal(await sheet.getByLabel("Title of the change request").count(), 0);
  assert.deepEqual(await looks(page, "added-to"), []);
  await sheet.getByRole("button", { name: "Add to the change request" }).click();
  await sheet.waitFor({ state: "detached" });
  await page.getByText("It is part of “Both at once” now.").first().waitFor();
  await open(approves, `/changes?p=shop&id=${id}`);
  await approves.getByText("there is no traffic to judge from").waitFor();
  assert.deepEqual(await looks(approves, "impact"), []);
  const grown = await ok(api(app, "GET", `${P}/change-requests/${id}`));
  assert.deepEqual(grown.touches.map((place) => place.key).sort(), keys.map((key) => `production/${key}`));
  assert.deepEqual([grown.state, grown.editors.length], ["open", 2]);
  assert.notEqual(grown.hash, hash);
  assert.ok(grown.approvals.every((approval) => approval.void), "what was approved was something else");
  assert.equal((await ok(api(app, "GET", of(keys[1])))).on, false, "nothing is changed yet");

  await approve();
  await approves.getByRole("button", { name: "Apply", exact: true }).click();
  await approves.getByRole("heading", { name: "What it did" }).waitFor();
  for (const key of keys) assert.equal((await ok(api(app, "GET", of(key)))).on, true);
});

test("a change that is held anywhere can be given a time", { timeout: 300_000 }, async () => {
  const { page } = eda;
  await ok(api(app, "POST", `${P}/policies`, { key: "staging", name: "Staging", environments: ["staging"], approvals: { required: 1 } }), 201);
  await open(page, `/flag?p=shop&key=${FLAG}&env=staging`);
  // Outside production a switch acts at once, without a review: the shell asks.
  await page.getByRole("switch", { name: /staging/i }).first().click();
  const sheet = page.getByRole("dialog", { name: "Policies hold this change" });
  await sheet.getByLabel("Title of the change request").fill("On in staging, tomorrow");
  await sheet.getByLabel(/^Schedule/).check();
  const tomorrow = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString().slice(0, 16);
  await sheet.getByLabel("Time zone").fill("UTC");
  await sheet.getByLabel("Day and time").fill(tomorrow);
  await sheet.getByText(/^That is /).waitFor();
  assert.deepEqual(await looks(page, "held-sheet"), []);
  await sheet.getByRole("button", { name: "Request approval for then" }).click();
  await sheet.waitFor({ state: "detached" });
  const made = await newest();
  assert.deepEqual([made.state, made.schedule.at, made.schedule.zone], ["scheduled", tomorrow, "UTC"]);
  await open(page, "/changes?p=shop&tab=scheduled");
  await page.getByText(/applies .* UTC/).waitFor();
  assert.deepEqual(await looks(page, "scheduled"), []);
  await open(page, `/changes?p=shop&id=${made.id}`);
  assert.deepEqual(await looks(page, "scheduled-request"), []);
  await page.getByRole("button", { name: "Unschedule" }).click();
  await page.getByText("It has no time any more.").waitFor();
  assert.equal((await newest()).schedule, null);
});

test("what policies forbid is said where it would be saved, and an emergency passes with a reason", { timeout: 300_000 }, async () => {
  await ok(api(app, "PATCH", `${P}/policies/staging`, { approvals: null, largest_step: 10 }, { "x-yardarm-bypass": "true", "x-yardarm-reason": "e2e" }));
  const { page } = owner;
  await open(page, `/flag?p=shop&key=${FLAG}&env=staging`);
  await page.getByRole("switch", { name: /staging/i }).first().click();
  const sheet = page.getByRole("dialog", { name: "Policies hold this change" });
  await sheet.getByText("Policies forbid this now.").waitFor();
  await page.getByText("Off in Staging").waitFor();
  await sheet.getByText("Bypass in an emergency").click();
  await sheet.getByText("Give the reason first.").waitFor();
  assert.deepEqual(await looks(page, "forbidden"), []);
  await sheet.getByLabel(/^Reason/).fill("the shop is down");
  await sheet.getByLabel("Type staging to confirm").fill("staging");
  await sheet.getByRole("button", { name: /Bypass the policies/ }).click();
  await sheet.waitFor({ state: "detached" });
  await page.getByText(`${FLAG} is on in`).first().waitFor();
  assert.equal((await ok(api(app, "GET", configuration("staging")))).on, true);
  const { items } = await ok(api(app, "GET", `${P}/history?limit=3`));
  assert.match(items[0].action, /bypass/);
  assert.equal(items[0].reason, "the shop is down");
});

test("a policy that holds its own change is asked about from its form", { timeout: 300_000 }, async () => {
  const { page } = owner;
  await open(page, "/settings?p=shop");
  await page.getByRole("button", { name: "Edit the policy Production" }).click();
  const form = page.getByRole("dialog", { name: "Edit Production" });
  await form.getByLabel("Largest step, percentage points").fill("50");
  await form.getByRole("button", { name: "Save the policy" }).click();
  const sheet = page.getByRole("dialog", { name: "Policies hold this change" });
  await sheet.getByLabel("Title of the change request").fill("Smaller steps");
  await sheet.getByRole("button", { name: "Request approval" }).click();
  await sheet.waitFor({ state: "detached" });
  await form.waitFor({ state: "detached" });
  const made = await newest();
  assert.deepEqual([made.title, made.state, made.touches], ["Smaller steps", "open", [{ kind: "policy", key: "production" }]]);
  await open(ben.page, `/changes?p=shop&id=${made.id}`);
  await ben.page.getByText("largest step").waitFor();
  await ben.page.getByRole("button", { name: "Request changes" }).click();
  const words = ben.page.getByRole("dialog");
  await words.getByLabel("What should be different").fill("Twenty is enough.");
  await words.getByRole("button", { name: "Request changes" }).click();
  await words.waitFor({ state: "detached" });
  await ben.page.getByText("Twenty is enough.").waitFor();
  assert.equal((await newest()).state, "rejected");
  assert.deepEqual(await looks(ben.page, "rejected"), []);
  await open(page, `/changes?p=shop&id=${made.id}`);
  await page.getByRole("button", { name: "Withdraw" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
  await page.getByText("Withdrawn", { exact: true }).waitFor();
});

test("the history can be narrowed to policies and change requests", { timeout: 300_000 }, async () => {
  const { page } = eda;
  await open(page, "/history?p=shop");
  const items = page.getByRole("main").getByRole("listitem");
  for (const [kind, label] of [["policy", "Policies"], ["change_request", "Change requests"]]) {
    const known = (await ok(api(app, "GET", `${P}/history?kind=${kind}&limit=50`))).items;
    assert.ok(known.length > 0);
    await page.getByLabel("What").selectOption({ label });
    await until(`all ${label} and nothing else`, async () => (await items.count()) === known.length);
  }
  // What was decided stays decided; only what an applied one changed can be taken back.
  const applied = (await ok(api(app, "GET", `${P}/history?kind=change_request&limit=50`))).items.filter(({ action }) => action === "change_request.apply");
  assert.ok(applied.length > 0);
  assert.equal(await page.getByRole("button", { name: /^Undo revision/ }).count(), applied.length);
  assert.deepEqual(await looks(page, "history-kind"), []);
});

test("what moved is rebased, place by place", { timeout: 300_000 }, async () => {
  const { page } = eda;
  const serving = (percent) => ({ default: { rollout: { variant: "on", percent, bucket_by: "user.key" } } });
  await ok(api(app, "PATCH", configuration("development"), serving(10)));
  const draft = await ok(
    api(app, "PATCH", configuration("development"), serving(20), {
      "x-yardarm-change-request": "new",
      "x-yardarm-change-request-title": "Twenty",
    }),
    202,
  );
  await ok(api(app, "PATCH", configuration("development"), serving(30)));
  await open(page, `/changes?p=shop&id=${draft.change_request.id}`);
  await page.getByText("It has moved").waitFor();
  const rebase = page.getByRole("button", { name: "Rebase" });
  assert.equal(await rebase.getAttribute("aria-disabled"), "true");
  assert.deepEqual(await looks(page, "moved"), []);
  await page.getByRole("radio", { name: /This request/ }).first().check();
  await rebase.click();
  await page.getByText("It has moved").waitFor({ state: "detached" });
  const { conflicts, moved } = await ok(api(app, "GET", `${P}/change-requests/${draft.change_request.id}`));
  assert.deepEqual([conflicts, moved], [[], []]);

  await open(page, "/changes?p=shop&tab=all");
  assert.deepEqual(await looks(page, "all"), []);
  await page.getByLabel("Search change requests").fill("twenty");
  await page.getByRole("link", { name: "Turn it on for everyone" }).waitFor({ state: "detached" });
  assert.equal(await page.getByRole("link", { name: "Twenty" }).count(), 1);
  await page.getByLabel("Search change requests").fill("nothing is called so");
  await page.getByText("No change request matches").waitFor();
  assert.deepEqual(await looks(page, "no-match"), []);
});

test("no page complained", () => {
  assert.deepEqual([...eda.complaints, ...ben.complaints, ...owner.complaints], []);
});
