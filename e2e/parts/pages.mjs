// Pages of the console in a real browser, and everything that must not happen in them.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** A browser context whose pages write what is wrong into `complaints`: errors, refusals by the policy, other hosts. */
export async function watched(chromium, app, options = {}) {
  const context = await chromium.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(60_000);
  const complaints = [];
  const { host } = new URL(app.url);
  context.on("weberror", (error) => complaints.push(`error: ${error.error()}`));
  context.on("console", (message) => {
    // An answer that is a refusal (401 before signing in) is logged too; that is no fault of the page.
    if (message.type() === "error" && !/^Failed to load resource/.test(message.text())) {
      complaints.push(`${message.page()?.url()}: ${message.text()}`);
    }
  });
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.protocol !== "blob:" && url.host !== host) complaints.push(`asked ${url.origin}`);
  });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`),
    );
  });
  return { context, complaints };
}

const EVERYTHING = { type: "tag", values: RULES };
const COLOURS = { type: "rule", values: ["color-contrast"] };

/** What axe finds wrong with the page as it stands, one line each. */
export async function violations(page, runOnly = EVERYTHING) {
  // Evaluated from outside the page, so its policy stays as it is.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const found = await page.evaluate(
    (runOnly) => window.axe.run(document, { runOnly, resultTypes: ["violations"] }),
    runOnly,
  );
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" ‖ ")}`);
}

/** Runs axe at both widths and in both themes, which differ in colours alone; `[theme width: violation]`. */
export async function everyLook(page, look) {
  const wrong = [];
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    for (const theme of ["light", "dark"]) {
      await page.evaluate((name) => (document.documentElement.dataset.theme = name), theme);
      // Two frames for the layout of this width. Nothing moves: the context prefers reduced motion.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const moving = await page.evaluate(() => document.getAnimations().length);
      if (moving > 0) wrong.push(`${theme} ${width}: ${moving} animations in spite of reduced motion`);
      await look?.(theme, width);
      wrong.push(...(await violations(page, theme === "light" ? EVERYTHING : COLOURS)).map((each) => `${theme} ${width}: ${each}`));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (wide > 0) wrong.push(`${theme} ${width}: the page is ${wide} px too wide`);
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  return wrong;
}
