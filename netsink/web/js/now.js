// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the station says of itself: its mounts, and what each plays and played,
 * by the packet with which it began. From /now.json first, then live from
 * /events; where that can't be had (503 of a full house), by asking again.
 */
import { Backoff } from './backoff.js';

const POLL_MS = 15000;
const LIVE_AGAIN_MS = 120000;
const TITLES = 20; // that are kept

/**
 * @typedef {object} Title
 * @property {number} epoch
 * @property {number} seq it begins with this packet
 * @property {string} title empty: it is not known
 * @property {string} detail
 *
 * @typedef {object} Mount
 * @property {string} name
 * @property {string} title
 * @property {boolean} muted
 * @property {number[]} rungs kbit/s
 */

/** @param {unknown} x */
const text = (x) => (typeof x === 'string' ? x.slice(0, 300) : '');

/** The titles of one mount. Pure. */
export class Titles {
  #all = [];

  /** @param {number} epoch @param {any} said as the station says it */
  add(epoch, said) {
    if (!said || !Number.isSafeInteger(said.seq))
      return;
    const t = { epoch, seq: said.seq, title: text(said.title), detail: text(said.detail) };
    this.#all = this.#all.filter((o) => o.epoch !== epoch || o.seq !== t.seq);
    this.#all.push(t);
    this.#all.sort((a, b) => a.epoch - b.epoch || a.seq - b.seq);
    this.#all.splice(0, this.#all.length - TITLES);
  }

  /**
   * The one that is heard with that packet; null where that is not known: the
   * latest.
   * @param {{epoch: number, seq: number} | null} heard
   * @returns {Title | null}
   */
  at(heard) {
    if (!heard)
      return this.#all.at(-1) ?? null;
    return this.#all.filter((t) => t.epoch < heard.epoch ||
      (t.epoch === heard.epoch && t.seq <= heard.seq)).at(-1) ?? this.#all[0] ?? null;
  }
}

export class Now {
  #changed;
  #titles = new Map();
  #live = null;
  #timer;
  #again = new Backoff(POLL_MS, 8 * POLL_MS);
  #epoch = 0;
  #tried = -Infinity; // ms: the last try at /events
  /** @type {Mount[]} */
  mounts = [];

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  async open() {
    await this.#poll();
    this.#listen();
  }

  /** @param {string} mount */
  titles(mount) {
    let t = this.#titles.get(mount);
    if (!t)
      this.#titles.set(mount, t = new Titles());
    return t;
  }

  #listen() {
    const live = new EventSource('/events');
    const on = (name, f) => live.addEventListener(name, (e) => {
      const said = parse(e.data);
      if (said)
        f(said, Number(String(e.lastEventId).split('.')[0]) || this.#epoch);
    });
    this.#live = live;
    this.#tried = performance.now();
    clearTimeout(this.#timer);
    on('now', (said, epoch) => {
      this.titles(text(said.mount)).add(epoch, said);
      this.#changed();
    });
    on('mute', (said) => {
      const mount = this.mounts.find((m) => m.name === said.mount);
      if (mount)
        mount.muted = said.muted === true;
      this.#changed();
    });
    live.addEventListener('error', () => {
      // CONNECTING: it tries again by itself. CLOSED: it was refused.
      if (live.readyState === EventSource.CLOSED && this.#live === live) {
        this.#live = null;
        this.#later();
      }
    });
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      await this.#poll();
      if (performance.now() - this.#tried > LIVE_AGAIN_MS)
        this.#listen();
      else
        this.#later();
    }, this.#again.next());
  }

  async #poll() {
    try {
      const answer = await fetch('/now.json', { cache: 'no-store', credentials: 'omit' });
      if (!answer.ok)
        return;
      this.#take(await answer.json());
      this.#again.reset();
    } catch {
      // then later
    }
  }

  #take(said) {
    this.#epoch = Number(said.epoch) || 0;
    this.mounts = (Array.isArray(said.mounts) ? said.mounts : []).map((m) => ({
      name: text(m.name),
      title: text(m.title),
      muted: m.muted === true,
      rungs: (Array.isArray(m.rungs) ? m.rungs : []).filter(Number.isSafeInteger),
    }));
    for (const m of said.mounts ?? []) {
      for (const t of Array.isArray(m.recent) ? m.recent : [])
        this.titles(text(m.name)).add(this.#epoch, t);
      this.titles(text(m.name)).add(this.#epoch, m.now);
    }
    this.#changed();
  }
}

function parse(data) {
  try {
    const said = JSON.parse(data);
    return said && typeof said === 'object' ? said : null;
  } catch {
    return null;
  }
}
