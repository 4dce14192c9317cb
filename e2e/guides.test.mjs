// The commands of docs/guides, as printed. Only what differs on every machine is put in: addresses, keys, folders.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { demo, freePort } from "./parts/binary.mjs";
import { until } from "./parts/until.mjs";
import { postgres } from "./parts/postgres.mjs";

/** The blocks of a guide in a language. */
async function blocks(name, language = "sh") {
  const text = await readFile(new URL(`../docs/guides/${name}.md`, import.meta.url), "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```/gms)].filter(([, of]) => of === language).map(([, , block]) => block);
}

/** Runs a block in a shell of its own, after the lines of `names`; stops at the first command that fails. */
function shell(home, names, block) {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("YARDARM_")));
  const child = spawn("bash", ["-euo", "pipefail", "-c", `${names}\n${block}`], {
    cwd: home,
    env: { ...environment, HOME: home, PATH: `${home}:${process.env.PATH}` },
    detached: true,
  });
  const result = { out: "", said: "" };
  child.stdout.on("data", (data) => (result.out += data));
  child.stderr.on("data", (data) => (result.said += data));
  result.ended = new Promise((resolve) => child.once("close", (code) => resolve(code)));
  result.stop = async (signal = "SIGTERM") => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended by itself.
    }
    return result.ended;
  };
  return result;
}

/** Runs a block to its end; what it printed. */
async function done(home, names, block) {
  const run = shell(home, names, block);
  assert.equal(await run.ended, 0, `${block}\n${run.out}\n${run.said}`);
  return run.out;
}

async function home() {
  const folder = await mkdtemp(join(tmpdir(), "yardarm-e2e-guide-"));
  await symlink(process.env.YARDARM_BIN, join(folder, "yardarm"));
  return folder;
}

