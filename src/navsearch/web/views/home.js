/** Where one begins: what can be asked, and what is there. */

import { changed, href, now } from "../address.js";
import { h, list, said } from "../dom.js";
import { get } from "../service.js";
import { capital, number } from "../words.js";

const EXAMPLES = [
  "small lesion segmentation in liver CT",
  "which loss for thin vessels in retinal images?",
  "at least 1000 chest X-rays with reports, openly available",
  "brain MRI of tumours, not glioma, since 2020",
  "a strong baseline for polyp segmentation",
  "肝脏肿瘤分割数据集",
];
const FACETS = 4;
const TERMS = 12;

/** How many resources there are of each kind, as [kind, count]. */
export const kinds = async (signal) => Object.entries((await get("ready", {}, signal)).index?.counts ?? {});

/** What is shown before anything is asked. */
export async function home(_, signal) {
  const [counts, facets] = await Promise.all([kinds(signal), get("facets", {}, signal)]);
  return {
    title: "",
    said: "Ready",
    body: h("div", { class: "home" }, [
      h("h1", {}, "Which public medical data, which loss, which baseline do I start from?"),
      h(
        "nav",
        { class: "tabs", "aria-label": "Kinds" },
        counts.map(([kind, count]) =>
          h("a", { href: href(changed(kept(), { view: "browse", kind })) }, kind, h("span", { class: "count" }, number(count))),
        ),
      ),
      h("h2", {}, "Ask in your own words"),
      list(EXAMPLES, (text) => h("a", { href: href(changed(kept(), { q: text })) }, said(text)), { class: "examples" }),
      h("h2", {}, "Or browse"),
      h(
        "div",
        { class: "ways" },
        Object.entries(facets)
          .slice(0, FACETS)
          .map(([facet, terms]) => way(facet, terms)),
      ),
    ]),
  };
}

/** The address without anything but the tray. */
const kept = () =>
  new URLSearchParams(
    now()
      .getAll("pick")
      .map((id) => ["pick", id]),
  );

function way(facet, terms) {
  const one = ([term, count]) =>
    h(
      "a",
      { href: href(changed(kept(), { view: "browse", [facet]: term })) },
      said(term),
      " ",
      h("span", { class: "count" }, number(count)),
    );
  return h("section", {}, h("h3", {}, capital(facet)), list(Object.entries(terms).slice(0, TERMS), one));
}
