/** Asks for the key of a service that wants one. */

import { button, h } from "./dom.js";

let asking = null;

/** The key that was typed, "" if none; several requests that need it at once share one dialogue. */
export function askForKey(wrong) {
  asking ??= dialogue(wrong).finally(() => (asking = null));
  return asking;
}

function dialogue(wrong) {
  const field = h("input", { id: "key", type: "password", autocomplete: "off", required: true });
  const form = h(
    "form",
    { method: "dialog" },
    heading(wrong),
    h("label", { for: "key" }, "Key"),
    field,
    h("menu", {}, [button("Cancel", () => box.close("")), h("button", { class: "main" }, "Go on")]),
  );
  const box = h("dialog", { class: "key", "aria-labelledby": "key-title" }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    box.close(field.value);
  });
  document.body.append(box);
  box.showModal();
  return closed(box);
}

const heading = (wrong) => [
  h("h2", { id: "key-title" }, "This service needs a key"),
  h("p", {}, wrong ? "The key was not accepted. " : "", "It is kept until this tab is closed."),
];

function closed(box) {
  return new Promise((resolve) => {
    box.addEventListener("close", () => {
      resolve(box.returnValue);
      box.remove();
    });
  });
}
