/** The public interfaces, name by name: what is added or taken away is a decision. */

import { expect, test } from "vitest";

import * as react from "../../react/src/index.js";
import * as web from "../../web/src/index.js";
import * as webProvider from "../../web/src/openfeature.js";
import packageJson from "../package.json" with { type: "json" };
import * as server from "../src/index.js";
import * as provider from "../src/openfeature.js";
import { VERSION } from "../src/version.js";

const members = (type: { prototype: object }) => Object.getOwnPropertyNames(type.prototype).sort().join(" ");

test("exports", () => {
  expect(Object.keys(server).sort()).toEqual(["Client", "SettingsError", "TIMING", "TestClient", "openTelemetry"]);
  expect(Object.keys(web).sort()).toEqual(["Client", "openTelemetry"]);
  expect(Object.keys(react).sort()).toEqual(["FlagProvider", "useClient", "useFlag", "useFlagDetails", "useStatus"]);
  expect([Object.keys(provider), Object.keys(webProvider)]).toEqual([["YardarmProvider"], ["YardarmProvider"]]);
});

test("members", () => {
  const calls = "all boolean booleanDetails";
  expect(members(server.Client)).toBe(
    `all attest boolean booleanDetails connects constructor dropped flush json jsonDetails number numberDetails observe setSdkKey shutdown status string stringDetails track waitReady`,
  );
  expect(members(server.TestClient)).toBe("at connects constructor load remove set setFor");
  expect(members(web.Client)).toBe(
    `${calls} constructor context dropped flush json jsonDetails number numberDetails observe setContext shutdown status string stringDetails track waitReady`,
  );
});

test("the version is that of the package", () => expect(VERSION).toBe(packageJson.version));
