/** A resource that was found, as a card. */

import { record } from "./address.js";
import { copyButton } from "./copy.js";
import { button, folded, h, isWeb, link, list, said, unseen } from "./dom.js";
import { facts, size } from "./facts.js";
import { get, getText } from "./service.js";
import { paper } from "./sources.js";
import { called, pickButton } from "./tray.js";
import { cut, pretty, spaced } from "./words.js";

const SHOWN = 330; // characters of a description
const NAMED = 200; // characters of a name
const ALIKE = 6;

/** The card of `hit` within the state `params`. */
export function card(hit, params) {
  called(hit.id, cut(hit.name, NAMED));
  return h("article", { class: "card", "data-id": hit.id }, [
    title(hit, params),
    facts(hit),
    h("p", { class: "about", dir: "auto" }, cut(hit.description, SHOWN)),
    reasons(hit.reasons, hit.misses),
    shared(hit.relations, params),
    acts(hit, params),
  ]);
}

/** Cards in their order. */
export const cards = (hits, params, attributes = {}) =>
  list(hits, (hit) => card(hit, params), { class: "cards", ...attributes }, "ol");

function title(hit, params) {
  return h("header", {}, [
    h("h3", {}, h("a", { href: record(params, hit.id), "data-key": hit.id }, said(cut(hit.name, NAMED)))),
    h("span", { class: "kind" }, hit.kind),
    hit.score !== undefined && score(hit),
  ]);
}

/** The score, and what it is made of. */
function score({ score: value, signals = {} }) {
  const parts = Object.entries(signals)
    .map(([name, share]) => `${name} ${share.toFixed(2)}`)
    .join(", ");
  return h("span", { class: "score", title: parts || null }, unseen("score "), value.toFixed(2));
}

/** What speaks for a resource, and what it misses. */
export function reasons(met, missed = []) {
  const mark = (sign, word) => (text) => [
    h("span", { class: "sign", "aria-hidden": "true" }, sign),
    unseen(`${word} `),
    said(pretty(text)),
  ];
  return [list(met, mark("✓", "meets"), { class: "met" }), list(missed, mark("✗", "misses"), { class: "missed" })];
}

/** Whose data it shares. */
function shared(relations, params) {
  const one = (relation) => [
    h("b", {}, spaced(relation.type)),
    " ",
    relation.id
      ? h("a", { href: record(params, relation.id) }, said(relation.id))
      : said(relation.outside ?? relation.name ?? ""),
    relation.note ? [": ", said(relation.note)] : null,
  ];
  return relations.length ? folded(`Shares data (${relations.length})`, { class: "shared" }, list(relations, one)) : null;
}

function acts(hit, params) {
  return h("footer", { class: "row" }, [
    isWeb(hit.url) &&
      h("span", { class: "out" }, link(hit.url, new URL(hit.url).hostname, " ", h("span", { "aria-hidden": "true" }, "↗"))),
    pickButton(hit.id, cut(hit.name, NAMED)),
    alikeButton(hit, params),
    bibtexButton(hit),
  ]);
}

/** A button that copies the BibTeX entry of a resource. */
export function bibtexButton({ id, name }) {
  return copyButton(
    () =>
      getText("export", [
        ["id", id],
        ["format", "bibtex"],
      ]),
    "BibTeX",
    { "aria-label": `Copy BibTeX of ${cut(name, NAMED)}` },
  );
}

/** A button that shows beneath the card what is most like it. */
function alikeButton(hit, params) {
  const act = async ({ currentTarget: pressed }) => {
    const open = pressed.getAttribute("aria-expanded") === "true";
    pressed.setAttribute("aria-expanded", String(!open));
    const footer = pressed.closest("footer");
    if (open) footer.nextElementSibling?.remove();
    else footer.after(await alike(hit.id, params).catch((problem) => h("p", { class: "said warn" }, problem.message)));
  };
  return button(["Similar", unseen(`to ${cut(hit.name, NAMED)}`)], act, { class: "quiet", "aria-expanded": "false" });
}

/** The resources most like the one with this id, a line each. */
export async function alike(id, params, more = []) {
  const hits = await get(`similar/${encodeURIComponent(id)}`, [["k", ALIKE], ...more]);
  return list(hits, (hit) => line(hit, params), { class: "lines" }) ?? h("p", { class: "dim" }, "Nothing is like it.");
}

/** A resource on one line. */
export function line(hit, params) {
  called(hit.id, cut(hit.name, NAMED));
  const rest = [hit.cases && size(hit.cases), hit.licence, hit.access].filter(Boolean).join(" · ");
  return [
    h("a", { href: record(params, hit.id) }, said(cut(hit.name, NAMED))),
    " ",
    h("span", { class: "dim" }, said(rest || hit.kind)),
  ];
}

/** A record as a hit without a question: what only answers have is empty. */
export function asHit(entry) {
  const page = [...(entry.homepage ?? []), entry.code, ...(entry.papers ?? []).map(paper)].find(isWeb);
  return {
    ...entry,
    url: page ?? null,
    reasons: [],
    misses: [],
    relations: entry.relations ?? [],
    licence: entry.licence?.name ?? null,
    access: entry.access?.[0] ?? null,
  };
}
