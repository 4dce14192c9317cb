// Sign-in by an identity provider that nobody here wrote (oidc-provider), through the real binary and its console.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { browser } from "./clients/browser.mjs";
import { api, demo } from "./parts/binary.mjs";
import { identityProvider, signInAt, visitor } from "./parts/provider.mjs";
import { until } from "./parts/until.mjs";

const people = {
  bea: { email: "bea@example.com", email_verified: true, name: "Bea", groups: ["developers"] },
  cy: { email: "cy@example.com", email_verified: false, name: "Cy", groups: ["developers"] },
  di: { email: "di@elsewhere.example", email_verified: true, name: "Di", groups: ["developers"] },
  ed: { email: "ed@example.com", email_verified: true, name: "Ed", groups: [] },
  flo: { email: "flo@example.com", email_verified: true, name: "Flo", groups: ["developers"] },
};
let folder;
let app;
let provider;
let connection;
let tenant;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "yardarm-e2e-sso-"));
  // A provider on this machine is none that a server may call by itself.
  await writeFile(join(folder, "yardarm.toml"), 'outbound_allow = ["127.0.0.1"]\noutbound_ports = ["1-65535"]\noutbound_http = true\n');
  app = await demo({ directory: folder });
  tenant = (await api(app, "GET", "/session")).body.tenant.key;
  provider = await identityProvider(people);
});

after(async () => {
  await provider?.stop();
  await app?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Off to the provider: where, in a new browser. */
async function leave() {
  const go = visitor();
  const response = await go(`${app.url}/api/v1/session/sso`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: app.url },
    body: JSON.stringify({ tenant, connection: connection.id, return_to: "/flags" }),
  });
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return { go, location: body.location };
}

/** Back from it: where the server leads, and the session, if there is one. */
async function back(go, address) {
  const response = await go(address);
  assert.equal(response.status, 303, await response.text());
  const location = response.headers.get("location");
  const session = await go(`${app.url}/api/v1/session`);
  return { go, location, session: session.status === 200 ? await session.json() : undefined };
}

/** All of it. `change` may touch the question that goes to the provider, or its answer. */
async function come(sub, { question = (url) => url, answer = (url) => url, cancel } = {}) {
  const { go, location } = await leave();
  const asked = new URL(location);
  question(asked);
  const told = new URL(await signInAt(go, asked.href, sub, { cancel }));
  answer(told);
  return back(go, told.href);
}

const rolesOf = async (id) => (await api(app, "GET", `/members/${id}`)).body.roles;

