/** The catalog itself, by the page and within filters. */

import { asked, changed, filters, href } from "../address.js";
import { asHit, cards } from "../cards.js";
import { h } from "../dom.js";
import { filterPanel } from "../filters.js";
import { PAGE, offsetOf, pages } from "../pages.js";
import { get } from "../service.js";
import { counted } from "../words.js";
import { kinds } from "./home.js";

/** What is shown of the catalog in the state `params`. */
export async function browse(params, signal) {
  const [listing, all] = await Promise.all([
    get("resources", asked(params, { q: null, ignore: null, k: PAGE, offset: offsetOf(params) }), signal),
    kinds(signal),
  ]);
  const title = counted(listing.total, "resource");
  return {
    title: "Browse",
    said: title,
    body: [
      head(title, all, params),
      h("div", { class: "columns" }, filterPanel(listing.facets, listing.unstated, params), list(listing, params)),
    ],
  };
}

function head(title, all, params) {
  const kind = ([name, count]) =>
    h(
      "a",
      {
        href: href(changed(params, { kind: on(name) ? null : name, page: null })),
        "aria-current": on(name) && "true",
        "data-key": `kind ${name}`,
      },
      name,
      h("span", { class: "count" }, String(count)),
    );
  const on = (name) => params.getAll("kind").includes(name);
  return h("section", { class: "verdict" }, [
    h("div", { class: "row" }, h("h1", {}, title), filters(params).length > 0 && h("p", {}, "within the filters")),
    h("nav", { class: "tabs", "aria-label": "Kinds" }, all.map(kind)),
  ]);
}

function list(listing, params) {
  return h("div", { class: "parts" }, [
    h("h2", { class: "unseen" }, "Resources"),
    listing.total
      ? cards(listing.resources.map(asHit), params, { start: listing.offset + 1 })
      : h("p", {}, "No resource is within these filters."),
    pages(listing.total, params),
  ]);
}
