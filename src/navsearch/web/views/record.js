/** All that the catalog says of one resource, what is like it, and the figures published on it. */

import { alike, asHit, bibtexButton } from "../cards.js";
import { changed, href, record as recordHref } from "../address.js";
import { code, copyButton } from "../copy.js";
import { button, h, isWeb, link, list, said } from "../dom.js";
import { exportMenu } from "../exports.js";
import { facts } from "../facts.js";
import { figures } from "../figures.js";
import { get } from "../service.js";
import { linked, paper } from "../sources.js";
import { pickButton } from "../tray.js";
import { capital, cut, number, spaced } from "../words.js";

const SHOWN = 2000; // characters of a text
// Fields that stand elsewhere on the page.
const APART = new Set(["id", "kind", "name", "description", "snippet", "commands", "papers", "relations"]);

/** The resource that the state `params` names. */
export async function record(params, signal) {
  const id = params.get("id") ?? "";
  const entry = await get(`resources/${encodeURIComponent(id)}`, {}, signal);
  const [like, board] = await Promise.all([
    alike(entry.id, params).catch(unlike),
    get(`leaderboard/${encodeURIComponent(entry.id)}`, {}, signal).catch(() => ({ tables: [] })),
  ]);
  const parts = [
    head(entry, params),
    fields(entry),
    papers(entry),
    snippet(entry),
    commands(entry),
    relations(entry, params),
    h("section", {}, h("h2", {}, "Similar"), like),
    await published(board, params),
  ];
  return { title: cut(entry.name, 80), said: entry.name, body: h("article", { class: "record", "data-id": entry.id }, parts) };
}

const unlike = (problem) => h("p", { class: "dim" }, problem.message);

function head(entry, params) {
  const hit = asHit(entry);
  const back = changed(params, { view: null, id: null });
  return h("header", { class: "verdict" }, [
    params.get("q") && h("a", { class: "back", href: href(back) }, "← Back to the answer"),
    h("div", { class: "row" }, [
      h("h1", {}, said(cut(entry.name, 300))),
      h("span", { class: "kind" }, entry.kind),
      h(
        "div",
        { class: "row tools" },
        pickButton(entry.id, entry.name),
        bibtexButton(entry),
        exportMenu([["id", entry.id]]),
        copyButton(() => location.href, "Copy link"),
      ),
    ]),
    facts(hit),
    text(entry.description),
    isWeb(hit.url) && h("p", {}, link(hit.url, hit.url)),
  ]);
}

/** A text as long as it may be: the rest of a very long one is shown when asked for. */
function text(all) {
  const shown = h("p", { class: "about full", dir: "auto" }, cut(all, SHOWN));
  const more = button(`Show all ${number(all.length)} characters`, () => {
    shown.textContent = all;
    more.remove();
  });
  return all.length > SHOWN ? [shown, more] : shown;
}

function fields(entry) {
  const stated = Object.entries(entry).filter(([name]) => !APART.has(name));
  return h(
    "section",
    {},
    h("h2", {}, "Facts"),
    h(
      "dl",
      { class: "fields" },
      stated.map(([name, value]) => h("div", {}, h("dt", {}, capital(spaced(name))), h("dd", {}, valued(value)))),
    ),
  );
}

/** Any JSON value: lists in lines or, if short, in one; objects field by field; texts with links. */
function valued(value) {
  if (Array.isArray(value)) return many(value);
  if (value !== null && typeof value === "object")
    return h(
      "dl",
      { class: "inner" },
      Object.entries(value).map(([name, one]) => h("div", {}, h("dt", {}, spaced(name)), h("dd", {}, valued(one)))),
    );
  if (typeof value === "number") return number(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value === null ? h("i", { class: "dim" }, "unknown") : linked(cut(value, SHOWN));
}

function many(values) {
  const short = values.every((value) => typeof value === "string" && value.length < 40);
  return short ? values.map((value, place) => [place ? ", " : "", linked(value)]) : list(values, valued, { class: "lines" });
}

function papers({ papers: all = [] }) {
  const one = (item) => [
    link(paper(item), item.title ?? paper(item)),
    " ",
    h("span", { class: "dim" }, said([item.venue, item.year].filter(Boolean).join(", "))),
  ];
  return all.length > 0 && h("section", {}, h("h2", {}, "Papers"), list(all, one, { class: "lines" }));
}

const snippet = (entry) =>
  entry.snippet &&
  h(
    "section",
    {},
    h("h2", {}, "Snippet"),
    h("p", { class: "dim" }, "Takes ", said(entry.snippet.inputs), "."),
    code(entry.snippet.code, `snippet of ${entry.name}`),
  );

function commands({ commands: all, name }) {
  const step = ({ step: title, run }) => [h("span", { class: "step" }, said(title)), code(run, `${title} of ${name}`)];
  return (
    all &&
    h(
      "section",
      {},
      h("h2", {}, "Commands"),
      list(all.steps, step, { class: "steps" }, "ol"),
      h("cite", {}, linked(all.source)),
    )
  );
}

function relations({ relations: all = [] }, params) {
  const one = ({ type, id, outside, note }) => [
    h("b", {}, spaced(type)),
    " ",
    id ? h("a", { href: recordHref(params, id) }, said(id)) : said(outside ?? ""),
    note && [": ", said(note)],
  ];
  return all.length > 0 && h("section", {}, h("h2", {}, "Shares data"), list(all, one, { class: "lines" }));
}

async function published({ tables }, params) {
  return tables.length > 0 && h("section", {}, h("h2", {}, "Leaderboard"), await figures(tables, params));
}
