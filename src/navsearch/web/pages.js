/** Links to the pages of a long list. */

import { changed, href } from "./address.js";
import { h } from "./dom.js";
import { number } from "./words.js";

export const PAGE = 10; // cards on a page

/** Which page the state `params` is on, from 1. */
export const pageOf = (params) => Math.max(1, Math.trunc(Number(params.get("page"))) || 1);

/** Where that page begins. */
export const offsetOf = (params) => (pageOf(params) - 1) * PAGE;

/** Links around the page of `params`, of `total` items; null if there is but one. */
export function pages(total, params) {
  const page = pageOf(params);
  const last = Math.ceil(total / PAGE);
  if (last < 2) return null;
  const to = (place, label) =>
    h("a", { class: "button", href: href(changed(params, { page: place > 1 ? place : null })), "data-key": label }, label);
  return h("nav", { class: "pages", "aria-label": "Pages of results" }, [
    page > 1 && to(page - 1, "Previous"),
    h("span", {}, `${number(offsetOf(params) + 1)}–${number(Math.min(total, page * PAGE))} of ${number(total)}`),
    page < last && to(page + 1, "Next"),
  ]);
}
