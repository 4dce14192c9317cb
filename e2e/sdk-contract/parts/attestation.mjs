// Attestations by another implementation than any SDK's: Node's cryptography and nothing else (spec/sdk.md S15.3).

import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const secretOf = (sdkKey) => {
  const hash = createHash("sha256").update(sdkKey).digest("hex");
  return createHmac("sha256", hash).update("yardarm context attestation 1").digest();
};
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Header and claims of a token, if it was signed with this key; throws otherwise. */
export function verified(token, sdkKey) {
  const [header, claims, signature, ...more] = token.split(".");
  const wanted = createHmac("sha256", secretOf(sdkKey)).update(`${header}.${claims}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (more.length || given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new Error(`not signed with this key: ${token}`);
  if (/[^\w.-]/.test(token)) throw new Error(`not base64url: ${token}`);
  const [head, body] = [header, claims].map((text) => JSON.parse(Buffer.from(text, "base64url").toString()));
  return { header: head, claims: body };
}

/** A token of this context. `header` and `claims` change what a good one has, `hash` how it is signed. */
export function signed(sdkKey, context, { lifetime = 600, header = {}, claims = {}, hash = "sha256" } = {}) {
  const iat = Math.floor(Date.now() / 1000);
  const head = part({ alg: "HS256", typ: "JWT", kid: sdkKey.slice(0, 12), ...header });
  const body = part({ context, iat, exp: iat + lifetime, ...claims });
  return `${head}.${body}.${createHmac(hash, secretOf(sdkKey)).update(`${head}.${body}`).digest("base64url")}`;
}
