/** Published figures, a table at a time: only what one source measured in one way is compared. */

import { changed, note, now, record } from "./address.js";
import { folded, h, said } from "./dom.js";
import { bars } from "./plots.js";
import { linked } from "./sources.js";
import { counted, figure } from "./words.js";

/** A choice of `tables`, as a leaderboard has them; the one that the address names as bars and in words. Null if none. */
export async function figures(tables, params) {
  if (!tables.length) return null;
  const shown = h("div", {});
  const choice = h(
    "select",
    { id: "table", onchange: () => choose(choice.value) },
    tables.map((table, place) => h("option", { value: place }, name(table))),
  );
  const choose = async (place) => {
    note(changed(now(), { table: place > 0 ? place : null }));
    shown.replaceChildren(...(await tableOf(tables[place], params)));
  };
  choice.value = tables[params.get("table")] ? params.get("table") : 0;
  shown.append(...(await tableOf(tables[choice.value], params)));
  return h(
    "section",
    { class: "figures", "aria-label": "Published figures" },
    h("p", { class: "row" }, h("label", { for: "table" }, "Published figures"), choice),
    shown,
  );
}

function name({ metric, dataset, protocol, published, source, rows }) {
  const told = [protocol, published, source.split("/").slice(0, 2).join("/").replace(/@.*/, "")].filter(Boolean).join(", ");
  return `${metric} on ${dataset} (${told}): ${rows.length}`;
}

async function tableOf(table, params) {
  const entries = counted(table.rows.length, "entry", "entries");
  const label = `${table.metric} on ${table.dataset} of ${entries}; the table beneath says the same`;
  const rows = table.rows.map((row) => ({
    label: row.name,
    value: row.value,
    tip: [`${table.metric} ${figure(row.value)}`, ...(row.setting ? [row.setting] : [])],
  }));
  return [h("p", { class: "dim" }, ...told(table)), await bars(rows, { label, axis: table.metric }), rowsOf(table, params)];
}

function* told({ higher_is_better: higher, protocol, evidence, published, source, contested }) {
  yield higher === undefined ? "In the order of the answer; " : `${higher ? "Higher" : "Lower"} is better; `;
  yield [protocol && `protocol ${protocol}`, evidence && `grade ${evidence}`, published ?? "year unknown"]
    .filter(Boolean)
    .join("; ");
  yield h("cite", {}, linked(source));
  if (contested) yield h("span", { class: "warn" }, "Contested: ", said(contested));
}

function rowsOf(table, params) {
  const row = (one) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, h("a", { href: record(params, one.id) }, said(one.name))),
      h("td", { class: "number" }, figure(one.value)),
      h("td", {}, setting(one, table)),
    );
  const head = h(
    "tr",
    {},
    ["Resource", table.metric, "Setting"].map((title) => h("th", { scope: "col" }, title)),
  );
  return folded(
    "The figures as a table",
    {},
    h(
      "div",
      { class: "wide", tabindex: "0", role: "region", "aria-label": "Table of figures" },
      h("table", {}, h("thead", {}, head), h("tbody", {}, table.rows.map(row))),
    ),
  );
}

/** How it was measured, and by whom if that is another source than the table's. */
function setting(row, table) {
  const remarks = [row.setting, ...(row.remarks ?? [])].filter(Boolean).join("; ");
  return [said(remarks), row.source && row.source !== table.source ? h("cite", {}, linked(row.source)) : null];
}

/** The figures that `items` of an answer rest on, as tables like those of a leaderboard: the longest first. */
export function tablesOf(items) {
  const tables = new Map();
  for (const item of items)
    for (const one of item.evidence.filter((found) => found.value !== undefined))
      tableFor(tables, one).rows.push({ ...one, id: item.id, name: item.name });
  return [...tables.values()].sort((a, b) => b.rows.length - a.rows.length);
}

function tableFor(tables, { dataset, metric, protocol, evidence, published, source }) {
  const key = JSON.stringify([dataset, metric, protocol, source]);
  if (!tables.has(key)) tables.set(key, { dataset, metric, protocol, evidence, published, source, rows: [] });
  return tables.get(key);
}
