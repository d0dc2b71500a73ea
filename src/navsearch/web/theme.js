// Runs before anything is painted, so that a chosen theme does not flash; without a choice the system's holds.
"use strict";
{
  const chosen = (() => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is switched off
    }
  })();
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
