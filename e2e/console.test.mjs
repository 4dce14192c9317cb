// The console out of the binary, in a real browser: ways in and out, every page's policy and accessibility, the keyboard,
// and what somebody sees who may only look.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { browser } from "./clients/browser.mjs";
import { api, cli, demo, serve } from "./parts/binary.mjs";
import { everyLook, violations, watched } from "./parts/pages.mjs";

const FLAG = "new-checkout";
const LOOKS = process.env.E2E_SCREENSHOTS;

let app;
let chromium;
let owner;

before(async () => {
  app = await demo();
  chromium = await browser();
});

after(async () => {
  await chromium?.stop();
  await app?.stop();
});

const inside = (page) => page.getByRole("button", { name: /account of/ }).waitFor();

/** The first level-1 heading: the page has arrived. */
async function open(page, address) {
  await page.goto(`${app.url}${address}`);
  await page.locator("h1").first().waitFor();
  await page.locator("[data-slot=skeleton]").first().waitFor({ state: "detached" });
}

test("a sign-in link works once", async () => {
  owner = await watched(chromium, app);
  const page = await owner.context.newPage();
  const answer = await page.goto(app.console_url);
  assert.match(answer.headers()["content-security-policy"], /script-src 'self'.*frame-ancestors 'none'/);
  await inside(page);
  assert.ok(!page.url().includes("token"), "the token is out of the address");
  await page.close();

  const second = await watched(chromium, app);
  const late = await second.context.newPage();
  await late.goto(app.console_url);
  await late.getByText("This link has been used or is too old").waitFor();
  assert.deepEqual(await everyLook(late), []);
  assert.deepEqual(second.complaints, []);
  await second.context.close();
});

