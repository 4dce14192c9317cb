// Each published SDK with the scenarios in its own format: `{ name, version, ask(flag), all?() }`. None of them sends
// anything; what they would count or log of a call is off where it can be turned off.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { attributes, HUNDRED, identified, MEMBERS, nextKey, ofKind, RULES, targeted } from "./scenarios.mjs";

const require = createRequire(import.meta.url);
const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
const silent = { debug() {}, info() {}, warn() {}, error() {}, log() {}, trace() {} };

/** Flags by key, made by one function for each kind. */
function flags(make) {
  const kinds = ["a", "b", "c", "d", "off"].map((kind) => [kind, make(kind, kind)]);
  const hundred = HUNDRED.map(([key, kind]) => [key, make(kind, key)]);
  return Object.fromEntries([...kinds, ...hundred].filter(([, flag]) => flag));
}

export async function yardarm() {
  const { Client } = await import("../../../sdks/typescript/server/dist/esm/index.js");
  const serve = (variant) => ({ serve: { variant } });
  const readers = {
    in: "any",
    "semver <": "version:loose",
    "semver >": "version:loose",
    ">": "number",
    ">=": "number",
  };
  const ops = { in: "in", "semver <": "lt", "semver >": "gt", ">": "gt", ">=": "gte" };
  const test = ([attr, op, arg]) => ({ test: { attr: [attr], as: readers[op], op: ops[op], arg } });
  const make = (kind, key) => {
    const flag = {
      on: kind !== "off",
      type: "boolean",
      variants: { off: false, on: true },
      off: serve("off"),
      default: serve(kind === "a" ? "on" : "off"),
    };
    if (kind === "b")
      flag.rules = RULES.map((tests, at) => ({
        id: `r${at}`,
        if: tests.length > 1 ? { all: tests.map(test) } : test(tests[0]),
        ...serve("on"),
      }));
    if (kind === "d") flag.rules = [{ id: "s", if: { segment: "members" }, ...serve("on") }];
    if (kind === "c") {
      flag.buckets = { half: { hash: "murmur3_32", prefix: `${key}:`, unit: ["targetingKey"] } };
      flag.default = {
        serve: {
          split: {
            bucket: "half",
            ranges: [
              [0, 2 ** 31, "on"],
              [2 ** 31, 2 ** 32, "off"],
            ],
          },
        },
      };
    }
    return flag;
  };
  const segments = { members: { if: { list: { attr: ["targetingKey"], lists: ["members/1"] } } } };
  const ruleset = (flags) =>
    JSON.stringify({
      format: 1,
      project: "p",
      environment: "e",
      version: { epoch: "e", rev: 1 },
      flags,
      segments,
      lists: { "members/1": MEMBERS },
    });
  const file = (name, flags) => {
    const path = join(tmpdir(), `yardarm-bench-${process.pid}-${name}.json`);
    writeFileSync(path, ruleset(flags));
    return path;
  };
  const all = flags(make);
  const client = new Client({ offlineFile: file("all", all) });
  const hundred = new Client({
    offlineFile: file("hundred", Object.fromEntries(HUNDRED.map(([key]) => [key, all[key]]))),
  });
  const { version } = JSON.parse(
    readFileSync(new URL("../../../sdks/typescript/server/package.json", import.meta.url), "utf8"),
  );
  return {
    name: "@yardarm/server",
    version,
    ask: (flag) => client.boolean(flag, targeted(), false),
    all: () => hundred.all(targeted()),
  };
}

export async function flagd() {
  const { FlagdCore } = require("@openfeature/flagd-core");
  const test = ([attribute, op, value]) => {
    if (op === "in") return { in: [{ var: attribute }, value] };
    return op.startsWith("semver")
      ? { sem_ver: [{ var: attribute }, op.slice(7), value] }
      : { [op]: [{ var: attribute }, value] };
  };
  const make = (kind) => {
    const flag = {
      state: kind === "off" ? "DISABLED" : "ENABLED",
      variants: { on: true, off: false },
      defaultVariant: kind === "a" ? "on" : "off",
    };
    if (kind === "b")
      flag.targeting = {
        if: [...RULES.flatMap((tests) => [tests.length > 1 ? { and: tests.map(test) } : test(tests[0]), "on"]), "off"],
      };
    if (kind === "c")
      flag.targeting = {
        fractional: [{ cat: [{ var: "$flagd.flagKey" }, { var: "targetingKey" }] }, ["on", 50], ["off", 50]],
      };
    if (kind === "d") flag.targeting = { if: [{ in: [{ var: "targetingKey" }, MEMBERS] }, "on", "off"] };
    return flag;
  };
  const core = new FlagdCore(undefined, silent);
  core.setConfigurations(JSON.stringify({ flags: flags(make) }));
  const ask = (flag) => core.resolveBooleanEvaluation(flag, false, targeted(), silent).value ?? false;
  return { name: "@openfeature/flagd-core", version: versionOf("@openfeature/flagd-core"), ask };
}

