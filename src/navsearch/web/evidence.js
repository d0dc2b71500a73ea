/** What a recommendation rests on: published figures and statements, each with its source. */

import { folded, h, list, said } from "./dom.js";
import { linked } from "./sources.js";
import { figure } from "./words.js";

/** The evidence, folded away; null if there is none. */
export function evidence(items) {
  if (!items.length) return null;
  const figures = items.filter((item) => item.value !== undefined);
  const statements = items.filter((item) => item.value === undefined);
  return folded(`Evidence (${items.length})`, { class: "evidence" }, list(figures, published), list(statements, stated));
}

function published(item) {
  const setting = [item.protocol, item.setting, item.evidence && `grade: ${item.evidence}`, item.published]
    .filter(Boolean)
    .join("; ");
  return [
    h("b", {}, `${item.metric} ${figure(item.value)}`),
    " on ",
    said(item.dataset),
    setting && [" (", said(setting), ")"],
    source(item),
  ];
}

const stated = (item) => [linked(item.statement ?? ""), source(item)];

const source = (item) => (item.source ? h("cite", {}, linked(item.source)) : null);
