/** Filters: how many resources carry which term, each a link to those alone; and limits on numbers and years. */

import { added, changed, filters as active, go, href, now, removed, unfiltered } from "./address.js";
import { folded, h, said, unseen } from "./dom.js";
import { get } from "./service.js";
import { withPicks } from "./tray.js";
import { capital, number } from "./words.js";

const SHOWN = 8; // terms of a facet, the others folded away
const OPEN = 3; // facets that are open from the start
const LIMITS = [
  ["min_cases", "Cases from", "number"],
  ["max_cases", "to", "number"],
  ["since", "Year from", "number"],
  ["until", "to", "number"],
  ["venue", "Venue", "text"],
  ["licence", "Licence", "text"],
];
const WIDE = matchMedia("(min-width: 60rem)");

let terms = null; // all terms of the catalog, fetched once

/** The filters that the `facets` of an answer allow, within the state `params`; `unstated` counts what says nothing. */
export function filterPanel(facets, unstated, params) {
  const known = Object.entries(facets).filter(([, counts]) => Object.keys(counts).length);
  const any = active(params).length > 0;
  return h(
    "aside",
    { class: "filters", "aria-label": "Filters" },
    h("details", { open: WIDE.matches }, h("summary", { class: "button" }, "Filters"), [
      any && h("a", { class: "clear", href: href(changed(unfiltered(params), { page: null })) }, "Clear all filters"),
      addTerm(),
      known.map(([facet, counts], place) => facetOf(facet, counts, unstated?.[facet], params, place < OPEN)),
      limitsOf(params),
    ]),
  );
}

function facetOf(facet, counts, silent, params, open) {
  const rows = Object.entries(counts).map(([term, count]) => row(facet, term, count, params));
  const more = rows.length > SHOWN && folded(`${number(rows.length - SHOWN)} more`, {}, h("ul", {}, rows.slice(SHOWN)));
  const silence = silent ? h("p", { class: "dim" }, `${number(silent)} state nothing here`) : null;
  return folded(
    capital(facet),
    { class: "facet-terms", open: open || params.has(facet) },
    h("ul", {}, rows.slice(0, SHOWN)),
    more,
    silence,
  );
}

function row(facet, term, count, params) {
  const on = params.getAll(facet).includes(term);
  const to = on ? removed(params, facet, term) : added(params, facet, term);
  return h("li", {}, [
    h("a", { href: href(to), class: "term", "aria-current": on && "true", "data-key": `filter ${facet}:${term}` }, [
      on && unseen("Filter in force, take out: "),
      said(term),
      " ",
      h("span", { class: "count" }, number(count)),
    ]),
    h(
      "a",
      { class: "not", href: href(added(params, "not", `${facet}:${term}`)), title: `Leave out ${term}` },
      h("span", { "aria-hidden": "true" }, "−"),
      unseen(`Leave out ${term}`),
    ),
  ]);
}

/** A field that takes any term of the catalog as a filter. */
function addTerm() {
  const options = h("datalist", { id: "terms" });
  const field = h("input", { id: "term", list: "terms", placeholder: "Add a term …", autocomplete: "off" });
  const fill = async () =>
    options.childElementCount || options.append(...(await allTerms()).map((term) => h("option", { value: term })));
  field.addEventListener("focus", () => fill().catch(() => {}));
  return h(
    "form",
    { class: "add", onsubmit: (event) => addTyped(event, field) },
    h("label", { for: "term", class: "unseen" }, "Add a term as a filter"),
    field,
    options,
    h("button", {}, "Add"),
  );
}

async function allTerms() {
  terms ??= get("facets").then((facets) =>
    Object.entries(facets).flatMap(([facet, counts]) => Object.keys(counts).map((term) => `${facet}: ${term}`)),
  );
  return terms.catch((problem) => {
    terms = null;
    throw problem;
  });
}

function addTyped(event, field) {
  event.preventDefault();
  const [facet, ...term] = field.value.split(":");
  if (term.length) go(withPicks(added(now(), facet.trim(), term.join(":").trim())));
  else field.setCustomValidity("Choose a term of the list, such as modality: CT");
  field.reportValidity();
  field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
}

function limitsOf(params) {
  const fields = LIMITS.map(([name, label, type]) =>
    h("label", {}, label, " ", h("input", { name, type, min: type === "number" && 0, value: params.get(name) ?? "" })),
  );
  const submit = (event) => {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(event.target)].map(([name, value]) => [name, value.trim() || null]));
    go(withPicks(changed(now(), { ...given, page: null })));
  };
  return folded(
    "Limits",
    { class: "facet-terms", open: LIMITS.some(([name]) => params.has(name)) },
    h("form", { class: "limits", onsubmit: submit }, fields, h("button", {}, "Apply")),
  );
}
