/** The answer to a question: the verdict, and a part for each kind of thing it holds. */

import { asked, changed, filters, href, unfiltered } from "../address.js";
import { cards } from "../cards.js";
import { copyButton } from "../copy.js";
import { folded, h, list, said } from "../dom.js";
import { exportMenu } from "../exports.js";
import { figures, tablesOf } from "../figures.js";
import { filterPanel } from "../filters.js";
import { PAGE, offsetOf, pages } from "../pages.js";
import { recommendations } from "../recommended.js";
import { get } from "../service.js";
import { linked } from "../sources.js";
import { capital, counted, number, percent } from "../words.js";
import { overview } from "./overview.js";

// The parts: name in the address, title, how many it holds (null: that is not counted), what it shows.
const PARTS = [
  ["results", "Results", ({ search }) => search.total, results],
  ["losses", "Losses", ({ answer }) => answer.losses.length, ({ answer }, params) => recommendations(answer.losses, params)],
  ["baselines", "Baselines", ({ answer }) => answer.methods.length, baselines],
  [
    "metrics",
    "Metrics",
    ({ answer }) => answer.metrics.length,
    ({ answer }, params) => recommendations(answer.metrics, params),
  ],
  ["plots", "Plots", () => null, overview],
];
const VERDICTS = { strong: "Strong match", weak: "Weak match", none: "Nothing fits" };

/** What is shown for the question of the state `params`. */
export async function answer(params, signal) {
  const [told, found] = await Promise.all([
    get("ask", asked(params, { k: PAGE }), signal),
    get("search", asked(params, { k: PAGE, offset: offsetOf(params) }), signal),
  ]);
  const both = { answer: told, search: found };
  const [part, , , show] = PARTS.find(([name, , count]) => name === params.get("part") && count(both) !== 0) ?? PARTS[0];
  return {
    title: params.get("q"),
    said: `${verdict(told)}. ${counted(found.total, "result")}.`,
    body: [
      head(both, params),
      h(
        "div",
        { class: "columns" },
        filterPanel(found.facets, found.unstated, params),
        h("div", { class: "parts" }, tabs(both, part, params), await show(both, params, signal)),
      ),
    ],
  };
}

const verdict = ({ match }) => VERDICTS[match] ?? capital(match);

function head({ answer: { match, confidence, notes, problem }, search }, params) {
  return h("section", { class: `verdict ${match}` }, [
    h("div", { class: "row" }, [
      h("h1", {}, verdict({ match })),
      h("p", {}, sure(match, confidence, search)),
      toolbar(params, match),
    ]),
    list(notes.filter(isNews), said, { class: "notes" }),
    match === "none" && wayOut(params),
    inferred(problem),
  ]);
}

function sure(match, confidence, { matching, total }) {
  if (match === "none") return `${percent(1 - confidence)} sure that nothing in the catalog fits.`;
  const meeting = `${number(matching)} ${matching === 1 ? "meets" : "meet"} every term named`;
  return `${percent(confidence)} sure that the first fits. Of ${counted(total, "result")}, ${meeting}.`;
}

function toolbar(params, match) {
  return h("div", { class: "row tools" }, [
    match !== "none" &&
      h("a", { class: "button main", href: href(changed(params, { view: "plan", part: null, page: null })) }, "Plan"),
    h("a", { class: "button", href: href(changed(params, { view: "map", part: null, page: null })) }, "On the map"),
    exportMenu([...asked(params, { k: PAGE })]),
    copyButton(() => location.href, "Copy link"),
  ]);
}

/** Whether the chips do not say it already. */
const isNews = (note) => !note.startsWith("read '");

/** Where nothing fits, what may be in the way. */
function wayOut(params) {
  const steps = [
    filters(params).length > 0 && h("a", { href: href(changed(unfiltered(params), { page: null })) }, "Take all filters out"),
    h("a", { href: "./?view=browse" }, "Browse the catalog"),
  ];
  return h("p", { class: "row" }, steps);
}

/** What the data found say about the problem, and the question did not. */
function inferred({ traits = [] }) {
  const found = traits.filter(({ because }) => !because.some((reason) => reason.startsWith("asked")));
  const names = found.flatMap(({ term }, place) => [place ? ", " : "", h("b", {}, said(term))]);
  const why = ({ term, because }) => [h("b", {}, said(term)), ": ", linked(because.join("; "))];
  return (
    found.length > 0 && folded(["The data found say besides: ", names], { class: "dim" }, list(found, why, { class: "lines" }))
  );
}

function tabs(both, current, params) {
  const tab = ([name, title, count]) => {
    const held = count(both);
    const to = href(changed(params, { part: name === PARTS[0][0] ? null : name, page: null, table: null }));
    return h(
      "a",
      { href: to, "aria-current": name === current && "page", "data-key": `part ${name}` },
      title,
      held !== null && h("span", { class: "count" }, String(held)),
    );
  };
  return h(
    "nav",
    { class: "tabs", "aria-label": "Parts of the answer" },
    PARTS.filter(([, , count]) => count(both) !== 0).map(tab),
  );
}

function results({ answer: { warnings, match }, search }, params) {
  return [
    h("h2", { class: "unseen" }, match === "none" ? "Nearest misses" : "Results"),
    list(warnings, said, { class: "notes warn" }),
    cards(search.hits, params, { start: search.offset + 1 }),
    pages(search.total, params),
  ];
}

async function baselines({ answer: { methods } }, params) {
  return [await figures(tablesOf(methods), params), recommendations(methods, params)];
}
