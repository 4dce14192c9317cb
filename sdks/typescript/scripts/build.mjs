// Builds the packages: the evaluator as WebAssembly, then ESM, CommonJS and types of each package into its dist/.
// `--module` builds only the WebAssembly module, `--packages` only what is around it.

import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { build } from "esbuild";

const here = join(import.meta.dirname, "..");
const root = join(here, "../..");
const run = (program, args, options) =>
  execFileSync(program, args, { stdio: ["ignore", "inherit", "inherit"], ...options });

function target() {
  const metadata = execFileSync("cargo", ["metadata", "--no-deps", "--format-version", "1"], {
    cwd: root,
    maxBuffer: 1 << 26,
  });
  return JSON.parse(metadata).target_directory;
}

/** The module, and a file that carries it as text: that works in ESM, CommonJS and every bundler. */
function module() {
  const flags = [
    // Put back after a trap (server/src/evaluator.ts).
    "-Clink-arg=--export=__stack_pointer",
    "-Clink-arg=-zstack-size=262144",
    // Filling and copying a few bytes by an instruction is a call out of the module in today's engines.
    "-Ctarget-feature=-bulk-memory",
    // Texts of panics name source files; not those of this machine.
    `--remap-path-prefix=${process.env.CARGO_HOME ?? join(homedir(), ".cargo")}=cargo`,
    `--remap-path-prefix=${root}=yardarm`,
  ];
  run(
    "cargo",
    ["build", "--quiet", "--package", "yardarm-wasm", "--target", "wasm32-unknown-unknown", "--profile", "wasm"],
    {
      cwd: root,
      env: { ...process.env, CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: flags.join(" ") },
    },
  );
  const built = join(target(), "wasm32-unknown-unknown/wasm/yardarm_wasm.wasm");
  // As the compiler made it: `wasm-opt` makes no call faster (measured) and the package 2 % smaller, in half a minute.
  copyFileSync(built, join(here, "server/src/yardarm.wasm"));
  const text = readFileSync(built).toString("base64");
  writeFileSync(
    join(here, "server/src/module.js"),
    `// Made by scripts/build.mjs.\nexport const base64 =\n  "${text}";\n`,
  );
}

async function bundle(name, entries, options = {}) {
  const folder = join(here, name);
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  mkdirSync(join(folder, "dist"));
  const entryPoints = Object.fromEntries(entries.map((entry) => [entry, join(folder, `src/${entry}.ts`)]));
  const external = ["@openfeature/*", "@yardarm/*", "react", "react/*"];
  const shared = {
    entryPoints,
    bundle: true,
    target: "es2022",
    external,
    logLevel: "warning",
    legalComments: "none",
    ...options,
  };
  await build({ ...shared, format: "esm", splitting: true, outdir: join(folder, "dist/esm") });
  await build({ ...shared, format: "cjs", outdir: join(folder, "dist/cjs") });
  writeFileSync(join(folder, "dist/esm/package.json"), '{"type":"module"}\n');
  writeFileSync(join(folder, "dist/cjs/package.json"), '{"type":"commonjs"}\n');
  run(process.execPath, [
    join(here, "node_modules/typescript/bin/tsc"),
    "-p",
    folder,
    "--noEmit",
    "false",
    "--emitDeclarationOnly",
    "--declaration",
    "--outDir",
    join(folder, "dist/types"),
  ]);
  // The same for `require`: TypeScript looks at the nearest package.json to know which of the two it is reading.
  cpSync(join(folder, "dist/types"), join(folder, "dist/types-cjs"), { recursive: true });
  writeFileSync(join(folder, "dist/types-cjs/package.json"), '{"type":"commonjs"}\n');
}

if (!process.argv.includes("--packages") || !existsSync(join(here, "server/src/module.js"))) module();
if (!process.argv.includes("--module")) {
  await bundle("server", ["index", "openfeature"], { platform: "neutral" });
  copyFileSync(join(here, "server/src/yardarm.wasm"), join(here, "server/dist/yardarm.wasm"));
  await bundle("web", ["index", "openfeature"], { platform: "browser", minify: true });
  await bundle("react", ["index"], { platform: "browser" });
}
