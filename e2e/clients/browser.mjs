// A real headless Chromium: pages with the web SDK, and pages of the console.

import { createServer } from "node:http";

import { build } from "esbuild";
import { chromium } from "playwright-core";

import { DEFAULTS } from "../parts/answers.mjs";

export async function browser() {
  const started = await chromium.launch({
    executablePath: process.env.YARDARM_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  const bundle = await build({
    entryPoints: [new URL("browser-page.js", import.meta.url).pathname],
    bundle: true,
    format: "iife",
    write: false,
    logLevel: "error",
  });
  // Another origin than the server's, as in real life: cross-origin requests are part of the test.
  const site = createServer((request, response) => {
    const script = request.url === "/page.js";
    response.writeHead(200, { "content-type": script ? "text/javascript" : "text/html; charset=utf-8" });
    response.end(script ? bundle.outputFiles[0].text : "<!doctype html><title>A shop</title><script src=/page.js></script>");
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => site.once("listening", resolve));
  const origin = `http://127.0.0.1:${site.address().port}`;

  const visit = async () => {
    const page = await started.newPage();
    page.on("pageerror", (error) => console.error("in the page:", error));
    await page.goto(origin);
    return page;
  };

  return {
    /** Every flag of `types` for every context, by the web SDK with a client key. */
    async answers(app, types, contexts) {
      const page = await visit();
      const job = [app.url, app.client_key, types, DEFAULTS, contexts, 4];
      const answers = await page.evaluate((words) => window.answers(...words), job);
      await page.close();
      return answers;
    },
    /** A page of somebody's site with the web SDK connected by a client key. */
    async shop(app, context) {
      const page = await visit();
      await page.evaluate(([url, key, who]) => window.connect(url, key, who), [app.url, app.client_key, context]);
      return {
        page,
        async follow(flag, onValue) {
          await page.exposeFunction("reported", onValue);
          await page.evaluate((key) => window.follow(key), flag);
        },
      };
    },
    newContext: (options) => started.newContext(options),
    async stop() {
      await started.close();
      site.close();
    },
  };
}
