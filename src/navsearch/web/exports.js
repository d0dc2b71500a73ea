/** Files to take along. */

import { h, list } from "./dom.js";
import { getFile, locked, place } from "./service.js";
import { say } from "./say.js";

const FORMATS = [
  ["bibtex", "BibTeX", "bib"],
  ["csv", "CSV", "csv"],
  ["json", "JSON", "json"],
  ["md", "Markdown", "md"],
];

/** A menu of all formats of what `params` states: an answer by its question, or resources by id. */
export function exportMenu(params) {
  const item = ([format, name, suffix]) => fileLink([...params, ["format", format]], name, `navsearch.${suffix}`);
  return h("details", { class: "menu" }, h("summary", { class: "button" }, "Export"), list(FORMATS, item));
}

function fileLink(params, name, file) {
  return h(
    "a",
    { href: place("export", params), download: file, onclick: (event) => locked() && save(event, params, file) },
    name,
  );
}

/** A plain link cannot show the key, so the file is fetched with it. */
async function save(event, params, file) {
  event.preventDefault();
  try {
    const url = URL.createObjectURL(await getFile("export", params));
    h("a", { href: url, download: file }).click();
    URL.revokeObjectURL(url);
  } catch (problem) {
    say(problem.message);
  }
}
