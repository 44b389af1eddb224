// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The last hour: the plots, and the cursor over all of them, which is a slider
 * too, for keys and screen readers.
 */
import { get } from './api.js';
import { byId, setText, WhileSeen } from './dom.js';
import { clock, duration } from './format.js';
import { Plot } from './plot.js';

const REFRESH_MS = 10000;

/** Lines of series by name; those that aren't there have no values. */
const of = (names) => (series) => Object.entries(names)
  .map(([name, label]) => ({ label, values: series[name] ?? [] }));

const hundredfold = (l) => ({
  ...l, values: l.values.map((v) => v === null ? v : 100 * v) });

/* "cpu_longwave-gen" is a process, "cpu" is this sink. At most six lines: the
   busiest. */
function cpuLines(series) {
  const all = Object.keys(series).filter((n) => n.startsWith('cpu_'))
    .map((n) => ({ label: n.slice(4).replace(/^longwave-/, ''),
                   values: series[n] }));
  if (all.length === 0)
    return of({ cpu: 'sink' })(series);
  const sum = (l) => l.values.reduce((a, v) => a + (v ?? 0), 0);
  const most = new Set([...all].sort((a, b) => sum(b) - sum(a)).slice(0, 6));
  return all.filter((l) => most.has(l))
    .map(hundredfold);
}

const share = (names) => (series) => of(names)(series).map(hundredfold);

/** @type {import('./plot.js').PlotSpec[]} */
const PLOTS = [
  { title: 'Schedule deviation', unit: 'ms', log: true, least: 0.1,
    none: 'Not measured yet.',
    lines: of({ deviation_ms_p50: 'p50', deviation_ms_p95: 'p95',
                deviation_ms_p99: 'p99' }) },
  { title: 'Jitter', unit: 'ms', log: true, least: 0.1,
    none: 'Not measured yet.', lines: of({ jitter_ms_p95: 'p95' }) },
  { title: 'Lag', unit: 's', least: 0.1, none: 'Not measured yet.',
    lines: of({ lag_s_p95: 'p95' }) },
  { title: 'Listeners', unit: '', least: 4, whole: true,
    none: 'Not measured yet.',
    lines: of({ listeners: 'listeners' }) },
  { title: 'Sent', unit: 'Mbit/s', least: 0.5, none: 'Not measured yet.',
    lines: of({ mbit: 'sent' }) },
  { title: 'CPU', unit: '% of a core', least: 5, none: 'Not measured yet.',
    lines: cpuLines },
  { title: 'Memory', unit: 'MB', least: 10, none: 'Not measured yet.',
    lines: of({ rss_mb: 'sink' }) },
  { title: 'GPU', unit: '% busy', least: 5,
    none: 'No GPU renders here.', lines: share({ gpu_share: 'GPU' }) },
  { title: 'Loudness', unit: 'LUFS, dBTP', floor: -40, top: 0,
    none: 'No master in the graph.',
    lines: of({ lufs_m: 'momentary', true_peak: 'true peak' }) },
  { title: 'DSP load', unit: '% of a period', least: 2,
    none: 'The sink is in no graph.', lines: share({ dsp_load: 'sink' }) },
  { title: 'Encoding', unit: 'ms a second', least: 10,
    none: 'Not measured yet.', lines: of({ encode_ms_per_s: 'encode' }) },
  { title: 'Events', unit: 'in 10 s', least: 2, whole: true,
    none: 'Not measured yet.',
    lines: of({ xruns: 'xruns', switches: 'switches', skips: 'skips' }) },
];

export class Hour {
  #plots;
  #slider = byId('hour-at');
  #said = byId('hour-said');
  #columns = 0;
  #step = 10;
  #end = 0;
  #held = null; // where the slider was put; null: it is let go

  constructor() {
    this.#plots = PLOTS.map((s) => new Plot(s, (f) =>
      this.#point(f ?? this.#held)));
    byId('plots').append(...this.#plots.map((p) => p.node));
    this.#slider.addEventListener('input', () => {
      const v = Number(this.#slider.value);
      this.#held = v >= this.#columns - 1 ? null : v / (this.#columns - 1);
      this.#point(this.#held);
    });
    new WhileSeen(byId('hour'), REFRESH_MS, () => this.#fetch());
  }

  async #fetch() {
    try {
      this.#show(await get('/history.json'));
    } catch {
      // the headline says that the sink is away
    }
  }

  #show(h) {
    this.#columns = Math.max(0, ...Object.values(h.series)
      .map((v) => v.length));
    this.#step = h.step_s;
    this.#end = h.end_unix_ms;
    this.#slider.max = Math.max(1, this.#columns - 1);
    for (const p of this.#plots)
      p.show(h);
    this.#point(this.#held);
  }

  #point(f) {
    for (const p of this.#plots)
      p.point(f);
    const last = Math.max(0, this.#columns - 1);
    const at = f === null ? last : Math.round(f * last);
    const back = (last - at) * this.#step;
    this.#slider.value = at;
    const text = back === 0 ? 'now'
      : `${clock(this.#end - 1000 * back)}, ${duration(back)} ago`;
    setText(this.#said, text);
    this.#slider.setAttribute('aria-valuetext', text);
    this.#slider.style.setProperty('--part', `${100 * (f ?? 1)}%`);
  }
}
