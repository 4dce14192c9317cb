// Renders /openapi.json as a page. Text is only ever set as text, so nothing in the document can become markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

/** An element with text or children. */
function make(tag, content = [], attributes = {}) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...(Array.isArray(content) ? content : [String(content)]));
  return element;
}

/** What is built when it is opened: all of it at once would be some 18,000 elements. */
function later(title, build) {
  const element = make("details", [make("summary", title)]);
  element.addEventListener("toggle", () => element.append(...build()), { once: true });
  return element;
}

/** Follows `$ref`, once for each name on the way so that recursive schemas end. */
function resolve(document, schema, seen = []) {
  const reference = schema?.$ref;
  if (!reference) return { schema: schema ?? {}, seen };
  const name = reference.split("/").pop();
  if (seen.includes(name)) return { schema: { description: `${name} again` }, seen };
  const target = reference.slice(2).split("/").reduce((at, part) => at?.[part.replaceAll("~1", "/").replaceAll("~0", "~")], document);
  return { schema: target ?? {}, seen: [...seen, name] };
}

function typeOf(document, raw, seen = []) {
  const name = raw?.$ref?.split("/").pop();
  if (name) return name;
  const { schema } = resolve(document, raw, seen);
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives) return alternatives.map((one) => typeOf(document, one, seen)).join(" | ");
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.type === "array") return `[${typeOf(document, schema.items, seen)}]`;
  return [schema.type ?? "any"].flat().join(" | ");
}

/** A table of members; nested objects are made on demand. */
function members(document, raw, seen = []) {
  const { schema, seen: path } = resolve(document, raw, seen);
  const parts = [schema, ...(schema.allOf ?? []).map((one) => resolve(document, one, path).schema)];
  const rows = [];
  for (const part of parts) {
    for (const [name, member] of Object.entries(part.properties ?? {})) {
      const needed = (part.required ?? []).includes(name);
      const inner = resolve(document, member.items ?? member, path);
      const cell = make("td", resolve(document, member, path).schema.description ?? "");
      const nested = inner.schema.properties && inner.seen.length < 6;
      if (nested) cell.append(later("Members", () => [members(document, member.items ?? member, path)]));
      rows.push(make("tr", [make("td", [make("code", name), needed ? "" : " (optional)"]), make("td", [make("code", typeOf(document, member, path))]), cell]));
    }
  }
  if (rows.length === 0) return make("p", [make("code", typeOf(document, raw, seen)), ` ${schema.description ?? ""}`]);
  return make("table", [make("tbody", rows)]);
}

function bodies(document, content, seen) {
  return Object.entries(content ?? {}).map(([type, media]) => make("div", [make("p", [make("code", type)]), members(document, media.schema ?? {}, seen)]));
}

function operation(document, method, path, spec, shared) {
  const id = `${method}${path}`.replaceAll(/[^A-Za-z0-9]+/g, "-");
  const parts = [make("h3", [make("span", method.toUpperCase(), { class: "method" }), path])];
  for (const text of [spec.summary, spec.description]) if (text) parts.push(make("p", text));
  const parameters = [...(shared ?? []), ...(spec.parameters ?? [])].map((one) => resolve(document, one).schema);
  if (parameters.length > 0) {
    const rows = parameters.map((one) => make("tr", [make("td", [make("code", one.name), one.required ? "" : " (optional)"]), make("td", `${one.in}, ${typeOf(document, one.schema)}`), make("td", one.description ?? "")]));
    parts.push(make("h4", "Parameters"), make("table", [make("tbody", rows)]));
  }
  if (spec.requestBody) parts.push(make("h4", "Body"), ...bodies(document, resolve(document, spec.requestBody).schema.content));
  parts.push(make("h4", "Answers"));
  for (const [status, raw] of Object.entries(spec.responses ?? {})) {
    const answer = resolve(document, raw).schema;
    parts.push(later(`${status} ${answer.description ?? ""}`, () => bodies(document, answer.content)));
  }
  return { id, article: make("article", parts, { id }) };
}

async function show() {
  const content = document.getElementById("content");
  const index = document.getElementById("index");
  let api;
  try {
    const response = await fetch("/openapi.json");
    if (!response.ok) throw new Error(`status ${response.status}`);
    api = await response.json();
  } catch (error) {
    content.replaceChildren(make("p", `/openapi.json cannot be read: ${error.message}. Reload to try again.`));
    return;
  }
  content.replaceChildren(make("h2", `${api.info?.title ?? "API"} ${api.info?.version ?? ""}`), make("p", api.info?.description ?? ""), make("p", [make("a", "openapi.json", { href: "/openapi.json" })]));
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths ?? {})) {
    for (const method of METHODS.filter((one) => item[one])) {
      const { id, article } = operation(api, method, path, item[method], item.parameters);
      const group = item[method].tags?.[0] ?? "other";
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push({ article, link: make("a", `${method.toUpperCase()} ${path}`, { href: `#${id}` }), text: `${method} ${path} ${item[method].summary ?? ""}`.toLowerCase() });
    }
  }
  for (const [group, entries] of groups) {
    index.append(make("section", [make("h2", group), ...entries.map((entry) => entry.link)]));
    content.append(make("h2", group), ...entries.map((entry) => entry.article));
  }
  document.getElementById("filter").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const entry of [...groups.values()].flat()) {
      entry.link.hidden = entry.article.hidden = !entry.text.includes(wanted);
    }
  });
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

show();
