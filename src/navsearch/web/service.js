/** Requests to the service, at addresses relative to the page. */

import { askForKey } from "./key.js";
import { say } from "./say.js";

const KEY = "navsearch-key";
const TRIES = 4;
const LONGEST = 30; // seconds to wait before trying again

/** What the service, or the way to it, had to say instead of an answer. */
export class Problem extends Error {
  constructor(detail, status = 0, id = null) {
    super(detail);
    this.status = status;
    this.id = id;
  }
}

/** The JSON that `path` answers; `params` as URLSearchParams takes them. Throws Problem. */
export const get = async (path, params, signal) => (await fetched(path, params, signal)).json();

/** The text that `path` answers. Throws Problem. */
export const getText = async (path, params, signal) => (await fetched(path, params, signal)).text();

/** The file that `path` answers. Throws Problem. */
export const getFile = async (path, params, signal) => (await fetched(path, params, signal)).blob();

/** Where `path` lies, for links. */
export const place = (path, params) => `${path}?${new URLSearchParams(params)}`;

/** Whether links to the service need the key, and so cannot be plain links. */
export const locked = () => sessionStorage.getItem(KEY) !== null;

async function fetched(path, params, signal) {
  for (let tries = 1; ; tries++) {
    const response = await sent(place(path, params ?? {}), signal);
    if (response.ok) return response;
    if (!(await mended(response, tries, signal))) throw await problem(response);
  }
}

async function sent(url, signal) {
  const key = sessionStorage.getItem(KEY);
  const headers = key === null ? {} : { Authorization: `Bearer ${key}` };
  try {
    return await fetch(url, { headers, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The service cannot be reached.");
  }
}

/** Whether it makes sense to try again now: with a key that was asked for, or after the wait that the service named. */
async function mended(response, tries, signal) {
  if (response.status === 401) return remember(await askForKey(locked()));
  const wait = Number(response.headers.get("Retry-After"));
  if (!wait || tries === TRIES) return false;
  await waited(Math.min(wait, LONGEST), signal);
  return true;
}

function remember(key) {
  if (key) sessionStorage.setItem(KEY, key);
  return Boolean(key);
}

function waited(seconds, signal) {
  say(`The service is busy; trying again in ${seconds} seconds.`);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

async function problem(response) {
  const body = await response.json().catch(() => ({}));
  const detail = body.detail ?? `The service answered ${response.status}.`;
  return new Problem(String(detail), response.status, body.request_id ?? response.headers.get("X-Request-ID"));
}
