/** One place where what happens is told to screen readers, and shown for a moment where it cannot be seen elsewhere. */

/** Tell `text` to those who do not see the page change. */
export function say(text) {
  const status = document.getElementById("status");
  status.textContent = "";
  requestAnimationFrame(() => (status.textContent = text));
}
