// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The picture: the last minute of the music as a landscape between the play
 * button, which lies on the horizon, and the controls. The music's spectrum, low
 * (warm) to high (cool) from left to right, is the ridge in front; every second
 * and a half it is left behind and drifts to the horizon, where a light stands as high as the
 * music is bright. Drawn only while it is seen and sounds; with reduced motion
 * it stands still, and is drawn anew now and then.
 */
import { heights, layout, weight } from './spectrum.js';

const BAND_PX = 10; // wide, about
const BANDS_MIN = 44;
const BANDS_MAX = 128;
const ROWS = 40;
const ROW_MS = 1500;
const FRAME_MS = 1000 / 30;
const SHARE = 6; // of the time may be drawn: one in so many
const FRAME_MAX_MS = 250;
const STILL_MS = 10000;
const DPR_MAX = 2;
const DEPTH = 1.7; // how much farther apart near rows are
const FLAT = 0.4; // of a line's ink, where there is silence

/** @typedef {[number, number, number]} Rgb */

/** @param {Rgb} a @param {Rgb} b @param {number} x */
const mix = (a, b, x) => a.map((v, i) => v + (b[i] - v) * x);
const css = (c, alpha = 1) =>
  `rgba(${c.map((v) => Math.round(v)).join(' ')} / ${alpha.toFixed(3)})`;

