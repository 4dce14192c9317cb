// Measures every colour pair the console uses (WCAG 2.2: 1.4.3 text 4.5:1, 1.4.11 edges 3:1) and fails on the first kind
// that is too weak. Reads the tokens from app/globals.css, so there is no second list of colours.
import { readFileSync } from "node:fs";

const css = readFileSync(new URL("../app/globals.css", import.meta.url), "utf8");

/** Tokens of one block as {name: "#rrggbb"}. */
function tokens(selector) {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf("}", start));
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]));
}

function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a, b) {
  const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m);
  return (x + 0.05) / (y + 0.05);
}

const grounds = ["ground", "raised", "sunken", "hover"];
const pairs = [
  ...["ink", "ink-2", "ink-3"].flatMap((text) => grounds.map((ground) => [text, ground, 4.5])),
  ...["accent", "ok", "warn", "bad"].flatMap((text) =>
    ["ground", "raised", "sunken"].map((ground) => [text, ground, 4.5]),
  ),
  ...["accent", "ok", "warn", "bad", "off"].map((status) => [status, `${status}-tint`, 4.5]),
  ["on-accent", "accent", 4.5],
  ["on-bad", "bad", 4.5],
  ["ink", "accent-tint", 4.5],
  ["ink-2", "accent-tint", 4.5],
  ["ink", "warn-tint", 4.5],
  ["ink", "bad-tint", 4.5],
  ["ink", "ok-tint", 4.5],
  ...[1, 2, 3, 4, 5, 6].flatMap((n) => ["ground", "raised", "sunken"].map((ground) => [`env-${n}`, ground, 4.5])),
  ...["edge", "accent"].flatMap((edge) => ["ground", "raised", "sunken"].map((ground) => [edge, ground, 3])),
];

export function measure() {
  const light = tokens(":root");
  const themes = { light, dark: { ...light, ...tokens('[data-theme="dark"]') } };
  return Object.entries(themes).flatMap(([theme, values]) =>
    pairs.map(([front, back, least]) => {
      if (!values[front] || !values[back]) throw new Error(`${theme}: no token ${values[front] ? back : front}`);
      return { theme, front, back, least, ratio: contrast(values[front], values[back]) };
    }),
  );
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const rows = measure();
  const weak = rows.filter((row) => row.ratio < row.least);
  for (const row of weak)
    console.error(`${row.theme}: ${row.front} on ${row.back} ${row.ratio.toFixed(2)} < ${row.least}`);
  const worst = (theme, least) =>
    Math.min(...rows.filter((r) => r.theme === theme && r.least === least).map((r) => r.ratio));
  for (const theme of ["light", "dark"])
    console.log(
      `${theme}: ${rows.length / 2} pairs, worst text ${worst(theme, 4.5).toFixed(2)}, worst edge ${worst(theme, 3).toFixed(2)}`,
    );
  process.exit(weak.length > 0 ? 1 : 0);
}
