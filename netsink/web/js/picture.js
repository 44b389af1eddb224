// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The picture: the last minute of the music as a landscape. Its spectrum, low
 * to high from left to right, is the ridge in front; every second and a half it
 * is left behind and drifts toward the horizon, where a light stands as high as
 * the music is bright. Drawn only while it is seen and sounds; with reduced
 * motion it stands still, and is drawn anew now and then.
 */
import { heights, layout, weight } from './spectrum.js';

const BANDS = 112;
const ROWS = 40;
const ROW_MS = 1500;
const FRAME_MS = 1000 / 30;
const SLOW_MS = 9; // of drawing: half as often then
const STILL_MS = 10000;
const DPR_MAX = 2;
const HORIZON = 0.44; // of the height, from the top
const DEPTH = 1.9; // how much nearer rows are apart

/** @typedef {[number, number, number]} Rgb */

/** @param {Rgb} a @param {Rgb} b @param {number} x */
const mix = (a, b, x) => a.map((v, i) => v + (b[i] - v) * x);
const css = (c, alpha = 1) =>
  `rgba(${c.map((v) => Math.round(v)).join(' ')} / ${alpha.toFixed(3)})`;

export class Picture {
  #canvas;
  #ctx;
  #tap;
  /** @type {ReturnType<typeof layout> | null} */
  #layout = null;
  /** @type {{h: Float32Array, warm: number}[]} front first */
  #rows = Array.from({ length: ROWS + 1 }, () => ({
    h: new Float32Array(BANDS), warm: 0,
  }));
  #fresh = new Float32Array(BANDS);
  #moved = 0; // 0..1 of a row's way to the next one's place
  #level = 0;
  #centre = 0.3;
  #on = false;
  #still = matchMedia('(prefers-reduced-motion: reduce)');
  #scheme = matchMedia('(prefers-color-scheme: light)');
  #frame = 0;
  #timer;
  #drawn = 0; // ms
  #pace = FRAME_MS;
  #cost = 0; // ms, smoothed
  /** @type {Record<string, Rgb>} */
  #ink = {};
  #width = 0;
  #height = 0;

  /** @param {HTMLCanvasElement} canvas @param {import('./tap.js').Tap} tap */
  constructor(canvas, tap) {
    this.#canvas = canvas;
    this.#ctx = canvas.getContext('2d', { alpha: false });
    this.#tap = tap;
    this.#inks();
    new ResizeObserver(() => this.#size()).observe(canvas);
    this.#scheme.addEventListener('change', () => {
      this.#inks();
      this.#draw();
    });
    this.#still.addEventListener('change', () => this.#go());
    document.addEventListener('visibilitychange', () => this.#go());
    this.#size();
  }

  /** Sound begins or ends. @param {boolean} on */
  plays(on) {
    if (on === this.#on)
      return;
    this.#on = on;
    this.#go();
  }

  #go() {
    const runs = this.#on && !document.hidden;
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    if (!runs) {
      this.#tap.close();
      return;
    }
    this.#tap.open();
    this.#drawn = performance.now();
    if (this.#still.matches)
      this.#timer = setTimeout(() => this.#stand(), 1500);
    else
      this.#frame = requestAnimationFrame((t) => this.#run(t));
  }

  /** @param {number} t ms */
  #run(t) {
    this.#frame = requestAnimationFrame((u) => this.#run(u));
    const dt = t - this.#drawn;
    if (dt < this.#pace - 4)
      return;
    this.#drawn = t;
    const begun = performance.now();
    this.#hear(Math.min(dt, 200));
    this.#draw();
    this.#cost += 0.05 * (performance.now() - begun - this.#cost);
    this.#pace = this.#cost > SLOW_MS ? 2 * FRAME_MS : FRAME_MS;
  }

  /** One ridge, and no motion. */
  #stand() {
    const db = this.#tap.read();
    if (db)
      this.#shape(db, 1);
    this.#rows.slice(1).forEach((r) => r.h.fill(0));
    this.#moved = 0;
    this.#draw();
    this.#timer = setTimeout(() => this.#stand(), db ? STILL_MS : 500);
  }

  /** @param {number} dt ms */
  #hear(dt) {
    const db = this.#tap.read();
    if (db)
      this.#shape(db, 1 - Math.exp(-dt / 220));
    this.#moved += dt / ROW_MS;
    if (this.#moved < 1)
      return;
    this.#moved %= 1;
    const last = this.#rows.pop();
    last.h.set(this.#rows[0].h);
    last.warm = this.#rows[0].warm;
    this.#rows.unshift(last);
  }

  /** The front ridge takes on what is heard. */
  #shape(db, share) {
    this.#layout ??= layout(BANDS, this.#tap.rate, this.#tap.bins);
    heights(db, this.#layout, this.#fresh);
    const front = this.#rows[0];
    for (let k = 0; k < BANDS; k++)
      front.h[k] += (this.#fresh[k] - front.h[k]) * share;
    const { centre, level } = weight(front.h);
    this.#level += (level - this.#level) * share * 0.3;
    this.#centre += (centre - this.#centre) * share * 0.1;
    front.warm = Math.min(1, Math.max(0, 1.4 - 2.2 * this.#centre));
  }

  #inks() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ['back', 'sky', 'near', 'warm', 'far', 'glow']) {
      const hex = style.getPropertyValue(`--picture-${name}`).trim();
      this.#ink[name] = /** @type {Rgb} */ ([1, 3, 5].map((i) =>
        parseInt(hex.slice(i, i + 2), 16) || 0));
    }
  }

  #size() {
    const dpr = Math.min(DPR_MAX, devicePixelRatio || 1);
    const { clientWidth: w, clientHeight: h } = this.#canvas;
    if (w === this.#width && h === this.#height && this.#canvas.width === Math.round(w * dpr))
      return;
    this.#width = w;
    this.#height = h;
    this.#canvas.width = Math.max(1, Math.round(w * dpr));
    this.#canvas.height = Math.max(1, Math.round(h * dpr));
    this.#ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    this.#draw();
  }

  #draw() {
    const horizon = this.#height * HORIZON;
    this.#sky(horizon);
    for (let i = ROWS - 1; i >= 0; i--)
      this.#ridge(this.#rows[i], i === 0 ? 0 : (i - 1 + this.#moved) / (ROWS - 1),
        horizon, i === ROWS - 1 ? 1 - this.#moved : 1);
  }

  #sky(horizon) {
    const c = this.#ctx;
    const { back, sky, glow } = this.#ink;
    const fill = c.createLinearGradient(0, 0, 0, horizon * 1.15);
    fill.addColorStop(0, css(sky));
    fill.addColorStop(1, css(back));
    c.fillStyle = fill;
    c.fillRect(0, 0, this.#width, this.#height);

    const r = Math.min(this.#width * 0.75, horizon * 1.5);
    const x = this.#width * 0.5;
    const y = horizon * (1.08 - 0.5 * this.#centre);
    const light = c.createRadialGradient(x, y, 0, x, y, r);
    const much = 0.1 + 0.5 * Math.min(1, this.#level * 1.6);
    light.addColorStop(0, css(glow, much));
    light.addColorStop(0.35, css(glow, much * 0.36));
    light.addColorStop(1, css(glow, 0));
    c.fillStyle = light;
    c.fillRect(0, 0, this.#width, horizon * 1.6);
  }

  /** @param {number} z 0: in front, 1: at the horizon */
  #ridge(row, z, horizon, alpha) {
    const c = this.#ctx;
    const { back, near, warm, far } = this.#ink;
    const near1 = (1 - z) ** DEPTH;
    const ground = horizon + (this.#height * 0.99 - horizon) * near1;
    const tall = this.#height * (0.035 + 0.2 * near1);
    const wide = this.#width * (1.02 + 0.3 * near1);
    const left = (this.#width - wide) / 2;
    const step = wide / (BANDS - 1);
    const y = (k) => {
      const edge = Math.min(1, 6 * Math.min(k, BANDS - 1 - k) / BANDS);
      const h = row.h[k];
      return ground - tall * h * Math.sqrt(h) * edge;
    };
    const line = () => {
      c.moveTo(left, y(0));
      for (let k = 1; k < BANDS - 1; k++)
        c.quadraticCurveTo(left + k * step, y(k), left + (k + 0.5) * step,
          (y(k) + y(k + 1)) / 2);
      c.lineTo(left + wide, ground);
    };
    c.beginPath(); // hides what lies behind it
    line();
    c.lineTo(left + wide, ground + tall);
    c.lineTo(left, ground + tall);
    c.fillStyle = css(back, alpha * 0.86);
    c.fill();
    c.beginPath();
    line();
    c.strokeStyle = css(mix(mix(near, warm, row.warm), far, z ** 0.8),
      alpha * (0.9 - 0.55 * z));
    c.lineWidth = 0.6 + 1.1 * near1;
    c.stroke();
  }
}