test("the quickstart", async () => {
  const [make, printed, ask, why, watch, change, ...more] = await blocks("quickstart");
  assert.deepEqual([make, more], ["make run\n", []]);
  const app = await demo();
  const folder = await home();
  let watching;
  try {
    const names = printed
      .replace("http://localhost:3524", app.url)
      .replace("yd_pat_…", app.token)
      .replace("yd_srv_…", app.server_key);
    assert.ok(!names.includes("…"), names);
    const answer = JSON.parse(await done(folder, names, ask));
    assert.deepEqual([answer.key, answer.value], ["new-checkout", true]);
    assert.match(await done(folder, names, why), /new-checkout/);
    watching = shell(folder, names, watch);
    await until("everything has come", () => watching.out.includes("event: put") || watching.out.includes("event:put"));
    await done(folder, names, change);
    await until("both changes have come", () => watching.out.match(/^event: ?patch$/gm)?.length >= 2);
  } finally {
    await watching?.stop();
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("flags in a Python program", async () => {
  const python = new URL("../sdks/python/", import.meta.url).pathname;
  // Builds the package unless nothing has changed since the last time.
  await promisify(execFile)("./run-tests.sh", ["prepare"], { cwd: python });
  const [install, printed, ask, watch, change, ...more] = await blocks("python");
  const [shop, follow, inTests, ...others] = await blocks("python", "python");
  assert.deepEqual([more, others], [[], []]);
  const app = await demo();
  const folder = await home();
  let watching;
  try {
    const names = [
      `export PIP_NO_INDEX=1 PIP_FIND_LINKS='${python}.work/wheels' PIP_DISABLE_PIP_VERSION_CHECK=1`,
      printed.replace("http://localhost:3524", app.url).replace("yd_pat_…", app.token).replace("yd_srv_…", app.server_key),
    ].join("\n");
    assert.ok(!names.includes("…"), names);
    await done(folder, names, install);
    await writeFile(join(folder, "shop.py"), shop);
    assert.equal(await done(folder, names, ask), "READY\nTrue\nTARGETING_MATCH\n");
    await writeFile(join(folder, "follow.py"), follow);
    watching = shell(folder, names, watch);
    await until("it prints the answer", () => /:\d+ True$/m.test(watching.out));
    const [off, on, ...rest] = change.trim().split("\n");
    assert.deepEqual(rest, []);
    await done(folder, names, off);
    await until("it is off", () => / True\n(.*\n)*.*:\d+ False$/m.test(watching.out));
    await done(folder, names, on);
    await until("it is on again", () => / False\n(.*\n)*.*:\d+ True$/m.test(watching.out));
    await writeFile(join(folder, "in_tests.py"), inTests);
    await done(folder, names, ".venv/bin/python in_tests.py");
  } finally {
    await watching?.stop();
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("the audit log", async () => {
  const [find, prove, anchor, , , collect, redact, keep, refused, ...more] = await blocks("audit");
  assert.deepEqual(more, []);
  const app = await demo();
  const folder = await home();
  try {
    const names = `export YARDARM_URL='${app.url}' YARDARM_TOKEN='${app.token}'`;
    assert.match(await done(folder, names, find), /new-checkout/);
    assert.match(await done(folder, names, prove), /entries of \d+ logs are as they were written/);
    assert.match(await done(folder, names, anchor), /PUBLIC[\s\S]*are as they were written/);
    assert.match(await done(folder, names, collect), /^\{"id":"prj_\w+:\d+/);
    const csv = (await readFile(join(folder, "audit.csv"), "utf8")).split("\r\n");
    assert.ok(csv.length > 100 && csv[0].startsWith("time,project,"), csv[0]);
    assert.match(await done(folder, names, redact), /redacted revision \d+[\s\S]*1 redacted texts are accounted for/);
    const exported = await readFile(join(folder, "audit.ndjson"), "utf8");
    assert.ok(!exported.includes("jane.doe"), "what was redacted is in no export");
    await writeFile(join(folder, "audit.ndjson"), exported.replace('"action":"', '"action":"not-'));
    const edited = shell(folder, names, "yardarm audit verify audit.ndjson");
    assert.equal(await edited.ended, 6);
    assert.match(edited.said, /revision 1: edited/);
    assert.match(await done(folder, names, keep), /for 400 days/);
    await done(folder, names, refused);
  } finally {
    await app.stop();
  }
});

test("heads that a receiver keeps", { timeout: 5 * 60_000 }, async () => {
  const [, , , receive, check] = await blocks("audit");
  const [, settings] = await blocks("audit", "toml");
  const [receiver] = await blocks("audit", "js");
  const folder = await home();
  const port = await freePort();
  const here = (block) => block.replaceAll("8790", port);
  await writeFile(join(folder, "yardarm.toml"), here(settings));
  await writeFile(join(folder, "keep-heads.mjs"), here(receiver));
  const app = await demo({ directory: folder });
  let running;
  try {
    const names = `export YARDARM_URL='${app.url}' YARDARM_TOKEN='${app.token}'`;
    const keys = async () => (await done(folder, names, "yardarm audit keys")).match(/[0-9a-f]{64}/);
    await until("a head was signed", keys, { every: 1_000, within: 90_000 });
    running = shell(folder, names, receive);
    const post = (body) => fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
    await until("it listens", () => post("not a head").catch(() => null));
    const kept = () => readFile(join(folder, "kept.ndjson"), "utf8");
    const [line] = (await until("it was sent heads", kept, { every: 1_000, within: 120_000 })).split("\n");
    // What nobody signed, or signed otherwise, is not kept; what came before may come again.
    for (const forged of [line.replace(/"rev":\d+/, '"rev":1000000'), line.replace(/"signature":"../, '"signature":"00'), "{}", ""]) {
      assert.equal((await post(forged)).status, 400, forged);
    }
    assert.equal((await post(line)).status, 204);
    assert.match(await done(folder, names, check), /are as they were written; [1-9]\d* signed heads agree/);
    // A log that was cut off is found out by what is kept outside: the heads in the export went with the last entry.
    const whole = (await readFile(join(folder, "audit.ndjson"), "utf8")).split("\n");
    const last = whole.findLastIndex((one) => one.includes('"type":"entry"'));
    const cut = whole.filter((one, n) => n !== last && !one.includes('"type":"head"'));
    await writeFile(join(folder, "audit.ndjson"), cut.join("\n"));
    const verified = shell(folder, names, "yardarm audit verify audit.ndjson --heads kept.ndjson");
    assert.equal(await verified.ended, 6);
    assert.match(verified.said, /cut off/);
  } finally {
    await running?.stop();
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("limits and quotas", async () => {
  const [printed, budget, settings, list, near, give, ...more] = await blocks("limits");
  assert.deepEqual(more, []);
  const [headers, ...others] = await blocks("limits", "text");
  assert.deepEqual(others, []);
  const app = await demo();
  const folder = await home();
  try {
    const names = printed
      .replace("http://localhost:3524", app.url)
      .replace("yd_pat_…", app.token)
      .replace("yd_srv_…", app.server_key);
    assert.ok(!names.includes("…"), names);
    const sorted = (text) => text.trim().split(/\r?\n/).sort();
    assert.deepEqual(sorted(await done(folder, names, budget)), sorted(headers));
    await done(folder, names, settings);
    const example = join(folder, "yardarm.toml.example");
    const server = shell(folder, `export YARDARM_LISTEN=127.0.0.1:0 YARDARM_CONFIG_FILE='${example}'`, "exec yardarm serve --json");
    await until("the settings are taken", () => server.out.includes('"url"'));
    assert.equal(await server.stop(), 0, server.said);
    assert.match(await done(folder, names, list), /segments +[^\n]*10000/);
    assert.equal(await done(folder, names, near), "");
    await done(folder, names, give);
    assert.match(await done(folder, names, near), /segments/);
  } finally {
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("self-hosting", async () => {
  const [start, settings, ready, link, save, restore, moved, ...more] = await blocks("self-hosting");
  assert.deepEqual(more, []);
  const folder = await home();
  const cluster = await postgres();
  const address = `127.0.0.1:${await freePort()}`;
  const here = (block) =>
    block
      .replaceAll("127.0.0.1:3524", address)
      .replaceAll("postgres://yardarm:secret@db.example.com/yardarm", cluster.url);
  // `yardarm serve` takes its address from the environment here, as in the text.
  const names = `export YARDARM_LISTEN=${address}`;
  const running = [];
  const serving = async (block) => {
    const run = shell(folder, names, here(block));
    running.push(run);
    await until("it is ready", async () => (await fetch(`http://${address}/readyz`)).ok);
    return run;
  };
  const stop = async (run) => assert.equal(await run.stop(), 0, run.said);
  try {
    let server = await serving(start);
    await until("it prints the link", () => /\/setup\?token=\S+/.test(server.out));
    const token = /token=([^\s\u001b]+)/.exec(server.out)[1];
    const set = await fetch(`http://${address}/api/v1/setup`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token, tenant: { key: "acme", name: "Acme" }, name: "Ana", email: "ana@example.com", password: "a sentence is easy to remember" }),
    });
    assert.equal(set.status, 201, await set.text());
    await done(folder, names, here(settings));
    assert.match(await done(folder, names, here(ready)), /"ready"/);
    assert.match(await done(folder, names, here(link)), /\/sign-in\?token=/);
    await done(folder, names, here(save));
    await stop(server);
    await done(folder, names, here(restore));
    server = await serving(start);
    assert.ok(!server.out.includes("/setup?token="), "the owner is back");
    await stop(server);
    server = await serving(moved);
    assert.match(server.out, /\/setup\?token=/);
    await stop(server);
  } finally {
    for (const run of running) await run.stop("SIGKILL");
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("flags as files", async () => {
  const [start, write, plan, apply, drift, again, promote, ...more] = await blocks("gitops");
  assert.deepEqual(more, []);
  const app = await demo();
  const folder = await home();
  const names = `export YARDARM_URL=${app.url} YARDARM_TOKEN=${app.token}`;
  try {
    assert.match(await done(folder, names, start), /nothing to do: shop is as the files say/);
    await done(folder, names, write);
    assert.equal(JSON.parse(await readFile(join(folder, "project.schema.json"), "utf8")).title, "Yardarm project");
    const planned = await done(folder, names, plan);
    assert.match(planned, /^\+ flag free-returns$/m);
    assert.match(planned, /^3 to create$/m);
    assert.match(await done(folder, names, apply), /3 documents in revision \d+/);
    assert.match(await done(folder, names, drift), /\+ By default serve on to 50 % by user\.key/);
    assert.match(await done(folder, names, again), /no drift: shop is as the files say/);
    assert.match(await done(folder, names, promote), /^~ free-returns in production \(production\)$/m);
    // What was promoted is drift, until the files say so too.
    const left = shell(folder, names, "yardarm drift flags");
    assert.equal(await left.ended, 2, left.said);
  } finally {
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("TypeScript", async () => {
  const packages = new URL("../sdks/typescript/", import.meta.url).pathname;
  const text = await readFile(new URL("../docs/guides/typescript.md", import.meta.url), "utf8");
  const [install, names, tests, types, provider, feature, ...more] = await blocks("typescript");
  assert.deepEqual(more, []);
  const app = await demo();
  const folder = await home();
  try {
    await promisify(execFile)("./prepare.sh", { cwd: packages });
    await promisify(execFile)("npm", ["pack", "--silent", "--workspace", "server", "--pack-destination", folder], { cwd: packages });
    // Programs say in their first line what they are called.
    for (const [, program, name] of text.matchAll(/^```js\n(\/\/ (\S+)\n.*?)^```/gms)) await writeFile(join(folder, name), program);
    const settings = names.replace("http://localhost:3524", app.url).replace("yd_srv_…", app.server_key);
    await done(folder, "echo '{}' > package.json", install.replace("@yardarm/server", "./yardarm-server-*.tgz"));
    const shop = await done(folder, "", settings);
    assert.match(shop, /the new checkout\n/);
    assert.match(shop, /value: true, variant: 'on', reason: '[A-Z_]+'/);
    await done(folder, "", tests);
    const signedIn = `export YARDARM_URL=${app.url} YARDARM_TOKEN=${app.token}`;
    await done(folder, signedIn, types);
    assert.match(await readFile(join(folder, "flags.ts"), "utf8"), /newCheckout\(context: Context, fallback: boolean\): boolean/);
    await done(folder, "", provider);
    assert.equal(await done(folder, settings.replace(/^node.*$/m, ""), feature), "true\n");
  } finally {
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("signed contexts", async () => {
  const [printed, make, without, sign, change, ...more] = await blocks("attestation");
  const [[program], [problem]] = [await blocks("attestation", "js"), await blocks("attestation", "json")];
  assert.deepEqual(more, []);
  const packages = new URL("../sdks/typescript/", import.meta.url).pathname;
  const app = await demo();
  const folder = await home();
  try {
    await promisify(execFile)("./prepare.sh", { cwd: packages });
    await promisify(execFile)("npm", ["pack", "--silent", "--workspace", "server", "--pack-destination", folder], { cwd: packages });
    const names = printed
      .replace("http://localhost:3524", app.url)
      .replace("yd_pat_…", app.token)
      .replace("yd_srv_…", app.server_key);
    const made = await done(folder, names, make);
    const [key, id] = [/yd_cli_\w+/.exec(made)[0], /key_\w+/.exec(made)[0]];
    const told = JSON.parse(await done(folder, names, without.replace("yd_cli_…", key)));
    assert.deepEqual({ ...told, ...JSON.parse(problem) }, told);
    await writeFile(join(folder, "package.json"), "{}");
    await writeFile(join(folder, "sign.mjs"), program);
    const answer = await done(folder, `${names}\nCLIENT_KEY=${key}`, sign.replace("install @yardarm/server", "install --silent ./yardarm-server-*.tgz"));
    const { value, reason } = JSON.parse(answer.trim().split("\n").at(-1));
    assert.deepEqual([value, typeof reason], [true, "string"]);
    assert.match(await done(folder, names, change.replace("key_…", id)), /updated key_/);
  } finally {
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("flags in a Rust program", async () => {
  const [run, watch, change, types, ...more] = await blocks("rust");
  assert.deepEqual(more, []);
  const [program] = await blocks("rust", "rust");
  const example = new URL("../sdks/rust/examples/quickstart.rs", import.meta.url);
  assert.equal(program, await readFile(example, "utf8"), "the guide prints the example");
  const built = join(dirname(process.env.YARDARM_PROBE), "quickstart");
  const here = (block) => block.replace("cargo run --quiet --package yardarm --example quickstart", built).replace(" -- ", " ");
  const app = await demo();
  const folder = await home();
  let watching;
  try {
    const [url, key, ...ask] = here(run).trim().split("\n");
    const names = [
      url.replace("http://localhost:3524", app.url),
      key.replace("yd_srv_…", app.server_key),
      `export YARDARM_TOKEN=${app.token}`,
    ].join("\n");
    assert.ok(!names.includes("…"), names);
    assert.equal(await done(folder, names, ask.join("\n")), "Ready\ntrue because TargetingMatch\n");
    watching = shell(folder, names, here(watch));
    await until("it prints the answer", () => watching.out.includes("true because"));
    const [off, on, ...rest] = change.trim().split("\n");
    assert.deepEqual(rest, []);
    await done(folder, names, off);
    await until("it is off", () => /\nfalse$/m.test(watching.out));
    await done(folder, names, on);
    await until("it is on again", () => /\nfalse\n(.*\n)*true$/m.test(watching.out));
    await done(folder, names, types);
    assert.match(await readFile(join(folder, "flags.rs"), "utf8"), /pub fn new_checkout\(/);
  } finally {
    await watching?.stop();
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("people, roles and tokens", async () => {
  const [role, invite, account, token, ...more] = await blocks("roles");
  assert.deepEqual(more, []);
  const app = await demo();
  const folder = await home();
  try {
    const names = `export YARDARM_URL=${app.url}\nexport YARDARM_TOKEN=${app.token}`;
    assert.match(await done(folder, names, role), /"configuration.update"/);
    assert.match(await done(folder, names, invite), /bo@example\.com/);
    assert.match(await done(folder, names, account), /Deploy job/);
    assert.match(await done(folder, names, token), /yd_pat_/);
  } finally {
    await app.stop();
  }
});

test("approvals", async () => {
  const [start, names, set, ask, approve, moved, search, schedule, ...more] = await blocks("approvals");
  assert.equal(start, "yardarm demo\n");
  assert.match(names, /YARDARM_TOKEN/);
  assert.deepEqual(more, []);
  const app = await demo();
  const folder = await home();
  try {
    const given = `export YARDARM_URL=${app.url}\nexport YARDARM_TOKEN=${app.token}`;
    const said = await done(folder, given, [set, ask, approve, moved, search, schedule].join("\n"));
    for (const expected of [
      /created production/,
      /exit code 8/,
      /nothing is changed yet: it waits in chr_/,
      /"checkout for all" is open/,
      /0 of 1 approvals for production/,
      /"checkout for all" is approved/,
      /"checkout for all" is applied in revision \d+/,
      /"half" is draft/,
      /change_request\.bypass/,
      /at most a year ahead/,
      /"half" is scheduled for .* UTC/,
      /"half" is open/,
    ]) {
      assert.match(said, expected);
    }
  } finally {
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("policies", async () => {
  const [set, check, replay, remove, ...more] = await blocks("policies");
  assert.deepEqual(more, []);
  const app = await demo();
  const folder = await home();
  try {
    const names = `export YARDARM_URL=${app.url}\nexport YARDARM_TOKEN=${app.token}`;
    const shown = await done(folder, names, set);
    assert.match(shown, /created production/);
    assert.match(shown, /largest_step: 25/);
    const said = await done(folder, names, check);
    assert.match(said, /touches .*production/);
    assert.match(said, /production: 1 must approve/);
    assert.match(said, /allows 25 in one change/);
    assert.match(await done(folder, names, replay), /of the last \d+ changes, \d+ would have been held/);
    assert.match(await done(folder, names, remove), /deleted production/);
  } finally {
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("webhooks", async () => {
  const [, printed, make, receive, change, log, rotate, ...more] = await blocks("webhooks");
  const [[settings], [node], [python]] = [await blocks("webhooks", "toml"), await blocks("webhooks", "js"), await blocks("webhooks", "python")];
  assert.deepEqual(more, []);
  const folder = await home();
  const [first, second] = [await freePort(), await freePort()];
  const here = (block) => block.replaceAll("8787", first).replaceAll("8788", second);
  await writeFile(join(folder, "yardarm.toml"), here(settings));
  await writeFile(join(folder, "receiver.mjs"), here(node));
  await writeFile(join(folder, "receiver.py"), here(python));
  const app = await demo({ directory: folder });
  const receivers = [];
  try {
    const names = printed.replace("http://localhost:3524", app.url).replace("yd_pat_…", app.token);
    assert.ok(!names.includes("…"), names);
    // One webhook for each of the two receivers.
    for (const [port, command] of [
      [first, receive],
      [second, `WEBHOOK_SECRET=whsec_… ${new URL(".work/venv/bin/python", import.meta.url).pathname} receiver.py`],
    ]) {
      const out = await done(folder, names, here(make).replace(String(first), port));
      const [secret, id] = [/whsec_[\w+/=]+/.exec(out)[0], /whk_\w+/.exec(out)[0]];
      const receiver = shell(folder, names, command.replace("whsec_…", secret));
      receivers.push({ id, receiver });
      const tested = `until yardarm webhooks test ${id} | grep -q "delivered: HTTP 204"; do sleep 0.1; done`;
      await done(folder, names, tested);
    }
    await done(folder, names, change.replace("whk_…", receivers[0].id));
    for (const { receiver } of receivers) {
      await until("both messages have come", () => /msg_\w+ webhook\.ping[^]*msg_\w+ configuration\.update/.test(receiver.out));
    }
    const [{ id }] = receivers;
    assert.match(await done(folder, names, log.replaceAll("whk_…", id)), /configuration\.update[^]*delivered/);
    assert.match(await done(folder, names, rotate.replace("whk_…", id)), /whsec_/);
  } finally {
    for (const { receiver } of receivers) await receiver.stop();
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("directories", async () => {
  const [connect, ...blocksAfter] = await blocks("scim");
  assert.equal(blocksAfter.length, 4);
  const app = await demo();
  const folder = await home();
  try {
    const names = `export YARDARM_URL=${app.url} YARDARM_TOKEN=${app.token}`;
    const printed = await done(folder, names, connect);
    assert.ok(printed.includes(`${app.url}/scim/v2`), printed);
    const token = /yd_pat_\w+/.exec(printed)[0];
    // One shell: later blocks use names of earlier ones.
    const out = await done(folder, names, blocksAfter.join("\n").replace("yd_pat_…", token));
    assert.match(out, /"userName":"bo@example.com"/);
    assert.match(out, /release-managers-\w+[^]*editor/);
    assert.match(out, /"active":false/);
    assert.match(out, /directory_user\.update/);
  } finally {
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
