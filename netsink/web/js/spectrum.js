// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * From an analyser's bins to what is drawn: bands evenly spaced to the ear, as
 * heights from 0 to 1. Pure.
 */

const LOW_HZ = 40;
const HIGH_HZ = 9000;
const FLOOR_DB = -92;
const RANGE_DB = 58;
const TILT_DB = 3.2; // per octave: music has less at the top, the eye wants some

/**
 * Which bins each band is made of.
 * @param {number} bands
 * @param {number} rate Hz
 * @param {number} bins up to half the rate
 */
export function layout(bands, rate, bins) {
  const hz = rate / 2 / bins;
  return Array.from({ length: bands }, (_, k) => {
    const f = LOW_HZ * (HIGH_HZ / LOW_HZ) ** (k / (bands - 1));
    const g = LOW_HZ * (HIGH_HZ / LOW_HZ) ** ((k + 1) / (bands - 1));
    return { from: f / hz, to: g / hz, tilt: TILT_DB * Math.log2(f / LOW_HZ) };
  });
}

/** The value between bins. */
function between(db, at) {
  const i = Math.min(db.length - 2, Math.floor(at));
  const a = db[i], b = db[i + 1];
  if (!Number.isFinite(a) || !Number.isFinite(b))
    return -Infinity;
  return a + (b - a) * (at - i);
}

/**
 * @param {Float32Array} db dBFS of each bin
 * @param {ReturnType<typeof layout>} bands
 * @param {Float32Array} out heights
 */
export function heights(db, bands, out) {
  bands.forEach(({ from, to, tilt }, k) => {
    let top = between(db, (from + to) / 2);
    for (let i = Math.ceil(from); i < to && i < db.length; i++)
      top = Math.max(top, db[i]);
    const h = (top + tilt - FLOOR_DB) / RANGE_DB;
    out[k] = Number.isFinite(h) ? Math.min(1, Math.max(0, h)) : 0;
  });
}

/** Where the sound's weight lies, 0 (low) to 1 (high); and how much there is. */
export function weight(h) {
  let sum = 0, at = 0;
  h.forEach((x, k) => {
    sum += x * x;
    at += x * x * k;
  });
  return sum > 0
    ? { centre: at / sum / (h.length - 1), level: Math.sqrt(sum / h.length) }
    : { centre: 0, level: 0 };
}
