// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Figures as people read them. What is not known is an en dash, and minus is a
 * minus. Pure.
 */
export const NONE = '–';

const known = (x) => typeof x === 'number' && Number.isFinite(x);

/** @param {number | null | undefined} x @param {number} digits */
export function fixed(x, digits) {
  if (!known(x))
    return NONE;
  const text = Math.abs(x).toFixed(digits);
  return x < 0 && Number(text) !== 0 ? '−' + text : text;
}

/** With its sign, as gains are. */
export function signed(x, digits) {
  const text = fixed(x, digits);
  return known(x) && x > 0 && Number(x.toFixed(digits)) !== 0 ? '+' + text
                                                              : text;
}

/** Three figures that matter: 0.044, 1.25, 31.4, 1,204; whole ones as such. */
export function short(x) {
  if (!known(x))
    return NONE;
  const size = Math.abs(x);
  if (size >= 1000 || Number.isInteger(x))
    return whole(x);
  return fixed(x, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** 1,204,000 */
export function whole(x) {
  return fixed(x, 0).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A share of one: 0.0226 is 2.3 %. */
export function percent(x) {
  return known(x) ? fixed(100 * x, Math.abs(x) < 0.0995 ? 1 : 0) + ' %' : NONE;
}

/** Powers of 1000, as network people count. */
export function bytes(n) {
  if (!known(n))
    return NONE;
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let i = 0;
  while (n >= 999.5 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return fixed(n, i > 0 && n < 9.95 ? 1 : 0) + ' ' + units[i];
}

/** "12 s", "3 min 5 s", "2 h 14 min", "3 d 4 h" */
export function duration(seconds) {
  if (!known(seconds))
    return NONE;
  const s = Math.max(0, Math.floor(seconds));
  const parts = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const i = parts.findIndex(([, size]) => s >= size);
  if (i < 0)
    return '0 s';
  const first = `${Math.floor(s / parts[i][1])} ${parts[i][0]}`;
  if (i === 3)
    return first;
  const rest = Math.floor((s % parts[i][1]) / parts[i + 1][1]);
  return rest > 0 ? `${first} ${rest} ${parts[i + 1][0]}` : first;
}

/** Time of day where the page is looked at, 24 h. */
export function clock(unixMs, seconds = true) {
  if (!known(unixMs))
    return NONE;
  const d = new Date(unixMs);
  const two = (n) => String(n).padStart(2, '0');
  const text = `${two(d.getHours())}:${two(d.getMinutes())}`;
  return seconds ? `${text}:${two(d.getSeconds())}` : text;
}

/** The program of a User-Agent: "Firefox 128", "curl 7.88", "VLC 3.0". */
export function agent(text) {
  if (!text)
    return NONE;
  const names = [
    ['Edg', 'Edge'], ['OPR', 'Opera'], ['Firefox', 'Firefox'],
    ['Chrome', 'Chrome'], ['Version', 'Safari'],
  ];
  for (const [token, name] of names) {
    const m = text.match(new RegExp(`\\b${token}/(\\d+)`));
    if (m)
      return `${name} ${m[1]}`;
  }
  const m = text.match(/^([\w.+-]+)[/ ]v?(\d+(?:\.\d+)?)/);
  return m ? `${m[1]} ${m[2]}` : text.split(/[\s/(]/, 1)[0] || text;
}

/** "1 listener", "2,000 listeners" */
export function count(n, one, many = one + 's') {
  return `${whole(n)} ${n === 1 ? one : many}`;
}
