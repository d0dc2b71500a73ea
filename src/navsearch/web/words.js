/** Numbers and names as people read them. */

const NUMBER = new Intl.NumberFormat("en-GB");
const SIGNS = [
  [" >= ", " ≥ "],
  [" <= ", " ≤ "],
  [" != ", " ≠ "],
];
const FIGURE = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 });

/** 38693 as 38,693. */
export const number = (value) => NUMBER.format(value);

/** A measured value, to four digits; a whole number in full. */
export const figure = (value) => (Number.isInteger(value) ? NUMBER : FIGURE).format(value);

/** .97 as 97%. */
export const percent = (share) => `${Math.round(share * 100)}%`;

/** "1 result", "3 results"; `many` where an s is not enough. */
export const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** "cases >= 100" as "cases ≥ 100". */
export const pretty = (text) => SIGNS.reduce((told, [written, sign]) => told.replace(written, sign), text);

/** trait_facts as "trait facts". */
export const spaced = (name) => name.replaceAll("_", " ");

/** "condition" as "Condition". */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** At most `length` characters of `text`, cut between words where there are any. */
export function cut(text, length) {
  if (text.length <= length) return text;
  const start = text.slice(0, length);
  const space = start.lastIndexOf(" ");
  return `${start.slice(0, space > length / 2 ? space : length)} …`;
}
