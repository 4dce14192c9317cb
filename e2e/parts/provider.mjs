// An identity provider that nobody here wrote: oidc-provider, a certified OpenID Connect implementation, on a port of its own.

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";

import { Provider } from "oidc-provider";

import { freePort } from "./binary.mjs";

/** A signing key as a JWK, with an id that tells it from others. */
function key(id) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: id, use: "sig", alg: "RS256" };
}

/**
 * Makes a provider for people `{sub: claims}`, which may be changed at any time. It is not running yet.
 * `client`: what is registered for us. `start` also starts it again; `rotate` gives it other keys at its next start.
 */
export async function identityProvider(people, client) {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  let keys = [key("first")];
  let server;
  const provider = {
    issuer,
    client: { client_id: "yardarm", client_secret: "a secret of this test", redirect_uris: [`${issuer}/none`], ...client },
    /** Whether what it knows is in the ID token, or to be asked for. */
    inToken: false,
    rotate: () => {
      keys = [key(`rotated-${Date.now()}`)];
    },
    async start() {
      const oidc = new Provider(issuer, {
        clients: [provider.client],
        jwks: { keys },
        cookies: { keys: ["not a secret"] },
        pkce: { required: () => true },
        scopes: ["openid", "email", "profile", "groups"],
        claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
        conformIdTokenClaims: !provider.inToken,
        findAccount: (_, sub) => people[sub] && { accountId: sub, claims: () => ({ sub, ...people[sub] }) },
        features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
      });
      oidc.on("server_error", (_, error) => console.error("the provider failed:", error));
      server = createServer(oidc.callback()).listen(port, "127.0.0.1");
      await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
    },
    /** Takes connections and never answers. */
    async hang() {
      server = createServer(() => {}).listen(port, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
    },
    async stop() {
      server?.closeAllConnections();
      await new Promise((resolve) => (server ? server.close(resolve) : resolve()));
      server = undefined;
    },
  };
  return provider;
}

/** A browser without a window: cookies by host and port, redirects one at a time. */
export function visitor() {
  const jars = new Map();
  return async function go(url, options = {}) {
    const { origin } = new URL(url);
    const jar = jars.get(origin) ?? new Map();
    jars.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.timeout(60_000),
      ...options,
      headers: { ...(cookie && { cookie }), ...options.headers },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === "" || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
}

/** Goes through the provider's own pages as `sub`, or turns back; where it sends the browser in the end. */
export async function signInAt(go, location, sub, { cancel = false } = {}) {
  const { origin } = new URL(location);
  let next = location;
  for (let steps = 0; steps < 20; steps += 1) {
    if (!next.startsWith(origin)) return next;
    let response = await go(next);
    if (response.status === 200) {
      const page = await response.text();
      if (cancel) {
        response = await go(`${next}/abort`);
      } else {
        const prompt = /name="prompt" value="(\w+)"/.exec(page)[1];
        const body = new URLSearchParams({ prompt, login: sub, password: "any" });
        response = await go(/action="([^"]+)"/.exec(page)[1], { method: "POST", body });
      }
    }
    const to = response.headers.get("location");
    if (!to) throw new Error(`${response.status} at ${next}: ${(await response.text()).slice(0, 2_000)}`);
    next = new URL(to, next).href;
  }
  throw new Error(`too many steps: ${next}`);
}
