// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The page's sentences: what is wrong, in plain words, and what is being done
 * about it. And figures as text. Pure.
 */

const s = (n) => `${Math.max(1, Math.round(n))} s`;
const TUNING = 'Tuning in …';

/** What was asked in vain. */
function cause(f, mount, online, counts) {
  const again = () => (!counts ? 'The page goes on trying.'
    : f.waits > 0.5 ? `Trying again in ${s(f.waits)}.` : 'Trying again now.');
  if (!online)
    return 'This device says it is offline; the music goes on by itself when it is back.';
  if (f.status === 503)
    return `The station is full or not ready. ${again()}`;
  if (f.status === 404)
    return `The station has nothing called “${mount}” now. ${again()}`;
  if (f.status !== null)
    return `The station answered with ${f.status}. ${again()}`;
  return `The station can't be reached. ${again()}`;
}

/**
 * @param {object} now
 * @param {import('./player.js').State} now.state
 * @param {ReturnType<import('./player.js').Player['figures']>} now.figures
 * @param {string} now.mount
 * @param {boolean} now.muted
 * @param {boolean} now.online
 * @param {boolean} [counts] with the numbers that change from second to second
 * @returns {string} empty: all is well
 */
export function sentence({ state, figures: f, mount, muted, online }, counts = true) {
  switch (state) {
  case 'blocked':
    return 'The browser wants a press before it plays. Press once more.';
  case 'unable':
    return 'This browser plays none of the station’s streams. Any player below does.';
  case 'ended':
    return 'The station ended this stream. Press play to come back.';
  case 'starting':
    return f && (f.status !== null || f.waits > 0)
      ? cause(f, mount, online, counts) : TUNING;
  case 'dry':
    return `Nothing is left to play. ${cause(f, mount, online, counts)}`;
  case 'playing':
    if (f && f.silent > 0 && !counts)
      return 'Nothing comes from the station. What is in hand plays on.';
    if (f && f.silent > 0)
      return `Nothing has come for ${s(f.silent)}, ${s(f.ahead)} are in hand. ` +
        (f.status !== null || !online || f.waits > 0 ? cause(f, mount, online, true)
          : 'Asking on a second connection.');
    return muted ? 'The station has muted this mount: the silence is meant.' : '';
  default:
    return '';
  }
}

/** What a screen reader is told: the kind of trouble, once. */
export class Spoken {
  #state = '';
  #text = '';

  /** @param {Parameters<typeof sentence>[0]} now @returns {string} */
  says(now) {
    const text = sentence(now, false);
    // While a first connection is tried again, the trouble is still the same.
    if (text !== TUNING || this.#state !== 'starting' || !this.#text)
      this.#text = text;
    this.#state = now.state;
    return this.#text;
  }
}

/** @param {number} n @param {string} unit @param {number} digits */
export const figure = (n, unit, digits = 1) =>
  (Number.isFinite(n) ? `${n.toFixed(digits)} ${unit}` : '–');

/** @param {number} bytes */
export function size(bytes) {
  if (!Number.isFinite(bytes))
    return '–';
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The rung of a ladder that a measured rate is. */
export function nearest(kbps, rungs) {
  if (!Number.isFinite(kbps) || rungs.length === 0)
    return null;
  return rungs.reduce((a, b) => (Math.abs(Math.log(b / kbps)) <
    Math.abs(Math.log(a / kbps)) ? b : a));
}

/** What the panel says of the rung. */
export function quality(f, choice, rungs) {
  const rung = choice.bitrate ?? nearest(f.kbps, rungs) ?? f.rung;
  if (rung === null)
    return choice.bitrate === null ? 'automatic' : `${choice.bitrate} kbit/s`;
  return `${rung} kbit/s, ${choice.bitrate === null ? 'automatic' : 'chosen'}`;
}

/** What the panel says of outages. */
export function outages(f) {
  if (f.outages === 0)
    return 'none';
  const heard = f.drops === 0 ? 'none was heard'
    : f.drops === 1 ? 'one was heard' : `${f.drops} were heard`;
  return `${f.outages}, the longest ${f.longest.toFixed(1)} s; ${heard}`;
}

/** m:ss, or h:mm:ss. @param {number} ms */
export function clock(ms) {
  const all = Math.ceil(ms / 1000);
  const two = (n) => String(n).padStart(2, '0');
  const h = Math.floor(all / 3600);
  const m = Math.floor(all / 60) % 60;
  return h ? `${h}:${two(m)}:${two(all % 60)}` : `${m}:${two(all % 60)}`;
}
