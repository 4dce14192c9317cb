// People in the console out of the binary, in a real browser: passkeys with the browser's own virtual authenticator, and
// everything about who is in the tenant and what they may do.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browser } from "./clients/browser.mjs";
import { api, demo, serve } from "./parts/binary.mjs";
import { everyLook, violations, watched } from "./parts/pages.mjs";

const LOOKS = process.env.E2E_SCREENSHOTS;

let chromium;
before(async () => {
  chromium = await browser();
});
after(() => chromium?.stop());

const inside = (page) => page.getByRole("button", { name: /account of/ }).waitFor();
const cell = (page, name) => page.getByRole("cell", { name }).first();
const button = (page, name) => page.getByRole("button", { name, exact: true });

/** Axe in both themes and widths, with a picture of each when they are wanted. */
async function looks(page, name) {
  await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
  const look = LOOKS && ((theme, width) => page.screenshot({ path: `${LOOKS}/${name}-${theme}-${width}.png` }));
  assert.deepEqual(await everyLook(page, look), [], name);
}

async function leave(page) {
  await page.getByRole("button", { name: /account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL(/\/sign-in/);
}

test("passkeys: added, used alone and after the password, renamed, removed", { timeout: 300_000 }, async () => {
  // Browsers make passkeys for a name, not for an IP address: without settings the server gives out one.
  const app = await serve();
  assert.equal(new URL(app.url).hostname, "localhost");
  const { context, complaints } = await watched(chromium, app);
  const [email, password] = ["ana@acme.example", "a sentence is easy to remember"];
  try {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await page.goto(app.setup_url);
    await page.getByLabel("Organisation").fill("Acme");
    await page.getByLabel("Your name").fill("Ana Example");
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(password);
    await button(page, "Create the owner").click();
    await inside(page);

    await page.goto(`${app.url}/account`);
    await page.getByText("No passkeys.").waitFor();
    await button(page, "Add a passkey").click();
    const dialog = page.getByRole("dialog");
    assert.match(await dialog.getByLabel("Name").inputValue(), /Chrome/);
    await dialog.getByLabel("Name").fill("Work laptop");
    await looks(page, "passkey-add");
    await button(dialog, "Continue").click();
    await page.getByRole("dialog", { name: "Recovery codes" }).waitFor();
    await looks(page, "passkey-codes");
    await button(page, "I have kept them").click();
    await cell(page, "Work laptop").waitFor();
    await looks(page, "account");

    // The same authenticator is not added twice.
    await button(page, "Add a passkey").click();
    await button(dialog, "Continue").click();
    await dialog.getByText("has a passkey for your account already").waitFor();
    await page.keyboard.press("Escape");

    await button(page, "Rename Work laptop").click();
    await dialog.getByLabel("Name").fill("Blue laptop");
    await button(dialog, "Save").click();
    await cell(page, "Blue laptop").waitFor();

    await leave(page);
    await looks(page, "sign-in");
    await button(page, "Sign in with a passkey").click();
    await inside(page);
    await page.goto(`${app.url}/account`);
    await page.getByText("passkey and a second factor").waitFor();
    await leave(page);

    // Whoever is not recognised comes in by the password first, and then with a touch.
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await button(page, "Sign in with a passkey").click();
    await page.getByText("Nothing was confirmed, or it took too long").waitFor();
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(password);
    await button(page, "Sign in").click();
    await button(page, "Use a passkey").waitFor();
    await looks(page, "second-step");
    await button(page, "Use a passkey").click();
    await inside(page);

    await page.goto(`${app.url}/account`);
    await button(page, "Remove Blue laptop").click();
    await button(page, "Remove the passkey").click();
    await page.getByText("No passkeys.").waitFor();
    await leave(page);
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
    await button(page, "Sign in with a passkey").click();
    await page.getByText("This passkey opens nothing here").waitFor();
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
    await app.stop();
  }
});

test("people: members, invitations, groups, roles, service accounts and sign-in", { timeout: 600_000 }, async () => {
  const app = await demo();
  const owner = await watched(chromium, app);
  const guest = await watched(chromium, app);
  try {
    const page = await owner.context.newPage();
    await page.goto(app.console_url);
    await inside(page);
    const open = async (tab) => {
      await page.goto(`${app.url}/people?p=shop${tab ? `&tab=${tab}` : ""}`);
      await page.getByRole("tab", { selected: true }).waitFor();
      await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
    };
    const dialog = page.getByRole("dialog");

    // A role in a place, from the keyboard where it matters.
    await open("roles");
    await looks(page, "people-roles");
    await button(page, "See Editor").click();
    await dialog.getByText("In an environment", { exact: true }).waitFor();
    await looks(page, "people-role-built-in");
    await button(dialog, "Close").first().click();
    await button(page, "New role").click();
    await dialog.getByText("Name the role").or(dialog.getByText("Nothing is allowed")).first().waitFor();
    await dialog.getByLabel("Name").fill("Release manager");
    await dialog.getByLabel("Description").fill("Turns flags on in staging");
    await dialog.getByLabel("Place A: all environments").uncheck();
    await dialog.getByLabel("Place A: keys of environments").fill("staging");
    await page.keyboard.press("Enter");
    assert.equal(await dialog.getByLabel("flag.create in place A").count(), 0, "it means nothing in one environment");
    await dialog.getByLabel("configuration.update in place A").focus();
    await page.keyboard.press("Space");
    await button(dialog, "Add a place").click();
    await dialog.getByText("Place B has no environment").waitFor();
    await dialog.getByLabel("Place B: all environments").check();
    await dialog.getByLabel("project.read in place B").check();
    await looks(page, "people-role-new");
    await button(dialog, "Create role").click();
    await cell(page, /Release manager/).waitFor();
    await page.getByText("1 permission in staging of all projects").waitFor();

    await open("groups");
    await page.getByText("No groups.").waitFor();
    await looks(page, "people-groups-empty");
    await button(page, "New group").click();
    await dialog.getByLabel("Name").fill("Payments team");
    await dialog.getByRole("checkbox", { name: /Release manager/ }).check();
    await looks(page, "people-group-new");
    await button(dialog, "Create group").click();
    await cell(page, /Payments team/).waitFor();

    // Somebody is invited, and comes.
    await open("");
    await button(page, "Invite").click();
    await dialog.getByLabel("E-mail").fill("bo@example.com");
    await dialog.getByRole("checkbox", { name: /Payments team/ }).check();
    await looks(page, "people-invite");
    await button(dialog, "Make the link").click();
    const link = await dialog.getByLabel("Invitation link", { exact: true }).inputValue();
    await looks(page, "people-invitation-link");
    await button(dialog, "I have copied it").click();
    await page.getByText("pending").waitFor();
    await button(page, "Make a new link for bo@example.com").click();
    const newer = await dialog.getByLabel("Invitation link", { exact: true }).inputValue();
    assert.notEqual(newer, link);
    await button(dialog, "I have copied it").click();

    const visitor = await guest.context.newPage();
    await visitor.goto(link);
    await visitor.getByText("It was used, has expired, or was revoked").waitFor();
    await looks(visitor, "invitation-old");
    await visitor.goto(newer);
    await visitor.getByLabel("Your name").fill("Bo Example");
    await visitor.getByLabel("Password").fill("a sentence is easy to remember");
    await looks(visitor, "invitation");
    await visitor.getByRole("button", { name: /^Join/ }).click();
    await inside(visitor);

    await open("");
    await cell(page, /Bo Example/).waitFor();
    await page.getByText("by Payments team").waitFor();
    await looks(page, "people-members");
    await page.getByLabel("Search members").fill("nobody at all");
    await page.getByText("Nobody matches").waitFor();
    await looks(page, "people-nobody");
    await button(page, "Clear the search").click();
    await button(page, "Change what Bo Example holds").click();
    await dialog.getByRole("checkbox", { name: /^Editor/ }).check();
    await looks(page, "people-member");
    await button(dialog, "Save").click();
    await dialog.waitFor({ state: "detached" });

    await open("groups");
    await button(page, "Members of Payments team").click();
    await dialog.getByRole("checkbox", { name: /Bo Example/ }).waitFor();
    await looks(page, "people-group-members");
    await dialog.getByRole("checkbox", { name: /Bo Example/ }).click();
    await dialog.getByText("0 members").waitFor();
    await page.keyboard.press("Escape");
    await looks(page, "people-groups");

    await open("service-accounts");
    await button(page, "New service account").click();
    await dialog.getByLabel("Name").fill("CI deploy");
    await dialog.getByRole("checkbox", { name: /^Editor/ }).check();
    await button(dialog, "Create service account").click();
    await button(page, "Tokens of CI deploy").click();
    await dialog.getByText("No tokens yet").waitFor();
    await button(dialog, "New token").click();
    await page.getByRole("dialog", { name: "New access token" }).getByLabel("Name").fill("deploy");
    await button(page, "Create token").click();
    const secret = await page.getByLabel("Access token", { exact: true }).inputValue();
    assert.match(secret, /^yd_pat_/);
    await button(page, "I have copied it").click();
    await dialog.getByText("deploy").first().waitFor();
    await looks(page, "people-account-tokens");
    await page.keyboard.press("Escape");
    await page.getByText("1 token", { exact: true }).waitFor();
    await looks(page, "people-service-accounts");

    await open("sign-in");
    await page.getByText("Connect an identity provider first").waitFor();
    await looks(page, "people-sign-in");
    await button(page, "Connect a provider").click();
    await looks(page, "people-connect");
    await dialog.getByLabel("Name").fill("Acme login");
    await dialog.getByLabel("Issuer").fill("http://127.0.0.1:9/");
    await dialog.getByLabel("Client ID").fill("yardarm");
    await button(dialog, "Connect").click();
    await dialog.getByRole("alert").waitFor();
    assert.deepEqual(await violations(page), [], "a refused connection");
    await page.keyboard.press("Escape");

    // Bo may see people, and is told why nothing can be changed.
    await visitor.goto(`${app.url}/people?p=shop`);
    await visitor.getByText("To invite, change and remove people you need the permission").waitFor();
    assert.equal(await visitor.getByRole("button", { name: "Invite", exact: true }).isDisabled(), true);
    await looks(visitor, "people-editor");

    // A demand leads whoever does not meet it to their account.
    await open("sign-in");
    await page.getByRole("switch", { name: /A second factor/ }).click();
    await button(page, "Demand it now").click();
    await visitor.goto(`${app.url}/flags?p=shop`);
    await visitor.getByText(/asks for a second factor/).waitFor();
    await looks(visitor, "demanded");
    await visitor.getByRole("link", { name: "Add one" }).click();
    await visitor.getByText("Add an app or a passkey to go on").waitFor();
    await looks(visitor, "demanded-account");
    const { status } = await api(app, "GET", "/members");
    assert.equal(status, 403, "of the owner, too");

    assert.deepEqual(owner.complaints, []);
    assert.deepEqual(guest.complaints, []);
  } finally {
    await owner.context.close();
    await guest.context.close();
    await app.stop();
  }
});
