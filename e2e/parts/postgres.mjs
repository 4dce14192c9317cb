// A private PostgreSQL: a fresh cluster in a directory of its own, on a free port, which can be frozen, crashed and
// started again.

import { execFile } from "node:child_process";
import { chmod, chown, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { freePort } from "./binary.mjs";

const run = promisify(execFile);

async function programs() {
  const versions = await readdir("/usr/lib/postgresql").catch(() => []);
  const newest = versions.sort((a, b) => Number(a) - Number(b)).at(-1);
  return newest ? `/usr/lib/postgresql/${newest}/bin/` : "";
}

export async function postgres() {
  const bin = await programs();
  const directory = await mkdtemp(join(tmpdir(), "yardarm-e2e-pg-"));
  const root = process.getuid() === 0;
  if (root) {
    // The server refuses to run as root.
    const { stdout } = await run("id", ["-u", "postgres"]);
    await chown(directory, Number(stdout), -1);
  }
  await chmod(directory, 0o700);
  const as = (program, ...words) => {
    const command = root ? ["runuser", "-u", "postgres", "--", bin + program, ...words] : [bin + program, ...words];
    return run(command[0], command.slice(1), { cwd: directory });
  };
  const data = join(directory, "data");
  await as("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync");
  const port = await freePort();
  const options = `-p ${port} -k ${directory} -c listen_addresses=127.0.0.1 -c fsync=off`;
  const start = () => as("pg_ctl", "-D", data, "-w", "-l", join(directory, "log"), "-o", options, "start");
  const pids = async () => {
    const postmaster = Number((await readFile(join(data, "postmaster.pid"), "utf8")).split("\n")[0]);
    const { stdout } = await run("pgrep", ["-P", String(postmaster)]);
    return [postmaster, ...stdout.split("\n").filter(Boolean).map(Number)];
  };
  await start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    start,
    /** Every process stands still: connections hang. */
    async freeze() {
      for (const pid of await pids()) process.kill(pid, "SIGSTOP");
    },
    async thaw() {
      for (const pid of await pids()) process.kill(pid, "SIGCONT");
    },
    /** As after a crash: connections are refused. */
    crash: () => as("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"),
    async stop() {
      await as("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop").catch(() => {});
      await rm(directory, { recursive: true, force: true });
    },
  };
}
