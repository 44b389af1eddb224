// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the page shows: texts and figures into their places, written only where
 * they changed. By textContent alone: what the station says is never markup.
 */
import * as words from './words.js';

/** @param {string} id @returns {any} */
export const $ = (id) => document.getElementById(id);

/** @param {string} id @param {string} text */
function put(id, text) {
  const at = $(id);
  if (at.textContent !== text)
    at.textContent = text;
}

function mark(at, name, on) {
  if (at.hasAttribute(name) !== on)
    at.toggleAttribute(name, on);
}

/**
 * @typedef {object} Shown
 * @property {import('./player.js').Player} player
 * @property {import('./choice.js').Choice} choice
 * @property {import('./now.js').Mount | undefined} mount
 * @property {import('./now.js').Title | null} title
 * @property {number} sleepMs left; Infinity: off
 * @property {number[]} rungs
 * @property {string} note said for a moment, about something else
 * @property {words.Spoken} spoken
 */

/** @param {Shown} now */
export function show(now) {
  showPlay(now);
  showTitle(now);
  showState(now);
  put('sleep-left', Number.isFinite(now.sleepMs) ? words.clock(now.sleepMs) : '');
}

/** @param {Shown} now */
function showPlay({ player, choice, mount, note, spoken }) {
  const { state, on } = player;
  const play = $('play');
  const label = on ? 'Stop' : 'Play';
  const what = {
    state,
    figures: player.figures(),
    mount: choice.mount,
    muted: mount?.muted ?? false,
    online: navigator.onLine !== false,
  };
  const sentence = words.sentence(what);

  if (play.getAttribute('aria-label') !== label)
    play.setAttribute('aria-label', label);
  mark(play, 'data-on', on);
  mark(play, 'data-waits', on && state !== 'playing');
  put('says', sentence || note);
  put('told', spoken.says(what) || note);
  mark($('says'), 'data-bad', sentence !== '' && state !== 'starting' &&
    !(mount?.muted && state === 'playing'));
}

function showTitle({ title, mount, player }) {
  const known = Boolean(title?.title);
  put('title', known ? title.title : 'Slow music, made as you listen');
  put('detail', known ? title.detail || mount?.title || '' : 'It has no end.');
  const page = known && player.on ? `${title.title} – Longwave` : 'Longwave';
  if (document.title !== page)
    document.title = page;
}

function showState({ player, choice, rungs }) {
  const f = player.figures();
  const figure = words.figure;

  put('glance', f && player.state === 'playing' ? `${figure(f.ahead, 's')} in hand` : '');
  if (!$('state').open)
    return;
  put('f-ahead', f ? figure(f.ahead, 's') : '–');
  put('f-behind', !f ? '–' : figure(f.behind, 's') + (f.rate === 1 ? ''
    : f.rate > 1 ? ', catching up' : ', falling back'));
  put('f-rung', f ? words.quality(f, choice, rungs) : '–');
  put('f-bytes', f ? words.size(f.bytes) : '–');
  put('f-outages', f ? words.outages(f) : '–');
  put('f-reconnects', f ? String(f.reconnects) : '–');
  put('f-start', player.startMs ? `${(player.startMs / 1000).toFixed(2)} s` : '–');
  put('f-engine', player.engineName ?? '–');
}

/** The choices of a select, by value and text. */
export function fill(select, options, value) {
  select.replaceChildren(...options.map(([v, text]) => new Option(text, v)));
  select.value = value;
}

/** Addresses of the streams. */
export function links(choice, streamUrl) {
  for (const kind of ['m3u', 'pls', 'xspf', 'opus'])
    $(kind).href = streamUrl(choice, `.${kind}`);
  for (const at of document.querySelectorAll('.address'))
    at.textContent = `'${location.origin}${streamUrl(choice, '.opus')}'`;
}