export async function growthbook() {
  const { GrowthBookClient } = require("@growthbook/growthbook");
  const words = { in: "$in", "semver <": "$vlt", "semver >": "$vgt", ">": "$gt", ">=": "$gte" };
  const condition = (tests) =>
    Object.fromEntries(tests.map(([attribute, op, value]) => [attribute, { [words[op]]: value }]));
  const make = (kind) => {
    if (kind === "a" || kind === "off") return { defaultValue: kind === "a" };
    if (kind === "b")
      return { defaultValue: false, rules: RULES.map((tests) => ({ condition: condition(tests), force: true })) };
    if (kind === "c") return { defaultValue: false, rules: [{ force: true, coverage: 0.5, hashAttribute: "id" }] };
    return { defaultValue: false, rules: [{ condition: { id: { $inGroup: "members" } }, force: true }] };
  };
  const client = new GrowthBookClient().initSync({
    payload: { features: flags(make), savedGroups: { members: MEMBERS } },
  });
  const ask = (flag) => client.isOn(flag, { attributes: identified() });
  return { name: "@growthbook/growthbook", version: versionOf("@growthbook/growthbook"), ask };
}

export async function launchdarkly() {
  const { init, integrations } = require("@launchdarkly/node-server-sdk");
  const words = {
    in: "in",
    "semver <": "semVerLessThan",
    "semver >": "semVerGreaterThan",
    ">": "greaterThan",
    ">=": "greaterThanOrEqual",
  };
  const clause = ([attribute, op, value]) => ({
    attribute,
    op: words[op],
    values: [value].flat(),
    contextKind: "user",
    negate: false,
  });
  const make = (kind, key) => {
    const flag = {
      key,
      version: 1,
      on: kind !== "off",
      variations: [false, true],
      offVariation: 0,
      fallthrough: { variation: kind === "a" ? 1 : 0 },
      salt: key,
      rules: [],
      targets: [],
      prerequisites: [],
    };
    if (kind === "b")
      flag.rules = RULES.map((tests, at) => ({ id: `r${at}`, variation: 1, clauses: tests.map(clause) }));
    if (kind === "c")
      flag.fallthrough = {
        rollout: {
          contextKind: "user",
          variations: [
            { variation: 0, weight: 50_000 },
            { variation: 1, weight: 50_000 },
          ],
        },
      };
    if (kind === "d")
      flag.rules = [
        { id: "s", variation: 1, clauses: [{ attribute: "", op: "segmentMatch", values: ["members"], negate: false }] },
      ];
    return flag;
  };
  const path = join(tmpdir(), `yardarm-bench-${process.pid}-launchdarkly.json`);
  writeFileSync(
    path,
    JSON.stringify({
      flags: flags(make),
      segments: { members: { key: "members", version: 1, included: MEMBERS, excluded: [], rules: [], salt: "s" } },
    }),
  );
  const updateProcessor = new integrations.FileDataSourceFactory({ paths: [path] }).getFactory();
  const client = init("sdk-bench", { updateProcessor, sendEvents: false, diagnosticOptOut: true, logger: silent });
  await client.waitForInitialization({ timeout: 10 });
  const ask = (flag) => client.variation(flag, ofKind(), false);
  const close = () => client.close();
  return { name: "@launchdarkly/node-server-sdk", version: versionOf("@launchdarkly/node-server-sdk"), ask, close };
}

