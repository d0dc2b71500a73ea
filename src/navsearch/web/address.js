/** What the page shows is stated by the query of its address, and by nothing else: any state can be linked to. */

// Parameters of the page itself. All others are the service's: q, kind, ignore, and its filters.
const OWN = ["view", "id", "part", "page", "pick", "colour", "table"];
const QUESTION = ["q", "kind", "ignore"];

/** The parameters that hold now. */
export const now = () => new URLSearchParams(location.search);

/** A copy of `params` with `changes`: null takes a parameter out, a list gives it several times. */
export function changed(params, changes) {
  const copy = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    copy.delete(name);
    for (const one of new Set([value ?? []].flat())) copy.append(name, one);
  }
  return copy;
}

/** A copy in which `name` has `value` too; from the first page again. */
export const added = (params, name, value) => changed(params, { [name]: [...params.getAll(name), value], page: null });

/** A copy in which `name` no longer has `value`; from the first page again. */
export function removed(params, name, value) {
  return changed(params, { [name]: params.getAll(name).filter((one) => one !== value), page: null });
}

/** What the service is asked: all parameters that are not the page's, and `more`. */
export function asked(params, more = {}) {
  return changed(params, { ...Object.fromEntries(OWN.map((name) => [name, null])), ...more });
}

/** The filters in force, as [name, value]. */
export const filters = (params) => [...asked(params)].filter(([name]) => !QUESTION.includes(name));

/** `params` without any filter. */
export const unfiltered = (params) => changed(params, Object.fromEntries(filters(params).map(([name]) => [name, null])));

/** The link to the state `params`. */
export const href = (params) => (`${params}` ? `?${params}` : "./");

/** The link to what the catalog says of one resource; the question stays in the address, for the way back. */
export const record = (params, id) => href(changed(params, { view: "record", id, part: null, page: null, table: null }));

let heard = () => {};

/** `listener` is called with the new state whenever it changes, and whether it was gone back to. */
export function listen(listener) {
  heard = listener;
  addEventListener("popstate", (event) => listener(now(), event.state ?? {}));
  addEventListener("scrollend", () => history.replaceState({ scroll: scrollY }, ""));
  history.scrollRestoration = "manual";
}

/** Go to the state `params`, as a link to it would. */
export function go(params) {
  history.pushState(null, "", href(params));
  heard(now(), null);
}

/** State `params` in the address without showing anything anew. */
export const note = (params) => history.replaceState(history.state, "", href(params));
