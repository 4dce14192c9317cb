// The packages as they are published: packed, installed into a clean folder, used from ES modules, CommonJS, TypeScript and a
// bundle, in Node.js, Bun and Deno.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { build } from "esbuild";

const here = join(import.meta.dirname, "..");
const run = promisify(execFile);
let folder;

const say = `
const context = { targetingKey: "user-1", plan: "pro" };
const flags = new Client({ offlineFile: "ruleset.json", logger: null });
const answers = [flags.boolean("split", context, false), flags.string("text", context, ""), flags.all(context).text.version];
flags.attest(context, 60_000).then((token) => console.log(JSON.stringify([...answers, token.split(".").map((part) => part.length > 20)])));
`;
const said = JSON.stringify([true, "für alle", "e:7", [true, true, true]]);
const serve = (variant) => ({ serve: { variant } });
const ruleset = {
  format: 1,
  project: "p",
  environment: "e",
  version: { epoch: "e", rev: 7 },
  flags: {
    text: { on: true, type: "string", variants: { v: "für alle" }, off: serve("v"), default: serve("v") },
    split: {
      on: true,
      type: "boolean",
      variants: { on: true, off: false },
      off: serve("off"),
      rules: [
        {
          id: "r",
          if: { test: { attr: ["plan"], op: "eq", arg: "pro" } },
          serve: { split: { bucket: "b", ranges: [[0, 2 ** 32, "on"]] } },
        },
      ],
      default: serve("off"),
      buckets: { b: { hash: "murmur3_32", prefix: "s:", unit: ["targetingKey"] } },
    },
  },
};

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "yardarm-packages-"));
  const workspaces = ["server", "web", "react"].flatMap((name) => ["--workspace", name]);
  const { stdout } = await run("npm", ["pack", "--json", ...workspaces, "--pack-destination", folder], { cwd: here });
  const packed = JSON.parse(stdout);
  for (const { files } of Array.isArray(packed) ? packed : Object.values(packed)) {
    assert.deepEqual(
      files.map(({ path }) => path).filter((path) => !/^(dist\/|package\.json|README\.md)/.test(path)),
      [],
    );
  }
  const tarballs = ["server", "web", "react"].map((name) => `./yardarm-${name}-0.1.0.tgz`);
  await writeFile(join(folder, "package.json"), '{"private": true}');
  await writeFile(join(folder, "ruleset.json"), JSON.stringify(ruleset));
  const openfeature = ["@openfeature/core", "@openfeature/server-sdk", "@openfeature/web-sdk", "react"];
  const versions = JSON.parse(await readFile(join(here, "package.json"), "utf8")).devDependencies;
  const peers = openfeature.map((name) => `${name}@${versions[name]}`);
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--silent", ...tarballs, ...peers], {
    cwd: folder,
  });
});
after(() => rm(folder, { recursive: true, force: true }));

async function says(program, arguments_) {
  const { stdout } = await run(program, arguments_, { cwd: folder });
  assert.equal(stdout.trim(), said);
}

async function write(name, text) {
  await writeFile(join(folder, name), text);
  return name;
}

test("ES modules", async () => says("node", [await write("a.mjs", `import { Client } from "@yardarm/server";${say}`)]));

test("CommonJS", async () =>
  says("node", [await write("a.cjs", `const { Client } = require("@yardarm/server");${say}`)]));

test("a bundle of one file, without the package", async () => {
  const entry = await write("b.mjs", `import { Client } from "@yardarm/server";${say}`);
  for (const format of ["esm", "cjs"]) {
    const outfile = join(folder, `bundle/out.${format === "esm" ? "mjs" : "cjs"}`);
    await build({
      entryPoints: [join(folder, entry)],
      bundle: true,
      minify: true,
      platform: "node",
      format,
      outfile,
      logLevel: "silent",
    });
    await says("node", [outfile]);
  }
});

test("runtimes that compile no WebAssembly are given the module", async () => {
  const text = `import { readFileSync } from "node:fs"; import { Client as Any } from "@yardarm/server";
    const bytes = readFileSync(new URL(import.meta.resolve("@yardarm/server/yardarm.wasm")));
    const wasm = new WebAssembly.Module(bytes);
    WebAssembly.Module = function () { throw new Error("not here") };
    class Client extends Any { constructor(settings) { super({ ...settings, wasm }) } }${say}`;
  await says("node", [await write("c.mjs", text)]);
});

for (const [name, arguments_] of [
  ["bun", ["run"]],
  ["deno", ["run", "--allow-read", "--allow-env", "--allow-sys"]],
]) {
  test(name, async () => {
    const program = join(here, "node_modules/.bin", name);
    await says(program, [...arguments_, await write(`${name}.mjs`, `import { Client } from "@yardarm/server";${say}`)]);
  });
}

test("types, for ES modules and for CommonJS", async () => {
  const text = (lines) => `${lines}
    import { openTelemetry, SettingsError, TestClient, type Details, type Hook } from "@yardarm/server";
    import { YardarmProvider } from "@yardarm/server/openfeature";
    import { Client as WebClient } from "@yardarm/web";
    import { YardarmProvider as WebProvider } from "@yardarm/web/openfeature";
    import { FlagProvider, useFlag } from "@yardarm/react";
    const flags = new TestClient().set("a", true);
    const on: boolean = flags.boolean("a", { targetingKey: 1, any: { thing: [1] } }, false);
    const details: Details<string> = flags.stringDetails("a", {}, "x");
    const hook: Hook = openTelemetry(() => {});
    // @ts-expect-error a fallback is of the flag's type
    flags.number("a", {}, "x");
    export const all = [on, details, hook, SettingsError, YardarmProvider, WebClient, WebProvider, FlagProvider, useFlag];`;
  await write("types.mts", text(""));
  await write("types.cts", text(""));
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const flags = [
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--skipLibCheck",
    "--lib",
    "es2023,dom",
  ];
  await run("node", [tsc, ...flags, "types.mts", "types.cts"], { cwd: folder }).catch(({ stdout }) =>
    assert.fail(stdout),
  );
});

test("the process ends by itself, with a client that cannot reach its server", async () => {
  const text = `import { Client } from "@yardarm/server";
    new Client({ url: "http://127.0.0.1:9", sdkKey: "k", logger: null }); console.log(${JSON.stringify(said)});`;
  await says("node", [await write("d.mjs", text)]);
});