export async function unleash() {
  const { Unleash } = require("unleash-client");
  const words = { in: "IN", "semver <": "SEMVER_LT", "semver >": "SEMVER_GT", ">": "NUM_GT" };
  // It has no "at least": the number below says the same of whole numbers.
  const constraint = ([contextName, op, value]) => {
    if (op === "in") return { contextName, operator: "IN", values: value, inverted: false, caseInsensitive: false };
    return {
      contextName,
      operator: words[op] ?? "NUM_GTE",
      value: String(value),
      values: [],
      inverted: false,
      caseInsensitive: false,
    };
  };
  const make = (kind, name) => {
    const strategy = { name: "default", parameters: {}, constraints: [] };
    const feature = {
      name,
      enabled: kind !== "off",
      type: "release",
      stale: false,
      project: "default",
      variants: [],
      strategies: [strategy],
    };
    if (kind === "b") feature.strategies = RULES.map((tests) => ({ ...strategy, constraints: tests.map(constraint) }));
    if (kind === "c")
      feature.strategies = [
        { ...strategy, name: "flexibleRollout", parameters: { rollout: "50", stickiness: "userId", groupId: name } },
      ];
    if (kind === "d") feature.strategies = [{ ...strategy, segments: [1] }];
    return feature;
  };
  const segments = [
    {
      id: 1,
      name: "members",
      constraints: [
        { contextName: "userId", operator: "IN", values: MEMBERS, inverted: false, caseInsensitive: false },
      ],
    },
  ];
  const options = {
    url: "http://127.0.0.1:9",
    appName: "bench",
    disableMetrics: true,
    refreshInterval: 0,
    backupPath: join(tmpdir(), `yardarm-bench-${process.pid}`),
    skipInstanceCountWarning: true,
  };
  const client = new Unleash({
    ...options,
    bootstrap: { data: Object.values(flags(make)), segments },
    storageProvider: { get: async () => undefined, set: async () => {} },
  });
  client.on("error", () => {}).on("warn", () => {});
  await new Promise((resolve) => client.once("ready", resolve));
  const ask = (flag) => {
    const { appVersion, ...rest } = attributes();
    return client.isEnabled(flag, { userId: nextKey(), properties: { ...rest, appVersion } });
  };
  return { name: "unleash-client", version: versionOf("unleash-client"), ask, close: () => client.destroy() };
}

/** Its engine, which evaluates the features of a document; the client around it does so for each identity. */
export async function flagsmith() {
  const engine = require(
    new URL("node_modules/flagsmith-nodejs/build/cjs/flagsmith-engine/index.js", import.meta.url).pathname,
  );
  const words = {
    in: "IN",
    "semver <": "LESS_THAN",
    "semver >": "GREATER_THAN",
    ">": "GREATER_THAN",
    ">=": "GREATER_THAN_INCLUSIVE",
  };
  const condition = ([property, op, value]) => {
    if (op === "in") return { property, operator: "IN", value: value.join(",") };
    return { property, operator: words[op], value: op.startsWith("semver") ? `${value}:semver` : String(value) };
  };
  const segment = (name, feature, conditions) => {
    const override = {
      key: `${name}-override`,
      feature_key: feature,
      name: feature,
      enabled: true,
      value: null,
      priority: 1,
      metadata: { id: 1 },
    };
    return {
      key: name,
      name,
      rules: [{ type: "ALL", conditions, rules: [] }],
      overrides: [override],
      metadata: { id: 1 },
    };
  };
  const make = (kind, name) => {
    const feature = { key: name, name, enabled: kind === "a", value: null, metadata: { id: 1 } };
    const list = [];
    if (kind === "b") list.push(...RULES.map((tests, at) => segment(`${name}-${at}`, name, tests.map(condition))));
    if (kind === "c")
      list.push(segment(name, name, [{ property: "$.identity.key", operator: "PERCENTAGE_SPLIT", value: "50" }]));
    if (kind === "d")
      list.push(segment(name, name, [{ property: "$.identity.identifier", operator: "IN", value: MEMBERS.join(",") }]));
    return { features: { [name]: feature }, segments: Object.fromEntries(list.map((one) => [one.key, one])) };
  };
  const documents = flags(make);
  const environment = { key: "e", name: "e" };
  const ask = (flag) => {
    const key = nextKey();
    const identity = { identifier: key, key, traits: attributes() };
    return engine.getEvaluationResult({ environment, identity, ...documents[flag] }).flags[flag].enabled;
  };
  return { name: "flagsmith-nodejs (engine)", version: versionOf("flagsmith-nodejs"), ask };
}

