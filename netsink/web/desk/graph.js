// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The JACK graph as it is now, drawn: clients with their ports, cables by
 * signal flow (layout.js), ours standing out, a level at each of our ports. It
 * is drawn anew when the graph has changed, and only the levels move between.
 */
import { byId, el, Keyed, setAttr, setText, svg, textRow } from './dom.js';
import { count } from './format.js';
import { HEAD, layout, METER, placesOf, remember } from './layout.js';
import { heat, PEAK } from './meters.js';
import { along } from './scale.js';
import { oursOf } from './station.js';

const HOLD_MS = 6000; // what has gone is seen so much longer
const ZOOMS = [0.4, 0.5, 0.65, 0.8, 1, 1.25, 1.6];
const FIT_MIN = 0.82; // smaller can't be read: then it scrolls

export class Graph {
  #frame = byId('graph-frame');
  #svg = byId('graph-svg');
  #levels = byId('graph-levels'); // a layer of its own: the rest stands still
  #said = byId('graph-said');
  #rows = new Keyed(byId('graph-list'), () =>
    textRow([(l) => l.from, (l) => l.to]));
  #memory = { clients: new Map(), links: new Map() };
  #places = new Map();
  #drawn = '';
  #laid = null;
  #meters = new Map(); // port: elements
  #zoom = null; // null: fits
  #picked = '';
  #inView = true;
  #shown = false; // it was scrolled to what is ours, once

  constructor() {
    byId('graph-fit').addEventListener('click', () => this.#scale(null));
    byId('graph-in').addEventListener('click', () => this.#step(1));
    byId('graph-out').addEventListener('click', () => this.#step(-1));
    byId('graph-tidy').addEventListener('click', () => {
      this.#places = new Map();
      this.#drawn = '';
      this.#draw();
    });
    new ResizeObserver(() => this.#scale(this.#zoom)).observe(this.#frame);
    new IntersectionObserver(([e]) => {
      this.#inView = e.isIntersecting;
    }).observe(this.#frame);
    this.#drag();
  }

  /** @param {any} s status */
  show(s, now) {
    const graph = s.desk?.graph;
    byId('graph-none').hidden = Boolean(graph);
    this.#frame.hidden = !graph;
    if (!graph) {
      setText(this.#said, '');
      setText(byId('graph-none'), s.jack.up
        ? 'The graph is not told here.' : 'There is no JACK server.');
      return;
    }
    this.#ours = oursOf(s);
    this.#graph = remember(this.#memory, graph, now, HOLD_MS);
    this.#draw();
  }
  #ours = new Set();
  #graph = { clients: [], links: [] };

  #draw() {
    const g = this.#graph;
    const sign = JSON.stringify([g, [...this.#ours]]);
    if (sign === this.#drawn)
      return;
    this.#drawn = sign;
    const laid = layout(g, { metered: this.#ours, before: this.#places });
    this.#laid = laid;
    this.#places = placesOf(laid);
    this.#meters.clear();
    this.#levels.replaceChildren();
    const cables = laid.cables.map((c) => svg('path', {
      d: c.d, 'data-from': c.from, 'data-to': c.to,
      class: ['cable', c.midi && 'midi', c.gone && 'gone',
              (this.#own(c.from) || this.#own(c.to)) && 'ours']
        .filter(Boolean).join(' '),
    }));
    const parts = [...cables, ...laid.boxes.map((b) => this.#box(b))];
    if (laid.shelf !== null)
      parts.push(svg('text', { class: 'shelf', x: 32, y: laid.shelf + 10,
                               text: 'Not connected' }));
    for (const s of [this.#svg, this.#levels])
      setAttr(s, 'viewBox', `0 0 ${laid.width} ${laid.height}`);
    this.#svg.replaceChildren(...parts);
    this.#pick(this.#picked);
    this.#scale(this.#zoom);
    if (!this.#shown)
      this.#toOurs();
    this.#rows.show(g.links.filter((l) => !l.gone), (l) => l.from + l.to);
    const here = (all) => all.filter((x) => !x.gone).length;
    const text = `${count(here(g.clients), 'client')}, ` +
      count(here(g.links), 'cable');
    setText(this.#said, text);
    setAttr(this.#svg, 'aria-label', `The JACK graph: ${text}`);
  }

  /* Where it doesn't fit, what is ours is seen first. */
  #toOurs() {
    const b = this.#laid.boxes.find((x) =>
      this.#ours.has(x.client) && !x.loose);
    if (!b)
      return;
    const z = this.#zoom ?? this.#fits();
    this.#shown = true;
    this.#frame.scrollTo(b.x * z - 16, b.y * z - 16);
  }

  #own(port) {
    return this.#ours.has(port.slice(0, port.indexOf(':'))) ||
      [...this.#ours].some((c) => port.startsWith(`${c}:`));
  }

  #box(b) {
    const ours = this.#ours.has(b.client);
    const g = svg('g', {
      class: `box${ours ? ' ours' : ''}${b.gone ? ' gone' : ''}`,
      transform: `translate(${b.x} ${b.y})`, 'data-client': b.client,
    }, svg('rect', { class: 'back', width: b.w, height: b.h, rx: 6 }),
       svg('text', { class: 'name', x: 10, y: HEAD - 9, text: b.title },
           svg('title', { text: b.client + (b.gone ? ', gone' : '') })));
    const side = (rows, x, sign) => rows.forEach((r) => {
      if (!r.more)
        g.append(svg('circle', { class: r.midi ? 'dot midi' : 'dot',
                                 cx: x, cy: r.y, r: 3.5 }));
      const metered = ours && !r.midi && !r.more;
      g.append(svg('text', {
        class: `port${sign < 0 ? ' end' : ''}${r.more ? ' more' : ''}`,
        x: x + sign * (metered ? METER + 10 : 10), y: r.y + 3.5, text: r.label,
      }, svg('title', { text: r.id })));
      if (metered)
        this.#meter(r, b.x + x + (sign < 0 ? -METER - 4 : 8),
                    b.y + r.y - 2.5);
    });
    side(b.ins, 0, 1);
    side(b.outs, b.w, -1);
    g.addEventListener('pointerenter', () => this.#light(b.client));
    g.addEventListener('pointerleave', () => this.#light(this.#picked));
    g.addEventListener('click', () =>
      this.#pick(this.#picked === b.client ? '' : b.client));
    return g;
  }

  #meter(r, x, y) {
    const w = METER - 4;
    const fill = svg('rect', { class: 'level', x, y, width: 0, height: 5 });
    const mark = svg('rect', { class: 'peak', x, y, width: 1.5, height: 5,
                               visibility: 'hidden' });
    this.#levels.append(svg('rect', { class: 'well', x, y, width: w,
                                      height: 5 }), fill, mark);
    this.#meters.set(r.id, { fill, mark, x, w, drawn: '' });
  }

  /** @param {Record<string, [number | null, number | null]>} all */
  levels(all) {
    if (!this.#inView)
      return;
    for (const [port, m] of this.#meters) {
      const [rms, peak] = all[port] ?? [null, null];
      const f = Math.round(m.w * (rms === null ? 0 : along(PEAK, rms)));
      const p = Math.round(m.w * (peak === null ? 0 : along(PEAK, peak)));
      const h = heat(peak ?? -Infinity);
      const drawn = `${f} ${p} ${h}`;
      if (drawn === m.drawn)
        continue;
      m.drawn = drawn;
      m.fill.setAttribute('width', f);
      setAttr(m.mark, 'x', m.x + Math.min(p, m.w - 1.5));
      setAttr(m.mark, 'visibility', p > 0 ? null : 'hidden');
      setAttr(m.mark, 'data-heat', h);
    }
  }

  #pick(client) {
    this.#picked = client;
    this.#light(client);
  }

  /* The cables of one client stand out. */
  #light(client) {
    setAttr(this.#svg, 'data-lit', client !== '');
    for (const c of this.#svg.querySelectorAll('.cable')) {
      const its = c.dataset.from.startsWith(`${client}:`) ||
        c.dataset.to.startsWith(`${client}:`);
      c.classList.toggle('lit', client !== '' && its);
    }
    for (const b of this.#svg.querySelectorAll('.box'))
      b.classList.toggle('lit', b.dataset.client === client);
  }

  #fits() {
    return Math.min(1.15, Math.max(FIT_MIN,
      (this.#frame.clientWidth - 2) / Math.max(1, this.#laid.width)));
  }

  #scale(zoom) {
    this.#zoom = zoom;
    if (!this.#laid)
      return;
    const z = zoom ?? this.#fits();
    for (const s of [this.#svg, this.#levels]) {
      setAttr(s, 'width', Math.round(this.#laid.width * z));
      setAttr(s, 'height', Math.round(this.#laid.height * z));
    }
    setAttr(byId('graph-fit'), 'aria-pressed', String(zoom === null));
  }

  #step(by) {
    const z = this.#zoom ?? this.#fits();
    const next = by > 0 ? ZOOMS.find((x) => x > z + 0.01)
                        : ZOOMS.findLast((x) => x < z - 0.01);
    if (next)
      this.#scale(next);
  }

  /* With a mouse it is dragged; fingers scroll it as anything else. */
  #drag() {
    const f = this.#frame;
    let from = null;
    f.addEventListener('pointerdown', (e) => {
      if (e.pointerType === 'mouse' && e.button === 0)
        from = { x: e.clientX + f.scrollLeft, y: e.clientY + f.scrollTop };
    });
    addEventListener('pointermove', (e) => {
      if (from)
        f.scrollTo(from.x - e.clientX, from.y - e.clientY);
    });
    addEventListener('pointerup', () => {
      from = null;
    });
  }
}
