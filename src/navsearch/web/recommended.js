/** A loss, metric or baseline that is recommended, as a card: its role, why, how to begin, and on what grounds. */

import { record } from "./address.js";
import { reasons } from "./cards.js";
import { code } from "./copy.js";
import { folded, h, isWeb, link, list, said, unseen } from "./dom.js";
import { evidence } from "./evidence.js";
import { linked } from "./sources.js";
import { spaced } from "./words.js";

/** The card of `item` within the state `params`; what there is to copy is `open` or folded away. */
export function recommended(item, params, open) {
  return h("article", { class: "card", "data-id": item.id }, [
    title(item, params),
    reasons(item.reasons),
    cautions(item.cautions),
    settings(item.hyperparameters),
    snippet(item, open),
    commands(item, open),
    where(item),
    evidence(item.evidence),
  ]);
}

/** Cards in their order; of the first, what there is to copy is open. */
export const recommendations = (items, params) =>
  list(items, (item, place) => recommended(item, params, !place), { class: "cards" }, "ol");

function title(item, params) {
  return h("header", {}, [
    h("h3", {}, h("a", { href: record(params, item.id), "data-key": item.id }, said(item.name))),
    h("span", { class: "kind" }, item.role),
    h("span", { class: "score" }, unseen("score "), item.score.toFixed(2)),
  ]);
}

const cautions = (texts) =>
  list(texts, (text) => [h("span", { class: "sign", "aria-hidden": "true" }, "!"), unseen("caution "), said(text)], {
    class: "cautions",
  });

function settings(hyperparameters) {
  const all = Object.entries(hyperparameters);
  if (!all.length) return null;
  return h(
    "dl",
    { class: "facts" },
    all.map(([name, value]) => h("div", {}, h("dt", {}, spaced(name)), h("dd", {}, said(String(value))))),
  );
}

const snippet = (item, open) => item.snippet && folded("Snippet", { open }, code(item.snippet, `snippet of ${item.name}`));

function commands(item, open) {
  if (!item.commands) return null;
  const step = ({ step: name, run }) => [h("span", { class: "step" }, said(name)), code(run, `${name} of ${item.name}`)];
  return folded(
    "Commands",
    { open },
    list(item.commands.steps, step, { class: "steps" }, "ol"),
    h("cite", {}, linked(item.commands.source)),
  );
}

/** Where it is implemented, and under which licence. */
function where(item) {
  const paths = item.implementations.filter((path) => !isWeb(path));
  const pages = [...new Set([item.implementation, item.url].filter(isWeb))];
  if (!paths.length && !pages.length) return null;
  return h("p", { class: "where" }, [
    paths.map((path) => [h("code", {}, path), " "]),
    pages.map((page) => [link(page, page.replace(/^https?:\/\//, "")), " "]),
    pages.length > 0 && h("span", { class: "dim" }, "licence ", said(item.licence ?? "unknown")),
  ]);
}
