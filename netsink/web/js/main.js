// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The listener's page: joins the parts, and takes what hands and keys do.
 */
import { Store, fitting, readChoice, shareUrl, streamUrl } from './choice.js';
import { Fade } from './fade.js';
import { Media } from './media.js';
import { Now } from './now.js';
import { Picture } from './picture.js';
import { Player } from './player.js';
import { Sleep, lull } from './sleep.js';
import { Tap } from './tap.js';
import { $, fill, links, show } from './view.js';
import { Spoken } from './words.js';

const NOTE_MS = 4000;
const USUAL_MOUNT = 'live';
const USUAL_RUNGS = [32, 64, 96, 160]; // until the station has said
const ENGINES = ['mse', 'hls', 'plain'];

const query = new URLSearchParams(location.search);
const env = { fetch: (...args) => fetch(...args), now: () => performance.now() };
const store = new Store();
const audio = $('audio');
const fade = new Fade(audio);
const sleep = new Sleep();
const spoken = new Spoken();
let keysOn = store.get('keys') !== 'off';
const now = new Now(() => stationSaid());
let choice = readChoice(query, store);
const named = choice.mount !== '';
if (!named)
  choice = { ...choice, mount: USUAL_MOUNT };
let note = '';
let known = '';

const player = new Player(audio, fade, env, choice,
  ENGINES.includes(query.get('engine')) ? query.get('engine') : 'mse',
  () => look());
const picture = new Picture($('picture'), new Tap(audio), () => {
  const play = $('play').getBoundingClientRect();
  const dock = $('dock').getBoundingClientRect();
  const top = window.scrollY;
  return {
    horizon: top + (play.top + play.bottom) / 2,
    shore: Math.max(top + dock.top - 20, innerHeight * 0.6),
  };
});
const media = new Media({ play: () => player.start(), stop: () => player.stop() });

function mount() {
  return now.mounts.find((m) => m.name === choice.mount);
}

function rungs() {
  return mount()?.rungs.length ? mount().rungs : USUAL_RUNGS;
}

/** What the listener hears: the title of its packet, not of now. */
function title() {
  return now.titles(choice.mount).at(player.on ? player.heard() : null);
}

function look() {
  const ms = performance.now();
  const t = title();

  if (lull(sleep, fade, player, ms)) {
    $('sleep').value = '0';
    say('The sleep timer has stopped the music. Good night.');
    return;
  }
  show({
    player, choice, note, spoken, title: t, mount: mount(), rungs: rungs(),
    sleepMs: sleep.left(ms),
  });
  picture.plays(player.on && player.state === 'playing');
  media.plays(player.on);
  media.says(t?.title || 'Longwave', t?.detail || 'Longwave', mount()?.title || 'Longwave');
}

let noteTimer;

/** @param {string} text */
function say(text) {
  note = text;
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => {
    note = '';
    look();
  }, NOTE_MS);
  look();
}

/** The station told what there is: the choices follow. */
function stationSaid() {
  const mounts = now.mounts;
  const all = JSON.stringify([mounts, choice]);
  if (all !== known) {
    known = all;
    follow(choice);
  }
  look();
}

function offer() {
  const mounts = now.mounts;
  // A link's wish is shown until the station has said what there is.
  const all = new Set([...rungs(), ...choice.bitrate === null ? [] : [choice.bitrate]]);
  const kbps = [...all].sort((a, b) => a - b).map((r) => [String(r), `${r} kbit/s`]);
  const chosen = choice.bitrate === null ? '' : String(choice.bitrate);

  $('mount-field').hidden = mounts.length < 2;
  fill($('mount'), mounts.map((m) => [m.name, m.title || m.name]), choice.mount);
  fill($('quality'), [['', 'Automatic'], ...kbps.reverse()], chosen);
  if (choice.latency === 'live' && !$('latency').querySelector('[value=live]'))
    $('latency').prepend(new Option('Live, 0.1 s', 'live'));
  $('latency').value = choice.latency;
  links(choice, streamUrl);
}

/** @param {import('./choice.js').Choice} wish a hand's, a link's or an older one */
function follow(wish) {
  const before = choice;
  choice = fitting(wish, named, now.mounts);
  if (choice !== before)
    player.choose(choice);
  offer();
}

/** By hand, so that it holds the next time, too.
 * @param {Partial<import('./choice.js').Choice>} what */
