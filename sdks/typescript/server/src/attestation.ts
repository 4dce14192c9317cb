/** Contexts signed for browsers: `spec/sdk.md` S15.3 to S15.5. */

import type { Context } from "../../core/src/details.js";
import { sha256 } from "../../core/src/sha256.js";

const LABEL = "yardarm context attestation 1";
/** Most bytes of the context, as JSON. */
const CONTEXT = 4_096;
const LONGEST = 24 * 60 * 60 * 1_000;
/** Characters of an SDK key by which it is found. */
const HINT = 12;
/** Signs where there is no SDK key: in tests and offline. No server knows it. */
const TEST_KEY = "yd_srv_test";

/** The JWT, by the platform's own cryptography. Rejects with a `TypeError` or a `RangeError` what cannot be signed. */
export async function sign(sdkKey: string, context: Context, ttlMs: number, now: number): Promise<string> {
  const key = sdkKey || TEST_KEY;
  if (!key.startsWith("yd_srv_")) throw new TypeError("contexts are signed with a server key: yd_srv_…");
  if (!(ttlMs >= 1_000 && ttlMs <= LONGEST)) throw new RangeError("an attestation lives from one second to 24 hours");
  const unit: unknown = context?.targetingKey;
  if (typeof unit !== "string" || unit === "") {
    throw new TypeError("a context that is signed has a targetingKey, a text that is not empty");
  }
  const size = bytes(JSON.stringify(context)).length;
  if (size > CONTEXT) {
    throw new RangeError(
      `the context has ${size} bytes as JSON, and the limit is ${CONTEXT}: sign only what rules need`,
    );
  }
  const made = Math.floor(now / 1_000);
  const header = part(bytes(JSON.stringify({ alg: "HS256", typ: "JWT", kid: key.slice(0, HINT) })));
  const claims = part(bytes(JSON.stringify({ context, iat: made, exp: made + Math.floor(ttlMs / 1_000) })));
  const derived = await hmac(bytes(sha256(key)), bytes(LABEL));
  const signature = await hmac(derived, bytes(`${header}.${claims}`));
  return `${header}.${claims}.${part(signature)}`;
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function hmac(key: Uint8Array<ArrayBuffer>, message: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const { subtle } = globalThis.crypto;
  const imported = await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", imported, message));
}

/** Base64 for addresses, without padding. */
function part(data: Uint8Array): string {
  const text = Array.from(data, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
