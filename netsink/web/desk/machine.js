// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The machine room: processes with what they take, the sink's threads, and who
 * renders the music, why, and what went wrong with that.
 */
import { byId, el, Keyed, setAttr, setText, textRow } from './dom.js';
import { bytes, duration, fixed, NONE, percent, short, whole }
  from './format.js';
import { generatorsOf, processesOf } from './station.js';

const STATES = {
  off: ['ok', 'CPU'],
  probing: ['ok', 'trying the GPU'],
  gpu: ['ok', 'GPU'],
  suspect: ['warn', 'failover: GPU suspect'],
  cpu: ['warn', 'failover: CPU'],
};

const number = (text) => ({ text, class: 'number' });

export class Machine {
  #processes = new Keyed(byId('processes-rows'), () => textRow([
    (p) => p.name,
    (p) => number(String(p.pid)),
    (p) => number(percent(p.cpu)),
    (p) => number(p.rssKb ? bytes(1024 * p.rssKb) : NONE),
    (p) => number(p.threads ? whole(p.threads) : NONE),
    (p) => (p.restarts > 0 ? { text: whole(p.restarts), class: 'number wrong' }
                           : number(p.restarts === null ? NONE : '0')),
    (p) => p.state,
  ]));
  #threads = new Keyed(byId('threads-rows'), () => textRow([
    (t) => t.name,
    (t) => number(percent(t.cpu_cores.now)),
    (t) => number(percent(t.cpu_cores.minute_mean)),
    (t) => number(percent(t.cpu_cores.hour_max)),
  ]));
  #renderers = new Keyed(byId('renderers'), renderer);

  show(s) {
    const processes = processesOf(s);
    this.#processes.show(processes, (p) => p.pid);
    byId('processes-none').hidden = processes.length > 0;
    byId('processes-table').hidden = processes.length === 0;
    this.#threads.show(s.usage.threads.map((t, i) => ({ ...t, i })),
                       (t) => `${t.name} ${t.i}`);
    const all = generatorsOf(s);
    this.#renderers.show(all, (c) => c.name);
    byId('renderers-none').hidden = all.length > 0;
    const j = s.jack;
    setText(byId('jack-facts'), j.up
      ? `JACK ${whole(j.rate_hz)} Hz, ${whole(j.period_frames)} frames ` +
        `(${fixed(1000 * j.period_frames / j.rate_hz, 1)} ms), ` +
        `${whole(j.xruns)} xruns, ${whole(j.rejoins)} rejoins, DSP load ` +
        `${percent(j.dsp_load)}, p99 ${short(j.dsp_ms_p99)} ms. Sink up for ` +
        `${duration(s.uptime_s)}.`
      : `No JACK server. Sink up for ${duration(s.uptime_s)}.`);
  }
}

const ms = (x) => (x === null || x === undefined ? NONE : `${short(x)} ms`);

/* What a renderer's figures are called, and where they are. */
const FIGURES = [
  ['Failovers', (r) => whole(r.failovers), (r) => r.failovers > 0],
  ['Rebuilds', (r) => whole(r.rebuilds)],
  ['Chunks by GPU', (r) => whole(r.chunks.by_gpu)],
  ['Chunks by CPU', (r) => whole(r.chunks.by_cpu)],
  ['Late', (r) => whole(r.chunks.late), (r) => r.chunks.late > 0],
  ['Thinned', (r) => whole(r.chunks.thinned), (r) => r.chunks.thinned > 0],
  ['Checked', (r) => whole(r.chunks.checked)],
  ['Wrong', (r) => whole(r.chunks.mismatched), (r) => r.chunks.mismatched > 0],
  ['GPU, a chunk', (r) => ms(r.gpu_ms)],
  ['CPU, a chunk', (r) => ms(r.cpu_ms)],
  ['Cost by GPU', (r) => ms(r.gpu_cost_ms)],
  ['Cost by CPU', (r) => ms(r.cpu_cost_ms)],
  ['Ahead', (r, t) => ms(t.ahead_ms)],
  ['Least ahead', (r) => ms(r.least_ahead_ms)],
  ['Missed frames', (r, t) => whole(t.missed_frames),
   (r, t) => t.missed_frames > 0],
  ['Load', (r, t) => percent(t.load)],
];

function renderer() {
  const name = el('h3'), state = el('span', { class: 'chip' });
  const who = el('p', { class: 'now' });
  const choice = el('p', { class: 'note' });
  const trouble = el('p', { class: 'wrong' });
  const cells = FIGURES.map(([label]) => {
    const dd = el('dd');
    return { dd, node: el('div', {}, el('dt', { text: label }), dd) };
  });
  const node = el('article', { class: 'renderer' },
                  el('header', {}, name, state), who, choice, trouble,
                  el('dl', {}, ...cells.map((c) => c.node)));
  return { node, update: (c) => {
    const r = c.told.renderer;
    const [kind, word] = STATES[r.state] ?? ['warn', r.state];
    setText(name, c.name);
    setText(state, word);
    setAttr(state, 'data-kind', kind);
    setText(who, r.name);
    setText(choice, r.choice);
    choice.hidden = !r.choice;
    setText(trouble, r.trouble);
    trouble.hidden = !r.trouble;
    FIGURES.forEach(([, text, wrong], i) => {
      setText(cells[i].dd, text(r, c.told));
      setAttr(cells[i].dd, 'data-wrong', wrong?.(r, c.told));
    });
  } };
}
