// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A plot of figures over the last hour: lines in one frame, a read-out at a
 * cursor that all plots share, and a table of the values behind it for those
 * who don't see it. Drawn as SVG in the size it has, so that lines are sharp
 * on any screen and in any theme.
 */
import { el, Keyed, setAttr, setText, svg, textRow } from './dom.js';
import { short } from './format.js';
import { along, axis, line, summary } from './scale.js';

const HEIGHT = 132;
const LEFT = 40, RIGHT = 8, TOP = 8, BOTTOM = 20;

/**
 * @typedef {{title: string, unit: string, log?: boolean, least?: number,
 *   floor?: number, top?: number, whole?: boolean, none: string,
 *   lines: (series: Record<string, (number | null)[]>) =>
 *     {label: string, values: (number | null)[]}[]}} PlotSpec
 */
/* ".25", "−12", "1,000": no more figures than it has. */
const tick = (t) => (Number.isInteger(t) ? short(t)
  : String(t).replace('-', '−').replace(/^(−?)0\./, '$1.'));

export class Plot {
  node;
  #spec;
  #svg = svg('svg', { height: HEIGHT, 'aria-hidden': 'true' });
  #legend = el('ul', { class: 'legend' });
  #keys;
  #rows;
  #nothing;
  #chart = el('div', { class: 'chart' });
  #width = 320;
  #lines = [];
  #columns = 0;
  #step = 10;
  #cursor = -1;

  /**
   * @param {PlotSpec} spec
   * @param {(fraction: number | null) => void} point the cursor is here
   */
  constructor(spec, point) {
    this.#spec = spec;
    const title = el('h3', { text: spec.title });
    if (spec.unit)
      title.append(' ', el('span', { class: 'unit', text: spec.unit }));
    this.#nothing = el('p', { class: 'nothing', text: spec.none });
    this.#chart.append(this.#svg);
    const body = el('tbody');
    this.#rows = new Keyed(body, () => textRow([
      (l) => l.label, (l) => short(l.sum?.last), (l) => short(l.sum?.min),
      (l) => short(l.sum?.median), (l) => short(l.sum?.max),
    ]));
    const head = el('tr', {}, el('td'),
      ...['Now', 'Least', 'Median', 'Most'].map((t) =>
        el('th', { text: t, scope: 'col' })));
    this.#keys = new Keyed(this.#legend, () => {
      const value = el('b'), name = el('span'), swatch = el('i');
      return { node: el('li', {}, swatch, name, value), update: (l) => {
        setAttr(swatch, 'class', `s${l.i}`);
        setText(name, l.label);
        setText(value, short(l.at));
      } };
    });
    this.node = el('figure', { class: 'plot' },
      el('figcaption', {}, title, this.#legend), this.#chart, this.#nothing,
      el('details', {}, el('summary', {
        text: 'Values', 'aria-label': `${spec.title}: values` }),
         el('table', {}, el('caption', { class: 'unseen', text: spec.title +
           (spec.unit ? `, ${spec.unit}` : '') + ', over the last hour' }),
            el('thead', {}, head), body)));
    this.#chart.addEventListener('pointermove', (e) => {
      const x = e.clientX - this.#chart.getBoundingClientRect().left - LEFT;
      const f = x / (this.#width - LEFT - RIGHT);
      point(f < -0.02 || f > 1.02 ? null : Math.min(1, Math.max(0, f)));
    });
    this.#chart.addEventListener('pointerleave', () => point(null));
    new ResizeObserver(([e]) => {
      const w = Math.round(e.contentRect.width);
      if (w > 0 && w !== this.#width) {
        this.#width = w;
        this.#draw();
      }
    }).observe(this.#chart);
  }

  /** @param {{step_s: number, series: Record<string, (number | null)[]>}} h */
  show(h) {
    this.#lines = this.#spec.lines(h.series).map((l, i) => ({
      ...l, i: i + 1, sum: summary(l.values),
    })).filter((l) => l.sum);
    this.#columns = Math.max(0, ...this.#lines.map((l) => l.values.length));
    this.#step = h.step_s;
    this.#rows.show(this.#lines, (l) => l.label);
    setAttr(this.node, 'data-empty', this.#lines.length === 0);
    this.#draw();
  }

  /** @param {number | null} fraction 0 the oldest, 1 the newest; null: off */
  point(fraction) {
    this.#cursor = fraction === null ? -1
      : Math.round(fraction * (this.#columns - 1));
    this.#mark();
  }

  #x = (i) => LEFT + (this.#width - LEFT - RIGHT) *
    i / Math.max(1, this.#columns - 1);

  #draw() {
    const s = this.#spec;
    const a = axis(this.#lines.flatMap((l) => l.values), s);
    const y = (v) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - along(a, v));
    const parts = [];
    for (const t of a.ticks) {
      parts.push(svg('line', { class: 'grid', x1: LEFT, y1: y(t),
                               x2: this.#width - RIGHT, y2: y(t) }),
                 svg('text', { x: LEFT - 6, y: y(t) + 3.5, class: 'tick end',
                               text: tick(t) }));
    }
    const span = (this.#columns - 1) * this.#step;
    for (let min = 0; min * 60 <= span + this.#step; min += 15) {
      const i = this.#columns - 1 - min * 60 / this.#step;
      parts.push(svg('text', { x: Math.max(LEFT, this.#x(Math.max(0, i))),
                               y: HEIGHT - 5,
                               class: min === 0 ? 'tick end' : i <= 1
                                 ? 'tick' : 'tick mid',
                               text: min === 0 ? 'now'
                                 : `−${min}${i <= 1 ? ' min' : ''}` }));
    }
    for (const l of [...this.#lines].reverse())
      parts.push(svg('path', { class: `line s${l.i}`,
                               d: line(l.values, this.#x, y) }));
    parts.push(svg('line', { class: 'cursor', y1: TOP, y2: HEIGHT - BOTTOM }));
    setAttr(this.#svg, 'width', this.#width);
    this.#svg.replaceChildren(...parts);
    this.#mark();
  }

  #mark() {
    const on = this.#cursor >= 0;
    const c = this.#svg.lastElementChild;
    if (c) {
      const x = this.#x(on ? this.#cursor : 0);
      setAttr(c, 'x1', x);
      setAttr(c, 'x2', x);
      setAttr(c, 'visibility', on ? null : 'hidden');
    }
    this.#keys.show(this.#lines.map((l) => ({
      ...l, at: on ? l.values[this.#cursor] : l.sum.last,
    })), (l) => l.label);
  }
}
