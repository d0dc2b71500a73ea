/** The plan: of all that an answer holds, what to begin with; made to be printed. */

import { asked, changed, href, record } from "../address.js";
import { reasons } from "../cards.js";
import { copyButton } from "../copy.js";
import { button, h, isWeb, link, list, said } from "../dom.js";
import { facts } from "../facts.js";
import { recommended } from "../recommended.js";
import { get } from "../service.js";
import { linked } from "../sources.js";
import { percent } from "../words.js";

// The sections: title, field of the plan, what it makes of an item.
const SECTIONS = [
  ["Data", "data", source],
  ["Loss", "losses", (item, params) => recommended(item, params, true)],
  ["Other losses to try", "other_losses", (item, params) => recommended(item, params, false)],
  ["Baseline", "baselines", (item, params, place) => recommended(item, params, !place)],
  ["Metrics to report", "metrics", (item, params) => recommended(item, params, false)],
  ["Pitfalls", "pitfalls", ({ say, source: from }) => [h("p", { dir: "auto" }, say), h("cite", {}, linked(from))]],
];

/** The plan for the question of the state `params`. */
export async function plan(params, signal) {
  if (!params.get("q"))
    return {
      title: "Plan",
      said: "No question yet",
      body: h("section", { class: "verdict" }, h("h1", {}, "Plan"), h("p", {}, "Ask a question first.")),
    };
  const made = await get("plan", asked(params, { kind: null }), signal);
  const known = SECTIONS.filter(([, field]) => made[field].length);
  return {
    title: `Plan: ${made.query.text}`,
    said: "The plan is made",
    body: h(
      "article",
      { class: "plan" },
      head(made, params),
      known.map((section) => sectionOf(section, made, params)),
    ),
  };
}

function head({ query, match, confidence, problem, notes }, params) {
  const back = href(changed(params, { view: null }));
  return h("header", { class: `verdict ${match}` }, [
    h("div", { class: "row" }, [
      h("h1", {}, "Plan: ", said(query.text)),
      h(
        "div",
        { class: "row tools" },
        button("Print", () => print(), { class: "main" }),
        copyButton(() => location.href, "Copy link"),
        h("a", { class: "button", href: back }, "All results"),
      ),
    ]),
    match === "none"
      ? h("p", {}, "Nothing in the catalog fits this question, so there is no plan for it.")
      : h("p", {}, `${match === "strong" ? "Strong" : "Weak"} match, ${percent(confidence)} sure that the first result fits.`),
    list(notes, said, { class: "notes" }),
    list(problem.traits ?? [], ({ term, because }) => [h("b", {}, said(term)), ": ", said(because.join("; "))], {
      class: "problem",
    }),
  ]);
}

function sectionOf([title, field, item], made, params) {
  return h(
    "section",
    {},
    h("h2", {}, title),
    list(made[field], (one, place) => item(one, params, place), { class: field === "pitfalls" ? "pitfalls" : "cards" }),
  );
}

function source(hit, params) {
  return h("article", { class: "card" }, [
    h(
      "header",
      {},
      h("h3", {}, h("a", { href: record(params, hit.id) }, said(hit.name))),
      h("span", { class: "kind" }, hit.role),
    ),
    h("p", {}, "To get it: ", h("b", {}, said(hit.get)), "."),
    facts(hit),
    reasons(hit.reasons, hit.misses),
    list(hit.links.filter(isWeb), (url) => link(url, url), { class: "lines" }),
  ]);
}
