/** Buttons that copy, and say so. */

import { button, h } from "./dom.js";
import { say } from "./say.js";

const SHOWN = 2000; // milliseconds

/** A button that copies what `text`, a function that may take its time, gives. */
export function copyButton(text, label = "Copy", attributes = {}) {
  return button(label, (event) => copy(text, event.currentTarget), { class: "quiet copy", ...attributes });
}

async function copy(text, pressed) {
  const label = pressed.textContent;
  const done = await write(text).then(
    () => "Copied",
    (problem) => problem.message || "Could not copy",
  );
  say(done);
  pressed.textContent = done;
  setTimeout(() => (pressed.textContent = label), SHOWN);
}

async function write(text) {
  const found = await text();
  if (navigator.clipboard) await navigator.clipboard.writeText(found);
  else if (!selected(found)) throw new Error("Could not copy");
}

/** Browsers give the clipboard only to pages from https or this machine; elsewhere a selection is copied. */
function selected(text) {
  const box = h("textarea", { class: "unseen" });
  box.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
}

/** Code to copy; `name` says to screen readers what it is. */
export function code(text, name) {
  return h("div", { class: "code" }, [
    copyButton(() => text, "Copy", { "aria-label": `Copy ${name}` }),
    h("pre", { tabindex: "0", role: "region", "aria-label": name }, h("code", {}, text)),
  ]);
}
