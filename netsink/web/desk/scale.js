// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Axes and lines of plots and meters. Pure; px.
 */

/** 1, 2 or 5 times a power of ten, at least x. */
export function nice(x) {
  if (!(x > 0))
    return 1;
  const power = 10 ** Math.floor(Math.log10(x));
  const step = [1, 2, 5, 10].find((k) => x <= k * power * (1 + 1e-9));
  return step * power;
}

/**
 * An axis that holds the values.
 * @param {(number | null)[]} values
 * @param {{log?: boolean, floor?: number, least?: number, top?: number,
 *   whole?: boolean}} [o]
 *   floor: where a linear axis begins (else 0 or under what is there); least:
 *   the smallest top; log: by decades; whole: of counts
 * @returns {{min: number, max: number, log: boolean, ticks: number[]}}
 */
export function axis(values, { log = false, floor, least = 0, top,
                               whole = false } = {}) {
  const there = values.filter((v) => Number.isFinite(v));
  if (log) {
    const some = there.filter((v) => v > 0);
    const lo = Math.floor(Math.log10(Math.min(...some, least || 1)) + 1e-9);
    const hi = Math.ceil(Math.log10(Math.max(...some, least || 1)) - 1e-9);
    const last = Math.max(hi, lo + 1);
    const ticks = [];
    for (let k = lo; k <= last; k++)
      ticks.push(10 ** k);
    return { min: 10 ** lo, max: 10 ** last, log, ticks };
  }
  const low = floor ?? Math.min(0, ...there);
  const high = top ?? Math.max(least, ...there);
  const step = Math.max(nice((high - low || 1) / 4), whole ? 1 : 0);
  const min = Math.floor(low / step + 1e-9) * step;
  const max = Math.max(min + step, Math.ceil(high / step - 1e-9) * step);
  const ticks = [];
  for (let i = 0; min + i * step <= max + step / 2; i++)
    ticks.push(Number((min + i * step).toPrecision(12)));
  return { min, max, log, ticks };
}

/** 0 at the bottom of the axis, 1 at its top; held within. */
export function along(a, v) {
  const f = a.log
    ? Math.log(Math.max(v, a.min) / a.min) / Math.log(a.max / a.min)
    : (v - a.min) / (a.max - a.min);
  return Math.min(1, Math.max(0, f));
}

const round = (x) => Math.round(10 * x) / 10;

/**
 * A line through values at equal steps, with holes where nothing is known. A
 * value alone is a dot (a line of no length with round ends).
 * @param {(number | null)[]} values
 * @param {(i: number) => number} x
 * @param {(v: number) => number} y
 */
export function line(values, x, y) {
  let d = '', open = false;
  values.forEach((v, i) => {
    if (!Number.isFinite(v)) {
      open = false;
      return;
    }
    const at = `${round(x(i))} ${round(y(v))}`;
    if (open)
      d += `L${at}`;
    else
      d += Number.isFinite(values[i + 1]) ? `M${at}` : `M${at}h0`;
    open = true;
  });
  return d;
}

/**
 * Steps: each value holds from its moment to the next.
 * @param {{at: number, value: number}[]} points in order
 * @param {number} until
 */
export function steps(points, until, x, y) {
  let d = '';
  points.forEach((p, i) => {
    const end = points[i + 1]?.at ?? until;
    d += (i === 0 ? `M${round(x(p.at))} ${round(y(p.value))}`
                  : `V${round(y(p.value))}`) + `H${round(x(end))}`;
  });
  return d;
}

/** Least, middle, most and last of what is known; null: nothing is. */
export function summary(values) {
  const there = values.filter((v) => Number.isFinite(v)).sort((a, b) => a - b);
  if (there.length === 0)
    return null;
  const last = values.findLast((v) => Number.isFinite(v));
  return { min: there[0], median: there[(there.length - 1) >> 1],
           max: there[there.length - 1], last };
}