export class Picture {
  #canvas;
  #ctx;
  #tap;
  #layout = null;
  #rows;
  #fresh;
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
  #cost = 0; // ms of a drawing, smoothed
  #late = 1; // a frame's time by what it was to be, smoothed
  #slow = 1; // how many times less often than could be
  #ink = {};
  #width = 0;
  #height = 0;
  #horizon = 0; // px from the top
  #shore = 0; // where the front ridge stands
  #measure;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import('./tap.js').Tap} tap
   * @param {() => {horizon: number, shore: number}} measure px from the top
   */
  constructor(canvas, tap, measure) {
    const bands = Math.round(Math.min(BANDS_MAX,
      Math.max(BANDS_MIN, canvas.clientWidth / BAND_PX)));

    this.#rows = Array.from({ length: ROWS + 1 }, () => ({
      h: new Float32Array(bands), warm: 0, ink: FLAT,
    }));
    this.#fresh = new Float32Array(bands);
    this.#measure = measure;
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
    this.#yield(dt);
  }

  /** Where drawing takes much, or frames come late, it is done less often: the
      machine is to have time for the sound. */
  #yield(dt) {
    this.#late += 0.1 * (Math.min(dt / this.#pace, 4) - this.#late);
    if (this.#late > 1.4)
      this.#slow = Math.min(FRAME_MAX_MS / FRAME_MS, this.#slow * 1.1);
    else if (this.#late < 1.15)
      this.#slow = Math.max(1, this.#slow * 0.998);
    this.#pace = Math.min(FRAME_MAX_MS,
      Math.max(this.#slow * FRAME_MS, SHARE * this.#cost));
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
    last.ink = this.#rows[0].ink;
    this.#rows.unshift(last);
  }

  /** The front ridge takes on what is heard. */
  #shape(db, share) {
    this.#layout ??= layout(this.#fresh.length, this.#tap.rate, this.#tap.bins);
    heights(db, this.#layout, this.#fresh);
    const front = this.#rows[0];
    for (let k = 0; k < front.h.length; k++)
      front.h[k] += (this.#fresh[k] - front.h[k]) * share;
    const { centre, level } = weight(front.h);
    this.#level += (level - this.#level) * share * 0.3;
    this.#centre += (centre - this.#centre) * share * 0.1;
    front.ink = FLAT + (1 - FLAT) * Math.min(1, 3 * level);
    front.warm = Math.min(1, Math.max(0, 1.4 - 2.2 * this.#centre));
  }

  #inks() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ['back', 'sky', 'low', 'mid', 'high', 'far', 'glow']) {
      const hex = style.getPropertyValue(`--picture-${name}`).trim();
      this.#ink[name] = /** @type {Rgb} */ ([1, 3, 5].map((i) =>
        parseInt(hex.slice(i, i + 2), 16) || 0));
    }
  }

  #size() {
    const dpr = Math.min(DPR_MAX, devicePixelRatio || 1);
    const { clientWidth: w, clientHeight: h } = this.#canvas;
    this.#width = w;
    this.#height = h;
    ({ horizon: this.#horizon, shore: this.#shore } = this.#measure());
    this.#canvas.width = Math.max(1, Math.round(w * dpr));
    this.#canvas.height = Math.max(1, Math.round(h * dpr));
    this.#ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    this.#draw();
  }

  #draw() {
    this.#sky();
    for (let i = ROWS - 1; i >= 0; i--)
      this.#ridge(this.#rows[i], i === 0 ? 0 : (i - 1 + this.#moved) / (ROWS - 1),
        i === ROWS - 1 ? 1 - this.#moved : 1);
  }

  #sky() {
    const horizon = this.#horizon;
    const c = this.#ctx;
    const { back, sky, glow } = this.#ink;
    const fill = c.createLinearGradient(0, 0, 0, horizon * 1.15);
    fill.addColorStop(0, css(sky));
    fill.addColorStop(1, css(back));
    c.fillStyle = fill;
    c.fillRect(0, 0, this.#width, this.#height);

    const r = Math.min(this.#width * 0.55, horizon * 1.05);
    const x = this.#width * 0.5;
    const y = horizon * (1.06 - 0.35 * this.#centre);
    const light = c.createRadialGradient(x, y, 0, x, y, r);
    const much = 0.12 + 0.5 * Math.min(1, this.#level * 1.6);
    for (const [at, share] of [[0, 1], [0.15, 0.62], [0.35, 0.28], [0.6, 0.1], [0.8, 0.03], [1, 0]])
      light.addColorStop(at, css(glow, much * share));
    c.fillStyle = light;
    c.fillRect(0, 0, this.#width, horizon * 1.3);
    c.fillStyle = css(back, 0.82); // the ground takes less of it
    c.fillRect(0, horizon, this.#width, this.#height - horizon);
  }

  #ridge(row, z, alpha) {
    const c = this.#ctx;
    const { back, low, mid, high, far } = this.#ink;
    const close = (1 - z) ** DEPTH;
    const last = row.h.length - 1;
    const land = this.#shore - this.#horizon;
    const ground = this.#horizon + land * close;
    const tall = Math.min(land * 0.62, this.#width * 0.4) * (0.12 + 0.88 * close);
    const wide = this.#width * (1.02 + 0.24 * close);
    const left = (this.#width - wide) / 2;
    const step = wide / last;
    const y = (k) => {
      const edge = Math.min(1, 7 * Math.min(k, last - k) / last);
      const h = row.h[k];
      return ground - tall * h * Math.sqrt(h) * edge;
    };
    const line = () => {
      c.moveTo(left, y(0));
      for (let k = 1; k < last; k++)
        c.quadraticCurveTo(left + k * step, y(k), left + (k + 0.5) * step,
          (y(k) + y(k + 1)) / 2);
      c.lineTo(left + wide, ground);
    };
    c.beginPath(); // hides what lies behind it
    line();
    c.lineTo(left + wide, ground + tall * 0.4);
    c.lineTo(left, ground + tall * 0.4);
    c.fillStyle = css(back, alpha * 0.86);
    c.fill();
    c.beginPath();
    line();
    const ink = c.createLinearGradient(0, 0, this.#width, 0);
    const much = alpha * row.ink * (0.95 - 0.6 * z);
    for (const [at, hue] of [[0, low], [0.2 + 0.4 * row.warm, mid], [1, high]])
      ink.addColorStop(at, css(mix(hue, far, z ** 0.8), much));
    c.strokeStyle = ink;
    c.lineWidth = 0.6 + 1.1 * close;
    c.stroke();
  }
}
