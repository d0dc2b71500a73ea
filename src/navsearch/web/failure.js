/** What is shown where an answer should be. */

import { filters, href, unfiltered } from "./address.js";
import { button, h } from "./dom.js";

/** The view of `problem`: its sentence, and what can be done about it. */
export function failure(problem, params, again) {
  const detail = problem.status === undefined ? `The page failed: ${problem.message}` : problem.message;
  if (problem.status === undefined) console.error(problem);
  return {
    title: "No answer",
    said: detail,
    body: h("section", { class: "failure", role: "alert" }, [
      h("h1", {}, "No answer"),
      h("p", { dir: "auto" }, detail),
      problem.id && h("p", { class: "dim" }, "Request ", h("code", {}, problem.id)),
      h(
        "p",
        { class: "row" },
        button("Try again", again),
        filters(params).length > 0 && h("a", { href: href(unfiltered(params)) }, "Take all filters out"),
      ),
    ]),
  };
}
