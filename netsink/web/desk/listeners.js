// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The listeners: a page of them at a time, in the order that is asked for,
 * each with its rungs over time as steps. Asked for while it is on the screen.
 */
import { get } from './api.js';
import { byId, el, Keyed, setAttr, setText, svg, textRow, WhileSeen }
  from './dom.js';
import { confirm, tried } from './dialogs.js';
import { agent, bytes, clock, count, duration, fixed, short, whole }
  from './format.js';
import { steps } from './scale.js';

const REFRESH_MS = 2000;
const PAGE = 50;
const GONE = 50; // shown of those who have gone
const WIDTH = 72, HEIGHT = 18;

/* Columns: what they are called, what they sort by, a cell's text. */
const COLUMNS = [
  { title: 'No.', sort: 'id', number: true, text: (l) => String(l.id) },
  { title: 'Address', sort: 'address', text: (l) => l.address },
  { title: 'Player', text: (l) => agent(l.agent), hint: (l) => l.agent },
  { title: 'Stream', text: (l) => `/${l.mount}.${ENDS[l.container] ??
                                                l.container}` },
  { title: 'Class', text: (l) => l.latency },
  { title: 'Rung', sort: 'rung', steps: true },
  { title: 'Lag', unit: 's', sort: 'lag', number: true,
    text: (l) => fixed(l.lag_s, 2), wrong: (l) => l.lag_s >= 2 },
  { title: 'Lead', unit: 's', number: true, text: (l) => fixed(l.lead_s, 2) },
  { title: 'Deviation', unit: 'p50 / p99 ms', sort: 'deviation', number: true,
    text: (l) => `${short(l.deviation_p50_ms)} / ${short(l.deviation_p99_ms)}`,
    wrong: (l) => l.deviation_p99_ms >= 50 },
  { title: 'Jitter', unit: 'p95 ms', number: true,
    text: (l) => short(l.jitter_p95_ms) },
  { title: 'Resumes', number: true, text: (l) => whole(l.resumes) },
  { title: 'Skips', number: true, text: (l) => whole(l.skips),
    wrong: (l) => l.skips > 0 },
  { title: 'Sent', sort: 'bytes', number: true, text: (l) => bytes(l.bytes) },
  { title: 'Since', sort: 'started', number: true,
    text: (l) => clock(1000 * l.started_unix_s),
    hint: (l) => `for ${duration(l.seconds)}` },
];
const ENDS = { ogg: 'opus' };
const LARGEST_FIRST = ['lag', 'deviation', 'bytes', 'rung', 'started'];

const number = (text) => ({ text, class: 'number' });

/** A row of one who has gone. */
const goneRow = () => textRow([
  (l) => number(String(l.id)), (l) => l.address,
  (l) => ({ text: agent(l.agent), title: l.agent }), (l) => l.why,
  (l) => number(clock(1000 * l.ended_unix_s)),
  (l) => number(duration(l.seconds)), (l) => number(bytes(l.bytes)),
  (l) => number(whole(l.skips)),
]);

/**
 * Steps of a listener's rungs, from its first to now.
 * @param {{unix_ms: number, kbps: number}[]} history
 */
export function rungSteps(history, now, top) {
  if (history.length === 0)
    return '';
  const first = history[0].unix_ms;
  const span = Math.max(1, now - first);
  return steps(history.map((h) => ({ at: h.unix_ms, value: h.kbps })), now,
               (t) => 1 + (WIDTH - 2) * Math.max(0, t - first) / span,
               (v) => HEIGHT - 2 - (HEIGHT - 4) * Math.min(1, v / top));
}

export class Listeners {
  #orders;
  #sort = 'id';
  #down = true;
  #offset = 0;
  #total = 0;
  #rows;
  #gone = new Keyed(byId('gone-rows'), goneRow);
  #heads = [];
  #loop;

