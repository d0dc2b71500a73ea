/** The hits at a glance: when they were released, and how large they are. */

import { asked, changed, go, record } from "../address.js";
import { folded, h, said } from "../dom.js";
import { size } from "../facts.js";
import { bars, columns } from "../plots.js";
import { get } from "../service.js";
import { counted } from "../words.js";

const MOST = 50; // hits looked at
const LARGEST = 25; // bars

/** Plots of the first hits for the question of the state `params`. */
export async function overview(_, params, signal) {
  const { hits, total } = await get("search", asked(params, { k: MOST }), signal);
  return [
    h("h2", {}, `The first ${counted(hits.length, "hit")} of ${total}`),
    await released(hits, params),
    await sizes(hits, params),
  ];
}

async function released(hits, params) {
  const dated = hits.filter((hit) => hit.released);
  if (!dated.length) return h("p", { class: "dim" }, "When they were released is not known.");
  const years = perYear(dated);
  const rows = years.map(([year, names]) => ({ label: year, value: names.length, tip: names.slice(0, 8) }));
  const label = `Hits by year of release, ${rows[0].label} to ${rows.at(-1).label}`;
  const pick = (place) => go(changed(params, { part: null, since: years[place][0], until: years[place][0] }));
  return figure(
    "Released",
    missing(hits, dated, "no date"),
    await columns(rows, { label, axis: "hits", pick }),
    table(
      ["Year", "Hits"],
      years.map(([year, names]) => [year, names.join(", ")]),
    ),
  );
}

/** [year, names], without gaps between the first and the last year. */
function perYear(dated) {
  const names = Map.groupBy(dated, (hit) => Number(hit.released.slice(0, 4)));
  const first = Math.min(...names.keys());
  const span = Math.max(...names.keys()) - first + 1;
  return Array.from({ length: span }, (_, place) => [
    String(first + place),
    (names.get(first + place) ?? []).map((hit) => hit.name),
  ]);
}

async function sizes(hits, params) {
  const sized = hits.filter((hit) => hit.cases?.count > 0);
  if (!sized.length) return h("p", { class: "dim" }, "How large they are is not known.");
  const largest = sized.toSorted((a, b) => b.cases.count - a.cases.count).slice(0, LARGEST);
  const rows = largest.map((hit) => ({ label: hit.name, value: hit.cases.count, tip: size(hit.cases) }));
  const pick = (place) => go(new URLSearchParams(record(params, largest[place].id)));
  return figure(
    "Size",
    missing(hits, sized, "no size"),
    await bars(rows, {
      label: "Hits by number of cases, on a logarithmic scale",
      axis: "cases (units differ)",
      logarithmic: true,
      pick,
    }),
    table(
      ["Name", "Size"],
      largest.map((hit) => [hit.name, size(hit.cases)]),
    ),
  );
}

const missing = (hits, known, what) => (known.length < hits.length ? `${what} known for ${hits.length - known.length}` : "");

function figure(title, remark, plot, words) {
  return h("figure", {}, h("figcaption", {}, h("h3", {}, title), h("span", { class: "dim" }, remark)), plot, words);
}

function table(head, rows) {
  const cells = (tag, texts) =>
    h(
      "tr",
      {},
      texts.map((text) => h(tag, tag === "th" ? { scope: "col" } : {}, said(text))),
    );
  return folded(
    "As a table",
    {},
    h(
      "div",
      { class: "wide", tabindex: "0", role: "region", "aria-label": "Table" },
      h(
        "table",
        {},
        h("thead", {}, cells("th", head)),
        h(
          "tbody",
          {},
          rows.map((row) => cells("td", row)),
        ),
      ),
    ),
  );
}
