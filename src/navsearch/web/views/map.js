/** The catalog as a map: resources of like descriptions lie together, those that answer the question are lit. */

import { asked, changed, filters, go, href, record } from "../address.js";
import { folded, h, list, said } from "../dom.js";
import { colour, look, scatter } from "../plots.js";
import { get } from "../service.js";
import { counted, number } from "../words.js";

const LIT = 50; // hits at most
const NAMED = 7; // categories with a colour of their own
const NONE = "none stated";
const COLOURED_BY = { kind: "Kind", modality: "Modality" };

/** The map in the state `params`. */
export async function map(params, signal) {
  const [layout, hits] = await Promise.all([get("map", {}, signal), lit(params, signal)]);
  const by = Object.hasOwn(COLOURED_BY, params.get("colour") ?? "") ? params.get("colour") : "kind";
  const points = pointsOf(layout, by);
  const groups = grouped(points, new Set(hits.map((hit) => hit.id)));
  const pick = (point) => go(new URLSearchParams(record(params, point.id)));
  const { frame } = await scatter(groups, {
    label: `Map of ${counted(points.length, "resource")}; the lists beside it say the same`,
    height: 560,
    pick,
  });
  const told = hits.length
    ? `${counted(hits.length, "hit")} lit among ${number(points.length)}`
    : counted(points.length, "resource");
  return {
    title: "Map",
    said: told,
    body: [
      head(told, by, params),
      h("div", { class: "columns map" }, h("div", { class: "parts" }, frame, legend(groups)), words(points, hits, params)),
    ],
  };
}

/** The hits to light: of the question, else of the filters. */
async function lit(params, signal) {
  if (params.get("q")) return (await get("search", asked(params, { k: LIT }), signal)).hits;
  return filters(params).length ? (await get("resources", asked(params, { k: LIT, ignore: null }), signal)).resources : [];
}

function pointsOf({ kinds, points }, by) {
  const category = { kind: (place) => kinds[points.kind[place]], modality: (place) => points.modality[place] ?? NONE }[by];
  return points.id.map((id, place) => ({
    id,
    name: points.name[place],
    x: points.x[place],
    y: points.y[place],
    category: category(place),
  }));
}

/** Groups of points for the plot, what is lit before all others; small categories share a colour. */
function grouped(points, hits) {
  const sizes = [...Map.groupBy(points, (point) => point.category)].sort((a, b) => b[1].length - a[1].length);
  const own = sizes
    .map(([name]) => name)
    .filter((name) => name !== NONE)
    .slice(0, NAMED);
  const groups = [...Map.groupBy(points, ({ category }) => ([...own, NONE].includes(category) ? category : "other"))].map(
    ([name, held]) => ({ name, points: held, total: held.length, ...painted(own.indexOf(name)) }),
  );
  groups.sort((a, b) => b.points.length - a.points.length);
  return hits.size ? [...groups.map((group) => glowing(group, hits)), ...groups.map((group) => faded(group, hits))] : groups;
}

function painted(place) {
  const { colour: fill, shape } = look(place < 0 ? NAMED : place);
  return { colour: fill, shape, size: 4 };
}

/** What is lit keeps colour and shape, and is larger, with an edge. */
function glowing(group, hits) {
  return { ...group, points: group.points.filter((point) => hits.has(point.id)), size: 7, edge: colour("text"), lit: true };
}

function faded(group, hits) {
  return {
    ...group,
    points: group.points.filter((point) => !hits.has(point.id)),
    colour: colour("faded"),
    mark: group.colour,
    size: 3,
  };
}

function head(title, by, params) {
  const choice = ([name, label]) =>
    h(
      "a",
      {
        href: href(changed(params, { colour: name === "kind" ? null : name })),
        "aria-current": name === by && "true",
        "data-key": `colour ${name}`,
      },
      label,
    );
  return h(
    "section",
    { class: "verdict" },
    h("div", { class: "row" }, [
      h("h1", {}, "Map of the catalog"),
      h("p", {}, title, ". What lies together is described alike."),
      h(
        "nav",
        { class: "tabs tools", "aria-label": "Coloured by" },
        h("span", { class: "dim" }, "Coloured by"),
        Object.entries(COLOURED_BY).map(choice),
      ),
    ]),
  );
}

function legend(groups) {
  const shown = groups.filter((group) => !group.lit);
  return list(shown, (group) => [swatch(group), said(group.name), " ", h("span", { class: "count" }, number(group.total))], {
    class: "legend",
    "aria-label": "Legend",
  });
}

function swatch(group) {
  const mark = h("span", { class: `swatch ${group.shape}`, "aria-hidden": "true" });
  mark.style.setProperty("--mark", group.mark ?? group.colour);
  return mark;
}

/** The same without a drawing: the hits, and everything by category. */
function words(points, hits, params) {
  const to = ({ id, name }) => h("a", { href: record(params, id), "data-key": `point ${id}` }, said(name));
  const all = [...Map.groupBy(points, (point) => point.category)].sort((a, b) => b[1].length - a[1].length);
  return h("aside", { class: "words", "aria-label": "The map as lists" }, [
    hits.length > 0 && [h("h2", {}, "Lit"), list(hits, to, { class: "lines" }, "ol")],
    h("h2", {}, "Everything"),
    all.map(([name, held]) =>
      folded([said(name), " ", h("span", { class: "count" }, number(held.length))], {}, list(held, to, { class: "lines" })),
    ),
  ]);
}