  /** @param {import('./api.js').Orders} orders */
  constructor(orders) {
    this.#orders = orders;
    const head = byId('listeners-head');
    for (const c of COLUMNS) {
      const th = el('th', { scope: 'col', class: c.number ? 'number' : null });
      const words = [c.title];
      if (c.unit)
        words.push(el('small', { text: ` ${c.unit}` }));
      if (c.sort) {
        th.append(el('button', { type: 'button', class: 'sort',
                                 onclick: () => this.#by(c.sort) }, ...words));
        this.#heads.push({ th, sort: c.sort });
      } else {
        th.append(...words);
      }
      head.append(th);
    }
    head.append(el('td'));
    this.#rows = new Keyed(byId('listeners-rows'), () => this.#make());
    byId('listeners-before').addEventListener('click', () => this.#turn(-PAGE));
    byId('listeners-after').addEventListener('click', () => this.#turn(PAGE));
    this.#mark();
    this.#loop = new WhileSeen(byId('listeners'), REFRESH_MS,
                               () => this.#fetch());
  }

  /** @param {any} s status */
  show(s) {
    const gone = (s.ended ?? []).slice(0, GONE);
    byId('gone').hidden = gone.length === 0;
    this.#gone.show(gone, (l) => l.id);
  }

  #by(sort) {
    if (sort === this.#sort)
      this.#down = !this.#down;
    else
      this.#down = LARGEST_FIRST.includes(sort);
    this.#sort = sort;
    this.#offset = 0;
    this.#mark();
    this.#loop.now();
  }

  #turn(by) {
    this.#offset = Math.max(0, this.#offset + by);
    this.#loop.now();
  }

  #mark() {
    for (const h of this.#heads)
      setAttr(h.th, 'aria-sort', h.sort !== this.#sort ? null
        : this.#down ? 'descending' : 'ascending');
  }

  async #fetch() {
    const asked = new URLSearchParams({
      sort: this.#sort, order: this.#down ? 'desc' : 'asc',
      limit: String(PAGE), offset: String(this.#offset) });
    let page;
    try {
      page = await get(`/listeners.json?${asked}`);
    } catch (e) {
      setText(byId('listeners-said'), e.message);
      return;
    }
    this.#total = page.total;
    if (this.#offset > 0 && page.listeners.length === 0) {
      this.#offset = PAGE * Math.floor(Math.max(0, page.total - 1) / PAGE);
      return;
    }
    this.#rows.show(page.listeners, (l) => l.id);
    this.#said(page);
  }

  #said(page) {
    const n = page.listeners.length;
    setText(byId('listeners-said'), n === 0 ? 'Nobody listens.'
      : n === this.#total ? count(n, 'listener')
        : `${whole(this.#offset + 1)} to ${whole(this.#offset + n)} of ` +
          count(this.#total, 'listener'));
    byId('listeners-table').hidden = n === 0;
    byId('listeners-pages').hidden = this.#total <= PAGE;
    byId('listeners-before').disabled = this.#offset === 0;
    byId('listeners-after').disabled = this.#offset + n >= this.#total;
  }

  #make() {
    const line = svg('path', { class: 'line s1' });
    const label = el('span');
    const cells = COLUMNS.map((c) => el('td', {
      class: c.number ? 'number' : null }));
    const at = COLUMNS.findIndex((c) => c.steps);
    cells[at].append(label, svg('svg', {
      class: 'steps', width: WIDTH, height: HEIGHT, 'aria-hidden': 'true',
    }, line));
    let it = null;
    const drop = el('button', { type: 'button', class: 'quiet', text: 'Drop',
                                onclick: () => this.#drop(it) });
    const node = el('tr', {}, ...cells, el('td', {}, drop));
    return { node, update: (l) => {
      it = l;
      COLUMNS.forEach((c, i) => {
        if (c.steps)
          return;
        setText(cells[i], c.text(l));
        setAttr(cells[i], 'title', c.hint?.(l));
        setAttr(cells[i], 'data-wrong', c.wrong?.(l));
      });
      const history = l.rung_history ?? [];
      setText(label, l.rung_kbps ? String(l.rung_kbps)
                                 : l.container.toUpperCase());
      setAttr(cells[at], 'title', [l.rung + (l.pinned ? ', pinned' : ''),
        ...history.map((h) => `${clock(h.unix_ms)}: ${h.kbps || 'PCM'}`)]
        .join('\n'));
      setAttr(line, 'd', rungSteps(history, Date.now(),
        Math.max(160, ...history.map((h) => h.kbps))));
      setAttr(drop, 'aria-label', `Drop listener ${l.id}`);
    } };
  }

  async #drop(l) {
    if (await confirm(`Drop listener ${l.id}?`,
        `${l.address}, ${agent(l.agent)}, on /${l.mount} for ` +
        `${duration(l.seconds)}. The stream ends for good; who wants to may ` +
        'connect anew.', 'Drop') &&
        await tried(() => this.#orders.give('drop', { id: l.id }),
                    `Listener ${l.id} is dropped.`))
      this.#loop.now();
  }
}
