/** The box for the question, and how it is understood while it is typed. */

import { changed, go, now } from "./address.js";
import { understood } from "./chips.js";
import { get } from "./service.js";
import { withPicks } from "./tray.js";

const QUIET = 250; // milliseconds without a key before the text is read
const STAYING = ["map", "plan"]; // views that show another question as well as the first
const WITH_CHIPS = ["answer", "map", "plan"];

const box = document.getElementById("q");
const place = document.getElementById("understood");
let timer = 0;
let reading = null;

/** Listen to what is typed. */
export function listenToQuestion() {
  document.getElementById("question").addEventListener("submit", ask);
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => read(typed(), true), QUIET);
  });
}

/** Show the question of the state `params`, and for the views that are about it how it is understood. */
export function showQuestion(params, view) {
  clearTimeout(timer);
  box.value = params.get("q") ?? "";
  const awaited = WITH_CHIPS.includes(view) && params.has("q");
  place.classList.toggle("awaited", awaited);
  if (awaited) read(params, false);
  else empty();
}

function ask(event) {
  event.preventDefault();
  clearTimeout(timer);
  if (box.value.trim()) go(withPicks(typed()));
  box.blur();
}

/** The state that asks what the box holds. What was to be ignored belongs to the text before; filters hold on. */
function typed() {
  const params = now();
  const same = params.get("q") === box.value.trim();
  const view = STAYING.includes(params.get("view")) ? params.get("view") : null;
  return changed(params, { q: box.value.trim(), view, id: null, page: null, table: null, ...(same ? {} : { ignore: null }) });
}

/** What the question alone says. */
function said(params) {
  return changed(new URLSearchParams(), { q: params.get("q"), ignore: params.getAll("ignore") });
}

async function read(params, typing) {
  reading?.abort();
  reading = new AbortController();
  const { signal } = reading;
  if (!params.get("q")) return empty();
  try {
    const query = await get("understand", said(params), signal);
    if (!signal.aborted) put(understood(query, params, typing));
  } catch {
    if (!signal.aborted) empty(); // the answer says what is wrong
  }
}

function put(chips) {
  const focused = document.activeElement?.closest("#understood [data-key]")?.dataset.key;
  place.replaceChildren(...chips);
  if (focused) place.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function empty() {
  reading?.abort();
  place.replaceChildren();
}
