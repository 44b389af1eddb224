// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The meters: loudness of every master, as it tells once a second, and levels
 * of outputs and inputs ten times a second, with the highest peak held for a
 * while. Bars are moved by one transform each and only when that is seen.
 */
import { el, Keyed, setAttr, setText } from './dom.js';
import { fixed, NONE, signed } from './format.js';
import { mastersOf, portsOf } from './station.js';
import { along } from './scale.js';

const HOLD_MS = 3000;
const LUFS = { min: -41, max: -5, log: false };
export const PEAK = { min: -60, max: 0, log: false };
const REDUCTION = { min: 0, max: 12, log: false };
/** Where a level is one to look at, and where it is too much; dBFS. */
export const HOT_DBFS = -6;
export const CLIP_DBFS = -0.3;
/** A true peak that the master's ceiling of -1 dBTP does not explain. */
const OVER_DBTP = -0.5;

/** "hot", "clip" or null, of a peak */
export function heat(peak) {
  return peak >= CLIP_DBFS ? 'clip' : peak >= HOT_DBFS ? 'hot' : null;
}

/** One bar with a name, a figure, and a mark that holds. */
class Bar {
  node;
  #fill = el('i');
  #mark = el('b');
  #value = el('output');
  #scale;
  #drawn = '';

  /** @param {{band?: [number, number]}} [o] band: where the fill should be */
  constructor(label, unit, scale, { band } = {}) {
    this.#scale = scale;
    const track = el('span', { class: 'track', 'aria-hidden': 'true' });
    if (band) {
      const goal = el('u');
      goal.style.left = `${100 * along(scale, band[0])}%`;
      goal.style.right = `${100 - 100 * along(scale, band[1])}%`;
      track.append(goal);
    }
    track.append(this.#fill, this.#mark);
    this.node = el('div', { class: 'bar' }, el('span', { text: label }), track,
                   el('span', { class: 'figure' }, this.#value,
                      el('small', { text: unit })));
    this.show(null, { said: NONE });
  }

  /** @param {number | null} v @param {{mark?: number | null, said: string,
   *   heat?: string | null}} o */
  show(v, { mark = null, said, heat: h = null }) {
    const f = v === null ? 0 : along(this.#scale, v);
    const m = mark === null ? -1 : along(this.#scale, mark);
    const drawn = `${f.toFixed(3)} ${m.toFixed(3)} ${h}`;
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      this.#fill.style.transform = `scaleX(${f.toFixed(4)})`;
      this.#mark.style.transform =
        `translateX(calc(${(100 * Math.max(0, m)).toFixed(2)}% - 2px))`;
      this.#mark.hidden = m <= 0;
      setAttr(this.node, 'data-heat', h);
    }
    setText(this.#value, said);
  }
}

const number = (x) => (Number.isFinite(x) ? x : null);

function masterMeter() {
  const bars = {
    m: new Bar('Momentary', 'LUFS', LUFS, { band: [-19, -17] }),
    s: new Bar('Short-term', 'LUFS', LUFS, { band: [-19, -17] }),
    i: new Bar('Integrated', 'LUFS', LUFS, { band: [-19, -17] }),
    peak: new Bar('True peak', 'dBTP', PEAK, { band: [-1.2, -0.8] }),
    gr: new Bar('Limiting', 'dB', REDUCTION),
  };
  const name = el('h3'), gain = el('p', { class: 'note' });
  const node = el('div', { class: 'meter', 'data-meter': 'master' }, name,
                  ...Object.values(bars).map((b) => b.node), gain);
  return { node, update(c) {
    const t = c.told;
    setText(name, c.name);
    for (const [key, bar] of [['m', bars.m], ['s', bars.s], ['i', bars.i]]) {
      const v = number(t[`lufs_${key}`]);
      bar.show(v, { said: fixed(v, 1) });
    }
    const peak = number(t.true_peak_dbtp);
    bars.peak.show(peak, { mark: peak, said: fixed(peak, 1),
                           heat: peak >= OVER_DBTP && peak !== null ? 'clip'
                                                                    : null });
    const gr = number(t.reduction_db);
    bars.gr.show(gr, { said: fixed(gr, 1) });
    setText(gain, `Slow gain ${signed(number(t.gain_db), 1)} dB. True peak ` +
      'is the highest since the start, limiting the most in a second.');
  } };
}

function levelMeter() {
  const title = el('h3');
  const node = el('div', { class: 'meter' }, title);
  let bars = [];
  return {
    node,
    update(item) {
      setText(title, item.title);
      if (bars.map((b) => b.port).join() ===
          item.ports.map((p) => p.port).join())
        return;
      bars.forEach((b) => b.bar.node.remove());
      bars = item.ports.map((p) => ({
        port: p.port, held: -Infinity, until: 0,
        bar: new Bar(p.side, 'dBFS', PEAK),
      }));
      node.append(...bars.map((b) => b.bar.node));
    },
    levels(all, now) {
      for (const b of bars) {
        const [rms, peak] = all[b.port] ?? [null, null];
        const p = peak ?? -Infinity;
        if (p >= b.held || now > b.until) {
          b.held = p;
          b.until = now + HOLD_MS;
        }
        const held = number(b.held);
        b.bar.show(rms, { mark: held, said: fixed(held, 1),
                          heat: heat(b.held) });
      }
    },
  };
}

export class Meters {
  #masters;
  #levels;
  #keys = [];
  #none;
  #inView = true;

  /** @param {Element} parent */
  constructor(parent) {
    const masters = el('div'), levels = el('div');
    this.#none = el('p', { class: 'nothing', text:
      'No longwave-master in the graph tells its loudness.' });
    parent.append(masters, this.#none, levels);
    new IntersectionObserver(([e]) => {
      this.#inView = e.isIntersecting;
    }).observe(parent);
    this.#masters = new Keyed(masters, masterMeter);
    this.#levels = new Keyed(levels, levelMeter);
  }

  show(s) {
    const masters = mastersOf(s);
    this.#masters.show(masters, (c) => c.name);
    this.#none.hidden = masters.length > 0;
    const items = [
      ...s.mounts.map((m) => ({
        key: `/${m.name}`, title: `Into /${m.name}`, ports: portsOf(s, m) })),
      ...masters.map((c) => ({
        key: c.name, title: `Into ${c.name}`,
        ports: ['L', 'R'].map((side) => ({
          side, port: `${c.name}:in_${side}` })) })),
    ];
    this.#keys = items.map((i) => i.key);
    this.#levels.show(items, (i) => i.key);
  }

  /** @param {Record<string, [number | null, number | null]>} all */
  levels(all, now) {
    if (!this.#inView)
      return;
    for (const k of this.#keys)
      this.#levels.get(k)?.levels(all, now);
  }
}

