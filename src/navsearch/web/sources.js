/** Sources as the catalog writes them, each part that names a page made a link to it. */

import { h, link } from "./dom.js";

// How a page is written, and where it lies.
const WRITTEN = [
  [/https?:\/\/[^\s<>"'()[\]{},;]+[^\s<>"'()[\]{},;.:]/, (found) => found],
  [/doi:10\.\d{4,9}\/[^\s,;()]+[^\s,;().:]/, (found) => `https://doi.org/${found.slice(4)}`],
  [/arxiv[: ]\d{4}\.\d{4,5}/i, (found) => `https://arxiv.org/abs/${found.slice(6)}`],
  [/github:[\w.-]+\/[\w.-]+(@\w+)?(:[\w./-]+\w)?/, repository],
];
const ANY = new RegExp(WRITTEN.map(([pattern]) => `(?:${pattern.source})`).join("|"), "gi");

/** `text` with links, as a line of its own direction. */
export const linked = (text) => h("bdi", {}, [...parts(String(text))]);

function* parts(text) {
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ANY)) {
    yield text.slice(end, index);
    yield link(address(found), found);
    end = index + found.length;
  }
  yield text.slice(end);
}

function address(found) {
  const [, made] = WRITTEN.find(([pattern]) => new RegExp(`^(?:${pattern.source})$`, "i").test(found));
  return made(found);
}

/** github:owner/name@commit:file, of which the commit and the file may be missing. */
function repository(found) {
  const [, name, commit, file] = /^github:([^@:]+)@?(\w*):?(.*)$/i.exec(found);
  const base = `https://github.com/${name}`;
  if (file) return `${base}/blob/${commit || "HEAD"}/${file}`;
  return commit ? `${base}/tree/${commit}` : base;
}

/** The page of a paper of a record, "" if it names none. */
export function paper({ doi, arxiv, url }) {
  if (doi) return `https://doi.org/${doi}`;
  return arxiv ? `https://arxiv.org/abs/${arxiv}` : (url ?? "");
}
