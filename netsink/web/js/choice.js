// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the listener chose: from the page's own address (a shared link), else
 * from what was chosen here before, else the usual. And the addresses that
 * follow from it. Pure but for the store.
 */

/**
 * @typedef {object} Choice
 * @property {string} mount
 * @property {number | null} bitrate kbit/s; null: the station's to choose
 * @property {'live' | 'low' | 'normal' | 'safe'} latency
 */

const LATENCY = ['live', 'low', 'normal', 'safe'];
const NAME = /^[A-Za-z0-9_.~-]{1,64}$/;

/** What is stored; a browser may refuse to, and then it is forgotten. */
export class Store {
  /** @param {string} name @returns {string | null} */
  get(name) {
    try {
      return localStorage.getItem(`longwave.${name}`);
    } catch {
      return null;
    }
  }

  /** @param {string} name @param {string} value */
  set(name, value) {
    try {
      localStorage.setItem(`longwave.${name}`, value);
    } catch {
      // private windows, full disks: then not
    }
  }
}

/**
 * @param {URLSearchParams} query of the page
 * @param {{get: (name: string) => string | null}} store
 * @returns {Choice}
 */
export function readChoice(query, store) {
  const said = (name) => query.get(name) ?? store.get(name);
  const mount = query.get('mount');
  const latency = said('latency');
  const bitrate = said('bitrate');
  return {
    mount: mount && NAME.test(mount) ? mount : '',
    bitrate: bitrate && /^\d{1,3}$/.test(bitrate) && Number(bitrate) > 0
      ? Number(bitrate) : null,
    latency: /** @type {Choice['latency']} */ (
      LATENCY.includes(latency) ? latency : 'safe'),
  };
}

/**
 * As much of it as the station has: a mount that nobody named is its first one,
 * and a rung that the mount hasn't would be refused.
 * @param {Choice} choice
 * @param {boolean} named the mount was
 * @param {{name: string, rungs: number[]}[]} mounts
 * @returns {Choice} the same one, if all is well
 */
export function fitting(choice, named, mounts) {
  const mount = mounts.find((m) => m.name === choice.mount);
  if (!mount)
    return named || mounts.length === 0 ? choice
      : fitting({ ...choice, mount: mounts[0].name }, true, mounts);
  return choice.bitrate === null || mount.rungs.length === 0 ||
    mount.rungs.includes(choice.bitrate) ? choice : { ...choice, bitrate: null };
}

/** @param {Choice} choice @param {number | null} from */
function queryOf(choice, from = null) {
  const q = new URLSearchParams();
  if (choice.bitrate !== null)
    q.set('bitrate', String(choice.bitrate));
  if (choice.latency !== 'safe')
    q.set('latency', choice.latency);
  if (from !== null)
    q.set('from', String(from));
  return q;
}

const withQuery = (path, q) => (q.size || String(q) ? `${path}?${q}` : path);

/** A stream's or playlist's path. @param {Choice} choice */
export function streamUrl(choice, suffix, from = null) {
  return withQuery(`/${encodeURIComponent(choice.mount)}${suffix}`,
    queryOf(choice, from));
}

/** The page's own, to be shared. @param {Choice} choice @param {boolean} named */
export function shareUrl(choice, origin, named) {
  const q = queryOf(choice);
  if (named)
    q.set('mount', choice.mount);
  return withQuery(`${origin}/`, q);
}
