/** Starts the page, and shows the view that the address names. */

import { changed, go, href, listen, now } from "./address.js";
import { h } from "./dom.js";
import { failure } from "./failure.js";
import { listenToKeys } from "./keys.js";
import { clearPlots } from "./plots.js";
import { listenToQuestion, showQuestion } from "./question.js";
import { say } from "./say.js";
import { listenToTheme } from "./themes.js";
import { keepPicks, showTray, withPicks } from "./tray.js";
import { answer } from "./views/answer.js";
import { browse } from "./views/browse.js";
import { compare } from "./views/compare.js";
import { home } from "./views/home.js";
import { map } from "./views/map.js";
import { plan } from "./views/plan.js";
import { record } from "./views/record.js";

// A view makes of the state what is shown: {title, said, body}.
const VIEWS = new Map(Object.entries({ answer, browse, compare, home, map, plan, record }));

const main = document.getElementById("main");
let turn = null;

/** Show the state `params`; `past` is what history kept of it, null if it is new. */
async function show(params, past) {
  turn?.abort();
  turn = new AbortController();
  const { signal } = turn;
  frame(params, past);
  const shown = await made(params, signal);
  if (signal.aborted) return;
  put(shown);
  settle(shown, past);
}

/** What stands around the view. */
function frame(params, past) {
  busy(true);
  if (past) keepPicks();
  const name = viewName(params);
  document.documentElement.dataset.view = name;
  showQuestion(params, name);
  showTray(now());
  for (const item of document.querySelectorAll(".top nav a")) mark(item, item.dataset.view === name);
}

const mark = (item, current) => (current ? item.setAttribute("aria-current", "page") : item.removeAttribute("aria-current"));

function viewName(params) {
  const name = params.get("view") ?? (params.get("q") ? "answer" : "home");
  return VIEWS.has(name) ? name : "home";
}

async function made(params, signal) {
  try {
    return await VIEWS.get(viewName(params))(params, signal);
  } catch (problem) {
    return failure(problem, params, () => show(now(), {}));
  }
}

function put({ title, body }) {
  const focused = document.activeElement?.closest("[data-key]")?.dataset.key;
  main.replaceChildren(h("div", { class: "view" }, body));
  clearPlots();
  document.title = title ? `${title} · navsearch` : "navsearch";
  busy(false);
  if (focused) main.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

/** Where to look: at the place left when one goes back, else at the top; the keyboard follows if it lost its place. */
function settle(shown, past) {
  say(shown.said);
  if (past === null && document.activeElement === document.body) main.focus({ preventScroll: true });
  if (past?.scroll !== undefined || !staying()) scrollTo(0, past?.scroll ?? 0);
  keep = place(now());
}

let keep = "";
const place = (params) => href(changed(params, { pick: null, table: null, colour: null }));
const staying = () => keep === place(now());

function busy(yes) {
  main.setAttribute("aria-busy", yes);
  document.getElementById("progress").hidden = !yes;
}

/** Links to states of this page need no new document. */
function follow(event) {
  const target = event.target.closest("a[href]");
  if (!target || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    return;
  const url = new URL(target.href);
  if (url.origin + url.pathname !== location.origin + location.pathname || target.download) return;
  event.preventDefault();
  if (url.hash) document.getElementById(url.hash.slice(1))?.focus();
  else go(withPicks(url.searchParams));
}

document.addEventListener("click", follow);
listen(show);
listenToKeys();
listenToQuestion();
listenToTheme(() => show(now(), {}));
show(now(), history.state ?? {});