test("every page keeps to its policy, asks no other host, and is accessible in both themes and widths", { timeout: 300_000 }, async (t) => {
  const page = await owner.context.newPage();
  const flag = `/flag?p=shop&key=${FLAG}`;
  const start = performance.now();
  const { body } = await api(app, "GET", "/projects/shop/segments");
  const wrong = [];
  for (const address of [
    "/",
    "/flags?p=shop",
    "/flags?p=shop&q=nothing-has-this-name",
    flag,
    `${flag}&tab=variants`,
    `${flag}&tab=activity`,
    `${flag}&tab=settings`,
    "/flag?p=shop&key=no-such-flag",
    "/segments?p=shop",
    "/segment?p=shop&key=SEGMENT",
    "/changes?p=shop",
    "/changes?p=shop&tab=all",
    "/changes?p=shop&id=chr_none",
    "/history?p=shop",
    "/keys?p=shop",
    "/settings?p=shop",
    "/account",
    "/setup",
    "/no-such-page",
    "/docs",
  ]) {
    await page.goto(`${app.url}${address.replace("SEGMENT", body.items[0].key)}`);
    await page.locator("h1, h2").first().waitFor();
    await page.waitForLoadState("load");
    await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
    if (address === "/docs") {
      // Made from the document after the page has come, and the parts when they are opened.
      await page.locator("summary").first().click();
      await page.locator("details[open] code").first().waitFor();
    }
    const name = address.replace(/\W+/g, "-");
    const look = LOOKS && ((theme, width) => page.screenshot({ path: `${LOOKS}/${name}-${theme}-${width}.png` }));
    wrong.push(...(await everyLook(page, look)).map((each) => `${address} ${each}`));
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(owner.complaints, []);
  t.diagnostic(`20 pages, four looks each: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  await page.close();
});

test("everything can be done from the keyboard", async () => {
  const page = await owner.context.newPage();
  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const focused = (what) => page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, what);
  await page.goto(`${app.url}/flags?p=shop`);
  await page.locator("[data-cell='0:0']").waitFor();

  await press("Tab", "Enter");
  assert.ok(await focused("[data-cell='0:0']"), "the skip link leads to the first row");
  await press("j", "j", "k");
  await page.waitForFunction(() => document.activeElement?.matches("[data-cell='1:0']"));

  await press("c");
  const create = page.getByRole("dialog");
  await create.waitFor();
  assert.deepEqual(await violations(page), [], "the dialog that creates a flag");
  await press("Escape");
  await create.waitFor({ state: "detached" });

  await press("/");
  await page.waitForFunction(() => document.activeElement?.matches("[data-search]"));
  await page.keyboard.type(FLAG);
  await page.waitForFunction((key) => document.querySelector("[data-cell='0:0']")?.textContent.includes(key), FLAG);
  await press("Enter");
  await page.waitForFunction(() => document.activeElement?.matches("[data-cell='0:0']"));
  await press("Enter");
  await page.waitForURL(/\/flag\?/);
  await page.getByRole("heading", { level: 1 }).waitFor();

  await press("Control+k");
  const palette = page.getByRole("dialog");
  await palette.waitFor();
  assert.deepEqual(await violations(page), [], "the palette");
  await press("Escape");
  await palette.waitFor({ state: "detached" });

  // A draft, its review and the save without a pointer.
  await page.getByRole("button", { name: "Add rule" }).focus();
  await press("Enter");
  await page.getByRole("region", { name: "Draft" }).waitFor();
  await page.getByRole("button", { name: "Discard" }).focus();
  await press("Enter");
  await page.getByRole("region", { name: "Draft" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Edit the default rule" }).focus();
  await press("Enter");
  const served = page.getByRole("listitem", { name: "Default rule" }).getByRole("combobox").first();
  await served.focus();
  const options = await served.locator("option").allTextContents();
  await press(options.length > 1 ? "ArrowDown" : "Tab");
  await page.getByRole("region", { name: "Draft" }).waitFor();
  await press("Control+Enter");
  const review = page.getByRole("dialog");
  await review.waitFor();
  assert.deepEqual(await violations(page), [], "the review");
  await press("Control+Enter");
  await review.waitFor({ state: "detached" });
  await page.getByText("is saved in").first().waitFor();

  // And back, from the history of the flag: to the revision before.
  await page.goto(`${app.url}/flag?p=shop&key=${FLAG}&tab=activity`);
  const entries = page.locator("[data-slot=activity-item]", { hasText: `${FLAG} in ${app.environment}` });
  await entries.nth(1).waitFor();
  const rev = Number(await entries.nth(1).getAttribute("data-rev"));
  await entries.nth(1).locator("button[aria-expanded]").focus();
  await press("Enter");
  const revert = page.getByRole("button", { name: `Revert ${FLAG} in ${app.environment} to revision ${rev}` });
  await revert.focus();
  await press("Enter");
  const putBack = page.getByRole("dialog", { name: `Revert ${FLAG} in ${app.environment}` });
  await putBack.locator("[data-slot=sentence-diff]").waitFor();
  assert.deepEqual(await violations(page), [], "the review of a revert");
  await press("Control+Enter");
  await putBack.waitFor({ state: "detached" });
  await page.getByText(`is as it was at revision ${rev}`).first().waitFor();
  const { body: past } = await api(app, "GET", `/projects/shop/history/${rev}`);
  const { body: last } = await api(app, "GET", "/projects/shop/history?limit=1");
  const { body: now } = await api(app, "GET", `/projects/shop/history/${last.items[0].rev}`);
  assert.ok(now.rev > rev);
  assert.deepEqual(now.documents[0].after, past.documents.find(({ kind }) => kind === "configuration").after);
  assert.deepEqual(owner.complaints, []);
  await page.close();
});

test("who may only look sees everything and can change nothing", async () => {
  const viewer = JSON.parse(await cli(app, "tokens", "create", "Looks on", "--role", "viewer"));
  // The console is opened by the token of a viewer instead of a session.
  const { context, complaints } = await watched(chromium, app, {
    extraHTTPHeaders: { authorization: `Bearer ${viewer.token}` },
  });
  const page = await context.newPage();
  await open(page, "/flags?p=shop");
  await page.locator("[data-cell='0:0']").waitFor();
  assert.equal(await page.getByRole("button", { name: "New flag" }).count(), 0);
  assert.equal(await page.getByRole("switch", { disabled: false }).count(), 0);
  for (const address of [`/flag?p=shop&key=${FLAG}`, "/history?p=shop", "/keys?p=shop", "/settings?p=shop", "/segments?p=shop", "/people?p=shop", "/people?p=shop&tab=roles"]) {
    await open(page, address);
    assert.equal(await page.getByRole("button", { name: /^(Undo|Revert|Add rule|Save|New key|New segment|New environment)/ }).count(), 0, address);
    assert.equal(await page.getByRole("button", { name: /^(Invite|New role|New group)/, disabled: false }).count(), 0, address);
    assert.deepEqual(await violations(page), [], address);
  }
  // A page that is older than the loss of the right: the server says no.
  const { status } = await page.evaluate(async (key) => {
    const answer = await fetch(`/api/v1/projects/shop/flags/${key}`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ description: "x" }),
    });
    return { status: answer.status };
  }, FLAG);
  assert.equal(status, 403);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("an empty server is set up, left, and entered by password", async () => {
  const fresh = await serve();
  const { context, complaints } = await watched(chromium, fresh);
  const [email, password] = ["ana@acme.example", "a sentence is easy to remember"];
  try {
    const page = await context.newPage();
    await page.goto(fresh.url);
    await page.getByText("Nobody has an account yet").waitFor();
    await page.goto(fresh.setup_url);
    await page.getByLabel("Organisation").fill("Acme");
    await page.getByLabel("Your name").fill("Ana Example");
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(password);
    assert.deepEqual(await everyLook(page), []);
    await page.getByRole("button", { name: "Create the owner" }).click();
    await inside(page);
    await page.getByText("Make the first project").waitFor();
    assert.deepEqual(await everyLook(page), []);

    await page.getByRole("button", { name: /account of Ana Example/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.waitForURL(/\/sign-in/);
    await page.goto(`${fresh.url}/flags`);
    await page.waitForURL(/\/sign-in\?next=/);

    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill("another sentence entirely");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByText("The e-mail or the password is wrong").waitFor();
    assert.deepEqual(await everyLook(page), []);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await inside(page);

    // The link of the set-up does nothing any more.
    await page.goto(fresh.setup_url);
    await page.getByText("Already set up").waitFor();
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
    await fresh.stop();
  }
});
