/** What a question was understood as, in chips: a click takes one back, a menu does more. */

import { added, changed, filters, href, removed } from "./address.js";
import { h, list, said, unseen } from "./dom.js";
import { pretty } from "./words.js";

// What /understand tells besides the wanted terms by facet.
const APART = new Set(["kind", "limits", "excluded", "corrected", "ambiguous", "ignored"]);

/** The rows of chips for the `query` that the state `params` asks; if it is still being `typed`, it is said so. */
export function understood(query, params, typed) {
  const chips = [
    ...kinds(query, params),
    ...terms(query, params),
    ...limits(query, params),
    ...excluded(query, params),
    ...filtered(params),
    ...ignored(params),
  ];
  if (!chips.length) return [h("p", { class: "remark" }, "No term of the catalog is understood in this question.")];
  return [
    h(
      "ul",
      { class: "chips", "aria-label": typed ? "Understood so far" : "Understood" },
      chips.map((chip) => h("li", { class: "chip" }, chip)),
    ),
    ...remarks(query, params),
  ];
}

/** The kinds looked for: those that were chosen, else those that the question names. */
function* kinds(query, params) {
  const chosen = params.getAll("kind").join(", ");
  if (chosen) yield taken("only kind", chosen, changed(params, { kind: null, page: null }), "filter");
  else if (query.kind.length) yield [h("span", { class: "facet" }, "looking for"), said(query.kind.join(", "))];
}

/** A chip for each wanted term; one that the question states as a limit is shown as that. */
function* terms(query, params) {
  const limited = new Set(query.limits.map((limit) => limit.split(" = ")[0]));
  for (const [facet, names] of Object.entries(query)) {
    if (!Array.isArray(names) || APART.has(facet) || limited.has(facet)) continue;
    for (const term of names)
      yield [taken(facet, term, added(params, "ignore", `${facet}:${term}`)), menu(facet, term, params)];
  }
}

/** What can be done about a wanted term. */
function menu(facet, term, params) {
  const without = added(params, "ignore", `${facet}:${term}`);
  const acts = [
    ["Require", "only what states it", added(params, facet, term)],
    ["Exclude", "nothing that states it", added(without, "not", `${facet}:${term}`)],
    ["Relax", "as if it were not said", without],
  ];
  return h("details", { class: "menu" }, [
    h(
      "summary",
      { "data-key": `menu ${facet}:${term}` },
      h("span", { "aria-hidden": "true" }, "▾"),
      unseen(`More for ${facet} ${term}`),
    ),
    list(acts, ([act, means, to]) => h("a", { href: href(to) }, act, " ", h("small", {}, means))),
  ]);
}

function* limits(query, params) {
  const stated = query.limits.filter((limit) => !limit.includes(" != "));
  for (const limit of stated) yield taken("limit", pretty(limit), added(params, "ignore", limit));
}

function* excluded(query, params) {
  for (const term of query.excluded)
    yield taken("not", term.split(":").slice(1).join(":"), added(params, "ignore", term.replace(":", " != ")));
}

function* filtered(params) {
  for (const [name, value] of filters(params)) yield taken(`filter ${name}`, value, removed(params, name, value), "filter");
}

function* ignored(params) {
  for (const name of params.getAll("ignore")) yield back(name, removed(params, "ignore", name));
}

/** A chip that a click takes back. */
function taken(facet, text, to, kind = "") {
  return h("a", { class: `remove ${kind}`, href: href(to), "data-key": `${facet}:${text}` }, [
    unseen("Take out "),
    h("span", { class: "facet" }, facet),
    " ",
    said(text),
    h("span", { "aria-hidden": "true", class: "sign" }, "×"),
  ]);
}

function back(name, to) {
  return h("a", { class: "remove ignored", href: href(to), "data-key": `ignored ${name}` }, [
    unseen("Bring back "),
    h("s", {}, said(pretty(name))),
    h("span", { "aria-hidden": "true", class: "sign" }, "↺"),
  ]);
}

/** Words that were corrected, and words that may mean something else. */
function remarks(query, params) {
  const corrected = query.corrected.map(({ found, read_as: as }) =>
    h("p", { class: "remark" }, "Read ", said(`“${found}”`), " as ", h("b", {}, said(as)), "."),
  );
  return [...corrected, ...query.ambiguous.map((word) => ambiguous(word, params))];
}

function ambiguous({ found, read_as: as, could_be: others }, params) {
  const other = (term) => [
    " ",
    h("a", { href: href(changed(params, { q: params.get("q").replace(found, term), page: null })) }, said(term)),
  ];
  return h("p", { class: "remark" }, [
    "Read ",
    said(`“${found}”`),
    " as ",
    h("b", {}, said(as.join(" or "))),
    others.length ? "; it may also mean" : "",
    others.map(other),
    ".",
  ]);
}