export async function eppo() {
  // Its logger takes the level from here when it is loaded.
  process.env.LOG_LEVEL = "silent";
  const { EppoClient, MemoryOnlyConfigurationStore } = require("@eppo/js-client-sdk-common");
  const words = { in: "ONE_OF", "semver <": "LT", "semver >": "GT", ">": "GT", ">=": "GTE" };
  const condition = ([attribute, op, value]) => ({ attribute, operator: words[op], value });
  const make = (kind, key) => {
    const split = (variationKey, shards = []) => [{ shards, variationKey }];
    const allocation = (id, rules, splits) => ({ key: id, rules, splits, doLog: false });
    const flag = {
      key,
      enabled: kind !== "off",
      variationType: "BOOLEAN",
      variations: { on: { key: "on", value: true }, off: { key: "off", value: false } },
      totalShards: 10_000,
      allocations: [],
    };
    if (kind === "a") flag.allocations = [allocation("all", [], split("on"))];
    if (kind === "b")
      flag.allocations = [
        ...RULES.map((tests, at) => allocation(`r${at}`, [{ conditions: tests.map(condition) }], split("on"))),
        allocation("rest", [], split("off")),
      ];
    if (kind === "c")
      flag.allocations = [
        allocation("half", [], [...split("on", [{ salt: key, ranges: [{ start: 0, end: 5_000 }] }]), ...split("off")]),
      ];
    if (kind === "d")
      flag.allocations = [
        allocation("members", [{ conditions: [{ attribute: "id", operator: "ONE_OF", value: MEMBERS }] }], split("on")),
      ];
    return flag;
  };
  const store = new MemoryOnlyConfigurationStore();
  await store.setEntries(flags(make));
  store.setFormat?.("SERVER");
  const client = new EppoClient({ flagConfigurationStore: store });
  client.setIsGracefulFailureMode(false);
  const ask = (flag) => client.getBooleanAssignment(flag, nextKey(), attributes(), false);
  return { name: "@eppo/js-client-sdk-common", version: versionOf("@eppo/js-client-sdk-common"), ask };
}

export async function configcat() {
  const { getClient, PollingMode, createConsoleLogger, LogLevel, User } = await import("@configcat/sdk");
  const comparators = { in: 0, "semver <": 6, "semver >": 8, ">": 14, ">=": 15 };
  const value = (on) => ({ v: { b: on }, i: on ? "on" : "off" });
  const test = ([a, op, arg]) => ({
    u: { a, c: comparators[op], ...(op === "in" ? { l: arg } : op.startsWith("semver") ? { s: arg } : { d: arg }) },
  });
  const make = (kind) => {
    const setting = { t: 0, ...value(kind === "a") };
    if (kind === "b") setting.r = RULES.map((tests) => ({ c: tests.map(test), s: value(true) }));
    if (kind === "c")
      setting.p = [
        { p: 50, ...value(true) },
        { p: 50, ...value(false) },
      ];
    // Its segments are conditions on attributes; a list of 10,000 is none of what its service takes.
    return kind === "d" ? undefined : setting;
  };
  const config = JSON.stringify({
    p: { u: "https://cdn-global.configcat.com", r: 0, s: "c2FsdA==" },
    f: flags(make),
    s: [],
  });
  const cached = `${Date.now()}\n"tag"\n${config}`;
  const cache = { get: () => cached, set: () => {} };
  const client = getClient("configcat-sdk-1/0123456789012345678901/0123456789012345678901", PollingMode.ManualPoll, {
    cache,
    offline: true,
    logger: createConsoleLogger(LogLevel.Off),
  });
  await client.waitForReady();
  const snapshot = client.snapshot();
  const ask = (flag) => {
    const { email, country, ...custom } = attributes();
    return snapshot.getValue(flag, false, new User(nextKey(), email, country, { ...custom, country }));
  };
  return {
    name: "@configcat/sdk",
    version: versionOf("@configcat/sdk"),
    ask,
    lacks: ["d"],
    close: () => client.dispose(),
  };
}

export const PEERS = [flagd, flagsmith, growthbook, launchdarkly, unleash, eppo, configcat];
