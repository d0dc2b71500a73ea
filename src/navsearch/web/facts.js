/** The facts one looks for first. What the catalog does not know is said, as silence could be taken for freedom. */

import { h, said } from "./dom.js";
import { number } from "./words.js";

const FACTS = [
  ["Cases", ({ cases }) => cases && size(cases)],
  ["Released", ({ released }) => released],
  ["Licence", ({ licence }) => licence],
  ["Access", ({ access }) => access],
];
const SHAPES = ["dimension", "modality"];
const MOST = 4;

/** "201 scans" */
export const size = ({ count, unit }) => (count === null || count === undefined ? null : `${number(count)} ${unit ?? "cases"}`);

/** The facts of `hit` as a list of names and values. */
export function facts(hit) {
  const stated = hit.access || hit.cases ? FACTS : [];
  return h("dl", { class: "facts" }, [...shape(hit), stated.map(([name, value]) => fact(name, value(hit)))]);
}

function shape(hit) {
  const terms = SHAPES.flatMap((facet) => hit[facet] ?? []);
  return terms.length ? [fact("Form", terms.slice(0, MOST).join(", "))] : [];
}

function fact(name, value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value ? said(value) : h("i", { class: "dim" }, "unknown")));
}
