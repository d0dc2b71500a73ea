/** Light and dark: as the system says, until the button is pressed. */

const button = document.getElementById("theme");
const dark = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

/** Let the button change the theme; `repaint` draws anew what CSS cannot. */
export function listenToTheme(repaint) {
  label();
  button.addEventListener("click", () => {
    choose(isDark() ? "light" : "dark");
    repaint();
  });
  dark.addEventListener("change", () => {
    label();
    repaint();
  });
}

function choose(theme) {
  document.documentElement.dataset.theme = theme;
  label();
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // storage is switched off: the choice holds until the page is closed
  }
}

function label() {
  button.textContent = isDark() ? "Light" : "Dark";
  button.setAttribute("aria-label", `Change to the ${isDark() ? "light" : "dark"} theme`);
}
