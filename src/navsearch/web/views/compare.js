/** Resources side by side, what differs first. */

import { changed, href, record } from "../address.js";
import { copyButton } from "../copy.js";
import { h, isWeb, link, list, said, unseen } from "../dom.js";
import { exportMenu } from "../exports.js";
import { get } from "../service.js";
import { called } from "../tray.js";
import { capital, counted } from "../words.js";

/** What is shown of the resources that the state `params` names. */
export async function compare(params, signal) {
  const ids = params.getAll("id").length ? params.getAll("id") : params.getAll("pick");
  if (new Set(ids).size < 2) return tooFew();
  const comparison = await get(
    "compare",
    ids.map((id) => ["id", id]),
    signal,
  );
  comparison.ids.forEach((id, place) => called(id, comparison.names[place]));
  const differing = comparison.rows.filter((row) => row.differs).length;
  return {
    title: "Compare",
    said: `${counted(ids.length, "resource")} compared; they differ in ${counted(differing, "thing")}`,
    body: [head(comparison, differing), list(comparison.warnings, said, { class: "notes warn" }), table(comparison, params)],
  };
}

function tooFew() {
  const text = "Pick two resources or more by their Compare buttons, then come back.";
  return { title: "Compare", said: text, body: h("section", { class: "verdict" }, h("h1", {}, "Compare"), h("p", {}, text)) };
}

function head({ ids, names, rows }, differing) {
  return h(
    "section",
    { class: "verdict" },
    h("div", { class: "row" }, [
      h("h1", {}, "Side by side"),
      h("p", {}, `${counted(names.length, "resource")}, ${differing} of ${counted(rows.length, "row")} differ.`),
      h(
        "div",
        { class: "row tools" },
        exportMenu(ids.map((id) => ["id", id])),
        copyButton(() => location.href, "Copy link"),
      ),
    ]),
  );
}

function table({ ids, names, rows }, params) {
  const differing = rows.filter((row) => row.differs);
  const same = rows.filter((row) => !row.differs);
  return h(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": "Comparison" },
    h("table", { class: "compare" }, [
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("td", {}),
          ids.map((id, place) => column(id, names[place], ids, params)),
        ),
      ),
      body("Differs", differing, ids.length),
      body("The same", same, ids.length),
    ]),
  );
}

function column(id, name, ids, params) {
  const rest = changed(params, { id: ids.filter((one) => one !== id) });
  return h("th", { scope: "col" }, [
    h("a", { href: record(params, id) }, said(name)),
    " ",
    ids.length > 2 &&
      h("a", { class: "quiet", href: href(rest) }, h("span", { "aria-hidden": "true" }, "×"), unseen(`Take ${name} out`)),
  ]);
}

function body(title, rows, columns) {
  const row = ({ name, values }) => h("tr", {}, h("th", { scope: "row" }, capital(name)), values.map(cell));
  return (
    rows.length > 0 &&
    h("tbody", {}, h("tr", {}, h("th", { class: "group", scope: "rowgroup", colspan: columns + 1 }, title)), rows.map(row))
  );
}

const cell = (value) =>
  h("td", {}, value === null ? h("i", { class: "dim" }, "unknown") : isWeb(value) ? link(value, value) : said(value));