function choose(what) {
  if ('bitrate' in what)
    store.set('bitrate', what.bitrate === null ? '' : String(what.bitrate));
  if ('latency' in what)
    store.set('latency', what.latency);
  follow({ ...choice, ...what });
  look();
}

/** @param {number} percent */
function setVolume(percent) {
  const at = $('volume');
  at.value = String(percent);
  at.style.setProperty('--part', `${at.value}%`);
  at.setAttribute('aria-valuetext', audio.muted ? 'muted' : `${at.value} percent`);
  fade.volume = Number(at.value) / 100;
  store.set('volume', at.value);
}

function setMuted(muted) {
  audio.muted = muted;
  $('volume').setAttribute('aria-valuetext', muted ? 'muted' : `${$('volume').value} percent`);
  $('volume-field').querySelector('label').textContent = muted ? 'Volume (muted)' : 'Volume';
}

async function share() {
  const url = shareUrl(choice, location.origin, now.mounts.length > 1 || named);
  try {
    if (navigator.share) {
      await navigator.share({ title: 'Longwave', url });
      return;
    }
    await navigator.clipboard.writeText(url);
    say('The link is in the clipboard.');
  } catch (why) {
    if (why?.name !== 'AbortError')
      say(url); // to be copied by hand
  }
}

function setSleep(minutes) {
  $('sleep').value = String(minutes);
  sleep.set(performance.now(), minutes);
  look();
}

/** The next choice of a select, round and round. */
function step(id) {
  const at = $(id);
  at.selectedIndex = (at.selectedIndex + 1) % at.options.length;
  at.dispatchEvent(new Event('change'));
  say(`${at.labels[0].firstChild.textContent.trim()}: ${at.selectedOptions[0].text}`);
}

const keys = {
  ' ': () => player.toggle(),
  enter: () => player.toggle(),
  arrowup: () => setVolume(Math.min(100, Number($('volume').value) + 5)),
  arrowdown: () => setVolume(Math.max(0, Number($('volume').value) - 5)),
  m: () => setMuted(!audio.muted),
  q: () => step('quality'),
  d: () => step('latency'),
  t: () => step('sleep'),
  i: () => $('state').toggleAttribute('open'),
  s: () => share(),
  '?': () => $('keys').showModal(),
};

/** @param {KeyboardEvent} e */
function pressed(e) {
  const own = e.target instanceof Element &&
    e.target.closest('button, a, input, select, summary, dialog, pre');
  const does = keysOn ? keys[e.key.toLowerCase()] : undefined;
  // Space, Enter and arrows mean something to what has the focus.
  if (!does || e.ctrlKey || e.metaKey || e.altKey || e.repeat && e.key === ' ' ||
    $('keys').open || (own && (e.key.length > 1 || e.key === ' ')) ||
    e.target instanceof HTMLSelectElement)
    return;
  e.preventDefault();
  does();
}

function begin() {
  const volume = Number(store.get('volume') ?? 100);
  setVolume(volume >= 0 && volume <= 100 ? volume : 100);
  $('volume-field').hidden = !Fade.works(audio);
  offer();
  $('play').addEventListener('click', () => player.toggle());
  $('volume').addEventListener('input', (e) => {
    setMuted(false);
    setVolume(Number(e.target.value));
  });
  $('quality').addEventListener('change', (e) =>
    choose({ bitrate: e.target.value ? Number(e.target.value) : null }));
  $('latency').addEventListener('change', (e) => choose({ latency: e.target.value }));
  $('mount').addEventListener('change', (e) => choose({ mount: e.target.value }));
  $('sleep').addEventListener('change', (e) => setSleep(Number(e.target.value)));
  $('share').addEventListener('click', share);
  $('help').addEventListener('click', () => $('keys').showModal());
  $('state').addEventListener('toggle', look);
  $('keys-on').checked = keysOn;
  $('keys-on').addEventListener('change', (e) => {
    keysOn = e.target.checked;
    store.set('keys', keysOn ? 'on' : 'off');
  });
  addEventListener('keydown', pressed);
  addEventListener('online', () => {
    player.hurry();
    look();
  });
  addEventListener('offline', look);
  document.addEventListener('visibilitychange', () => document.hidden || player.hurry());
  setInterval(look, 1000); // the sleep timer, and the title that comes to be heard
  player.prepare().catch(() => {}); // a press asks again
  now.open();
}

begin();
