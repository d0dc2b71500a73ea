/** Elements are built here, never from markup, so that whatever the catalog says stays text. */

/**
 * An element with `attributes` and `children`. An attribute that is a function listens (onclick), true stands without a
 * value, null and false are left out, as are such children.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) put(element, name, value);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function put(element, name, value) {
  if (typeof value === "function") element.addEventListener(name.slice(2), value);
  else if (value === true) element.setAttribute(name, "");
  else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
}

/** Text of the catalog within a line: marks for the direction of writing end with it. */
export const said = (text) => h("bdi", {}, text);

/** Text for screen readers alone. */
export const unseen = (text) => h("span", { class: "unseen" }, text);

/** Whether `url` is a page on the web; a link to anything else is not made. */
export function isWeb(url) {
  return URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol);
}

/** A link out of this page if `url` is on the web; else the children alone. */
export function link(url, ...children) {
  return isWeb(url) ? h("a", { href: url, rel: "noopener noreferrer" }, ...children) : h("span", {}, ...children);
}

/** `items` as a list of what `item` makes of each; null if there are none. */
export function list(items, item, attributes = {}, tag = "ul") {
  return items.length
    ? h(
        tag,
        attributes,
        items.map((one, place) => h("li", {}, item(one, place))),
      )
    : null;
}

/** A part that opens at a click. */
export function folded(summary, attributes, ...children) {
  return h("details", attributes, h("summary", {}, summary), ...children);
}

/** A button that does `act` when it is pressed. */
export function button(label, act, attributes = {}) {
  return h("button", { type: "button", onclick: act, ...attributes }, label);
}
