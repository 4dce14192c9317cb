// @vitest-environment jsdom
/** The hooks in a DOM, over the real client of @yardarm/web and a `fetch` that a test answers. */

import { act, render, screen } from "@testing-library/react";
import { Client, type Details, type JsonValue } from "@yardarm/web";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, expect, test } from "vitest";

import { FlagProvider, useClient, useFlag, useFlagDetails, useStatus } from "../src/index.js";

const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.shutdown(0);
  document.body.innerHTML = "";
});

/** A client of a server with these flags. */
function served(flags: () => Record<string, unknown>, more: object = {}) {
  let rev = 0;
  const fetch = async () => {
    const metadata = { version: `e:${++rev}` };
    const list = Object.entries(flags()).map(([key, value]) => ({
      key,
      value,
      variant: "v",
      reason: "STATIC",
      metadata,
    }));
    return new Response(JSON.stringify({ flags: list, metadata }));
  };
  const timing = { pollInterval: 10 };
  const client = new Client({
    url: "http://flags.invalid",
    sdkKey: "k",
    logger: null,
    storage: null,
    fetch,
    timing,
    ...more,
  });
  clients.push(client);
  return client;
}

const answer = (value: JsonValue): Details<JsonValue> => ({
  value,
  variant: "v",
  reason: "STATIC",
  rule: null,
  error: null,
  version: "e:0",
});
let renderings = 0;

function Page() {
  renderings++;
  const on = useFlag("on", false);
  const text = useFlagDetails("text", "fallback");
  return (
    <p>
      {on ? "on" : "off"} {text.value} {text.reason}
    </p>
  );
}

function Only() {
  renderings++;
  return <p>{useFlag("on", false) ? "on" : "off"}</p>;
}

function Shown() {
  const { state } = useStatus();
  const number = useFlagDetails("text", 5);
  return <p>{[state, useClient() !== undefined, number.value, number.error].join(" ")}</p>;
}

test("components follow their flags and do not render for nothing", async () => {
  let flags: Record<string, unknown> = { on: true, text: "first", other: 1 };
  const client = served(() => flags);
  render(
    <FlagProvider client={client}>
      <Page />
    </FlagProvider>,
  );
  expect(screen.getByText("off fallback ERROR")).toBeDefined();
  await screen.findByText("on first STATIC", {}, { timeout: 30_000 });
  flags = { ...flags, on: false };
  await screen.findByText("off first STATIC", {}, { timeout: 30_000 });
});

test("another flag's change is no rendering", async () => {
  let other = 0;
  const client = served(() => ({ on: true, other: ++other }));
  render(
    <FlagProvider client={client}>
      <Only />
    </FlagProvider>,
  );
  await screen.findByText("on", {}, { timeout: 30_000 });
  renderings = 0;
  const before = other;
  await act(async () => {
    while (other < before + 3) await new Promise((resolve) => setTimeout(resolve, 5));
  });
  expect(renderings).toBe(0);
});

test("what the server rendered is what the browser renders first", async () => {
  const bootstrap = { on: answer(true), text: answer("served") };
  const html = renderToString(
    <FlagProvider bootstrap={bootstrap}>
      <Page />
    </FlagProvider>,
  );
  expect(html.replaceAll("<!-- -->", "")).toBe("<p>on served STATIC</p>");
  const place = document.createElement("div");
  place.innerHTML = html;
  document.body.append(place);
  const complaints: unknown[] = [];
  const client = served(() => ({ on: false, text: "now" }), { bootstrap });
  await act(async () => {
    const page = (
      <FlagProvider bootstrap={bootstrap} client={client}>
        <Page />
      </FlagProvider>
    );
    hydrateRoot(place, page, { onRecoverableError: (error) => complaints.push(error) });
  });
  await screen.findByText("off now STATIC", {}, { timeout: 30_000 });
  expect(complaints).toEqual([]);
});

test("the status and the client are there, and types are checked", async () => {
  const client = served(() => ({ text: "a" }));
  render(
    <FlagProvider client={client}>
      <Shown />
    </FlagProvider>,
  );
  await screen.findByText("READY true 5 TYPE_MISMATCH", {}, { timeout: 30_000 });
});

test("without a provider the fallbacks answer", () => {
  render(<Page />);
  expect(screen.getByText("off fallback ERROR")).toBeDefined();
});
