// Passkeys: what the server asks, put to the browser, and the browser's answer as JSON.
"use client";
import type { CreationOptions, RequestOptions } from "./api/types";

/** Whether this browser can make and show passkeys, and write them as JSON (all current ones since 2025). */
export const passkeysHere = (): boolean =>
  typeof window !== "undefined" &&
  "PublicKeyCredential" in window &&
  "parseRequestOptionsFromJSON" in window.PublicKeyCredential;

/** What went wrong between the browser and the authenticator, in words for people. */
export function passkeyTrouble(error: unknown): unknown {
  if (!(error instanceof DOMException)) return error;
  switch (error.name) {
    case "NotAllowedError":
    case "AbortError":
      return new Error("Nothing was confirmed, or it took too long. Try again.");
    case "InvalidStateError":
      return new Error("This device has a passkey for your account already.");
    case "SecurityError":
      return new Error("Passkeys work on the server's own address only. Open the console there.");
    case "NotSupportedError":
      return new Error("This device makes no passkey that the server takes.");
    default:
      return new Error(`The passkey cannot be used: ${error.message}`);
  }
}

async function answered(ask: Promise<Credential | null>): Promise<unknown> {
  try {
    const credential = await ask;
    if (!(credential instanceof PublicKeyCredential)) throw new Error("The browser gave no passkey.");
    return credential.toJSON();
  } catch (error) {
    throw passkeyTrouble(error);
  }
}

/** Makes a passkey. */
export const createPasskey = (options: CreationOptions): Promise<unknown> =>
  answered(
    navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON),
    }),
  );

/** Shows a passkey. */
export const showPasskey = (options: RequestOptions): Promise<unknown> =>
  answered(
    navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON),
    }),
  );

/** A name for a new passkey, from what the browser says it is. */
export function deviceName(agent: string): string {
  const browser = /Edg\//.test(agent)
    ? "Edge"
    : /Firefox\//.test(agent)
      ? "Firefox"
      : /Chrom(e|ium)\//.test(agent)
        ? "Chrome"
        : /Safari\//.test(agent)
          ? "Safari"
          : "Browser";
  const devices: [RegExp, string][] = [
    [/iPhone/, "iPhone"],
    [/iPad/, "iPad"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/Mac OS X/, "Mac"],
    [/Linux/, "Linux"],
  ];
  const device = devices.find(([pattern]) => pattern.test(agent))?.[1];
  return device ? `${browser} on ${device}` : browser;
}
