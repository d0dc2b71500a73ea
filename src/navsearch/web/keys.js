/** Keys that work anywhere: / goes to the question, Escape closes what is open. */

const ACTS = new Map([
  ["/", toQuestion],
  ["Escape", close],
]);

/** Listen to the keys, and close menus that were left. */
export function listenToKeys() {
  document.addEventListener("keydown", (event) => ACTS.get(event.key)?.(event));
  document.addEventListener("click", (event) => closeMenus(event.target));
}

function toQuestion(event) {
  if (event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const box = document.getElementById("q");
  box.focus();
  box.select();
}

function close(event) {
  const open = event.target.closest?.("details.menu[open]") ?? document.querySelector("details.menu[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  } else if (event.target.id === "q") {
    event.target.blur();
  }
}

function closeMenus(target) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
}