test("a provider that is away cannot be connected", async () => {
  const body = { name: "Login", issuer: provider.issuer, client_id: "yardarm", client_secret: provider.client.client_secret };
  const refused = await api(app, "POST", "/sso-connections", body);
  assert.deepEqual([refused.status, refused.body.errors[0].code], [422, "provider_unusable"]);
  await provider.start();
  // Nor one that calls itself otherwise than it was asked.
  const other = await api(app, "POST", "/sso-connections", { ...body, issuer: provider.issuer.replace("127.0.0.1", "localhost") });
  assert.equal(other.status, 422, JSON.stringify(other.body));
  const made = await api(app, "POST", "/sso-connections", {
    ...body,
    scopes: ["email", "profile", "groups"],
    groups: { developers: { roles: ["editor"] } },
    domains: ["example.com"],
    provision: true,
    default_roles: ["viewer"],
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  connection = made.body;
  provider.client = {
    ...provider.client,
    redirect_uris: [connection.redirect_uri],
    post_logout_redirect_uris: [`${app.url}/sign-in`],
  };
  await provider.stop();
  await provider.start();
});

test("the question: code, PKCE, state, nonce, and no secret", async () => {
  const { location } = await leave();
  const asked = Object.fromEntries(new URL(location).searchParams);
  assert.deepEqual([asked.response_type, asked.code_challenge_method, asked.client_id], ["code", "S256", "yardarm"]);
  assert.equal(asked.redirect_uri, connection.redirect_uri);
  assert.deepEqual(asked.scope.split(" ").sort(), ["email", "groups", "openid", "profile"]);
  assert.ok(asked.state.length > 20 && asked.nonce.length > 20 && asked.state !== asked.nonce);
  assert.ok(!location.includes(encodeURIComponent(provider.client.client_secret)));
});

test("who comes in has the roles of their groups, at each sign-in", async () => {
  const first = await come("bea");
  assert.equal(first.location, "/flags");
  const { id } = first.session.user;
  assert.deepEqual([first.session.user.email, first.session.user.name], ["bea@example.com", "Bea"]);
  assert.deepEqual(await rolesOf(id), ["editor", "viewer"]);
  people.bea.groups = [];
  assert.equal((await come("bea")).session.user.id, id);
  assert.deepEqual(await rolesOf(id), ["viewer"], "the group is gone, and its role");
  people.bea.groups = ["developers", "others"];
  // Another address is the same person.
  people.bea.email = "bea.new@example.com";
  assert.equal((await come("bea")).session.user.id, id);
  assert.deepEqual(await rolesOf(id), ["editor", "viewer"]);
  const entries = (await api(app, "GET", "/audit?limit=50")).body.items.map(({ action }) => action);
  assert.equal(entries.filter((action) => action === "member.provision").length, 1);
  assert.equal(entries.filter((action) => action === "member.follow").length, 2);
});

test("the same with everything in the ID token", async () => {
  provider.inToken = true;
  await provider.stop();
  await provider.start();
  const { session } = await come("flo");
  assert.deepEqual(await rolesOf(session.user.id), ["editor", "viewer"]);
});

test("who does not come in", async () => {
  for (const [sub, why] of [
    ["cy", "its address is not verified"],
    ["di", "its address is of another domain"],
  ]) {
    const came = await come(sub);
    assert.deepEqual([came.location, came.session], ["/sign-in?sso_error=not_a_member", undefined], why);
  }
  const cancelled = await come("ed", { cancel: true });
  assert.deepEqual([cancelled.location, cancelled.session], ["/sign-in?sso_error=denied", undefined]);
});

test("an answer to another question is none", async () => {
  const cases = {
    "another nonce": [{ question: (url) => url.searchParams.set("nonce", "of-another-sign-in") }, "token"],
    "another PKCE challenge": [{ question: (url) => url.searchParams.set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM") }, "token"],
    "another state": [{ answer: (url) => url.searchParams.set("state", "of-another-sign-in") }, "state"],
    "another code": [{ answer: (url) => url.searchParams.set("code", "of-another-sign-in") }, "token"],
    "another issuer": [{ answer: (url) => url.searchParams.set("iss", "https://other.example") }, "state"],
    "no issuer, though the provider says that it names itself": [{ answer: (url) => url.searchParams.delete("iss") }, "state"],
  };
  for (const [name, [change, word]] of Object.entries(cases)) {
    const came = await come("ed", change);
    assert.deepEqual([came.location, came.session], [`/sign-in?sso_error=${word}`, undefined], name);
  }
  // Another browser, and the same one twice.
  const { go, location } = await leave();
  const told = await signInAt(go, location, "ed");
  assert.equal((await back(visitor(), told)).location, "/sign-in?sso_error=over");
  assert.equal((await back(go, told)).location, "/flags");
  assert.equal((await visitor()(told)).headers.get("location"), "/sign-in?sso_error=over");
});

test("signing out leads to the provider", async () => {
  const { go } = await come("ed");
  const out = await go(`${app.url}/api/v1/session`, { method: "DELETE", headers: { origin: app.url } });
  const { location } = await out.json();
  assert.ok(location.startsWith(`${provider.issuer}/session/end?`), location);
  const page = await go(location);
  assert.equal(page.status, 200, "the provider takes it");
  assert.equal((await go(`${app.url}/api/v1/session`)).status, 401);
});

test("a person in the console", async () => {
  const chromium = await browser();
  try {
    const context = await chromium.newContext();
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    await page.goto(`${app.url}/sign-in`);
    await page.getByRole("button", { name: "Single sign-on" }).click();
    await page.getByLabel("Organisation").fill(tenant);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.waitForURL(`${provider.issuer}/**`);
    await page.locator("input[name=login]").fill("bea");
    await page.locator("input[name=password]").fill("any");
    await page.locator("button[type=submit]").click();
    await page.locator("form:has(input[value=consent]) button[type=submit]").click();
    await page.waitForURL(`${app.url}/**`);
    await page.getByRole("button", { name: /account of/ }).waitFor();
    await context.close();
  } finally {
    await chromium.stop();
  }
});

test("without the provider nobody new comes, and who is in stays in", { timeout: 180_000 }, async () => {
  const inside = await come("ed");
  for (const [how, act] of [
    ["it refuses connections", () => undefined],
    ["it takes them and is silent", () => provider.hang()],
  ]) {
    const { go, location } = await leave();
    const told = await signInAt(go, location, "ed");
    await provider.stop();
    await act();
    const came = await back(go, told);
    assert.deepEqual([came.location, came.session], ["/sign-in?sso_error=provider", undefined], how);
    assert.equal((await inside.go(`${app.url}/api/v1/session`)).status, 200);
    await provider.stop();
    await provider.start();
  }
});

test("the provider changes its keys", { timeout: 180_000 }, async () => {
  provider.rotate();
  await provider.stop();
  await provider.start();
  // Its description is read anew for an unknown key, at most once a minute.
  const came = await until("the new key is known", async () => {
    const came = await come("ed");
    if (!came.session) assert.equal(came.location, "/sign-in?sso_error=token");
    return came.session && came;
  }, { within: 120_000, every: 2_000 });
  assert.equal(came.session.user.email, "ed@example.com");
});
