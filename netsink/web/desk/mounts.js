// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The mounts: what each plays and to how many, in which rungs, how well on
 * time; muted and unmuted here, and given another title.
 */
import { get } from './api.js';
import { byId, el, Keyed, setAttr, setText, WhileSeen } from './dom.js';
import { confirm, tried } from './dialogs.js';
import { count, fixed, percent, short } from './format.js';

const NOW_MS = 5000; // between two looks at what plays
const MUTE_ASK = 1; // listeners from whom on muting is asked about

export class Mounts {
  #rows;
  #orders;
  #now = new Map(); // mount: what it plays
  #loop;

  /** @param {import('./api.js').Orders} orders */
  constructor(orders) {
    this.#orders = orders;
    this.#rows = new Keyed(byId('mounts'), (name) => this.#make(name));
    this.#loop = new WhileSeen(byId('on-air'), NOW_MS, () => this.#fetch());
  }

  async #fetch() {
    try {
      const told = await get('/now.json');
      this.#now = new Map(told.mounts.map((m) => [m.name, m.now]));
    } catch {
      // the headline says that the sink is away
    }
  }

  async #announce(order, done) {
    if (await tried(() => this.#orders.give('now', order), done))
      this.#loop.now();
  }

  show(s) {
    this.#rows.show(s.mounts, (m) => m.name);
  }

  #make(name) {
    const state = el('span', { class: 'chip' });
    const now = el('p', { class: 'now' });
    const facts = el('p', { class: 'note' });
    const rungs = el('ul', { class: 'rungs',
                             'aria-label': 'Listeners by rung' });
    const keyed = new Keyed(rungs, () => {
      const held = el('b'), label = el('span');
      const li = el('li', {}, held, label);
      return { node: li, update: (r) => {
        setText(held, String(r.held));
        setText(label, r.name);
        setAttr(li, 'class', r.warm ? 'warm' : null);
      } };
    });
    const mute = el('button', { type: 'button' });
    let muted = false, listeners = 0;
    mute.addEventListener('click', async () => {
      const next = !muted;
      if (next && listeners >= MUTE_ASK && !await confirm(`Mute /${name}?`,
          `${count(listeners, 'listener')} will hear silence until it is ` +
          'unmuted. Nobody is disconnected.', 'Mute'))
        return;
      await tried(() => this.#orders.give('mute', { mount: name, muted: next }),
                  next ? `/${name} is muted.` : `/${name} is on air again.`);
    });
    const node = el('article', { class: 'mount', 'data-mount': name },
      el('header', {}, el('h3', { text: `/${name}` }), state, mute),
      now, rungs, facts, this.#form(name));
    return { node, update: (m) => {
      muted = Boolean(m.muted);
      listeners = m.listeners;
      const [kind, word] = m.failed ? ['bad', `failed: ${m.failed}`]
        : muted ? ['warn', 'muted'] : m.graph ? ['ok', 'on air']
                                              : ['bad', 'no audio'];
      setText(state, word);
      setAttr(state, 'data-kind', kind);
      setText(mute, muted ? 'Unmute' : 'Mute');
      setAttr(mute, 'aria-label', `${muted ? 'Unmute' : 'Mute'} /${name}`);
      const plays = this.#now.get(name);
      setText(now, [plays?.title, plays?.detail].filter(Boolean).join(', ') ||
        'Nobody says what plays.');
      setAttr(now, 'data-none', !plays?.title);
      keyed.show(m.rungs, (r) => r.name);
      const f = m.fan;
      setText(facts, `${count(m.listeners, 'listener')}. On time ` +
        `${percent(f.on_time_share)}, deviation p99 ` +
        `${short(f.deviation_ms.p99)} ms, jitter p95 ` +
        `${short(f.jitter_ms.p95)} ms. Encoding ` +
        `${fixed(m.encode_ms_per_s, 1)} ms a second.`);
    } };
  }

  #form(name) {
    const title = el('input', { maxlength: 128, required: true,
                                autocomplete: 'off' });
    const detail = el('input', { maxlength: 256, autocomplete: 'off' });
    const form = el('form', { class: 'announce' },
      el('label', {}, 'Title', title), el('label', {}, 'Detail', detail),
      el('div', { class: 'buttons' },
         el('button', { text: 'Announce' }),
         el('button', { type: 'button', class: 'quiet',
                        text: 'As the generator says',
                        onclick: () => this.#announce(
                          { mount: name, title: null },
                          'The generator says what plays.') })));
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      this.#announce({ mount: name, title: title.value.trim(),
                       detail: detail.value.trim() },
                     `Announced on /${name}.`);
    });
    return el('details', {}, el('summary', { text: 'Say what plays' }), form);
  }
}
