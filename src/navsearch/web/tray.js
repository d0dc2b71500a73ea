/** The compare tray: resources picked on the way. The address has them too, so that a link takes them along. */

import { changed, href, note, now, record } from "./address.js";
import { button, h, said, unseen } from "./dom.js";
import { exportMenu } from "./exports.js";
import { say } from "./say.js";
import { get } from "./service.js";

const names = new Map(); // by id, of what was seen
let picks = now().getAll("pick");

/** Let the tray know how the resource with this id is called. */
export const called = (id, name) => names.set(id, name);

/** Going back leaves the tray as it is. */
export const keepPicks = () => note(withPicks(now()));

/** `params` with what is picked now. */
export const withPicks = (params) => changed(params, { pick: picks });

/** Show the tray of the state `params`. */
export async function showTray(params) {
  picks = params.getAll("pick");
  await Promise.all(picks.filter((id) => !names.has(id)).map(named));
  if (`${picks}` !== `${params.getAll("pick")}`) return;
  document.getElementById("tray").replaceChildren(...(picks.length ? [tray(params)] : []));
}

async function named(id) {
  names.set(id, (await get(`resources/${encodeURIComponent(id)}`).catch(() => ({ name: id }))).name);
}

function tray(params) {
  const ready = picks.length > 1;
  return h("section", { class: "tray", "aria-label": "To compare" }, [
    h(
      "ul",
      { class: "chips" },
      picks.map((id) => picked(id, params)),
    ),
    h("div", { class: "row" }, [
      ready &&
        h(
          "a",
          { class: "button main", href: href(changed(params, { view: "compare", id: picks })) },
          `Compare ${picks.length}`,
        ),
      !ready && h("span", { class: "dim" }, "Pick another to compare"),
      exportMenu(picks.map((id) => ["id", id])),
      button("Clear", () => repick([]), { class: "quiet", "data-key": "clear" }),
    ]),
  ]);
}

function picked(id, params) {
  return h("li", { class: "chip" }, [
    h("a", { href: record(params, id) }, said(names.get(id))),
    button(["×", unseen(`Take ${names.get(id)} out of the tray`)], () => repick(picks.filter((one) => one !== id)), {
      class: "remove",
    }),
  ]);
}

/** A button that puts a resource in the tray or takes it out. */
export function pickButton(id, name) {
  called(id, name);
  const pick = (event) => {
    const put = !picks.includes(id);
    repick(put ? [...picks, id] : picks.filter((one) => one !== id));
    say(`${name} ${put ? "put in" : "taken out of"} the tray`);
    event.currentTarget.focus();
  };
  return button(["Compare", unseen(name)], pick, {
    "data-pick": id,
    "aria-pressed": String(picks.includes(id)),
    class: "quiet",
  });
}

function repick(chosen) {
  picks = chosen;
  const params = changed(now(), { pick: chosen });
  note(params);
  showTray(params);
  for (const one of document.querySelectorAll("[data-pick]"))
    one.setAttribute("aria-pressed", String(picks.includes(one.dataset.pick)));
}
