// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How long to wait before the next try: twice as long each time, up to a bound,
 * and anything from half of it on, so that a crowd does not come back as one.
 * Pure but for the dice.
 */
export class Backoff {
  #first;
  #most;
  #random;
  #tries = 0;

  /**
   * @param {number} first ms
   * @param {number} most ms
   * @param {() => number} [random] 0 up to 1
   */
  constructor(first, most, random = Math.random) {
    this.#first = first;
    this.#most = most;
    this.#random = random;
  }

  /** @returns {number} ms */
  next() {
    const full = Math.min(this.#most, this.#first * 2 ** this.#tries);
    this.#tries = Math.min(this.#tries + 1, 30);
    return full * (0.5 + 0.5 * this.#random());
  }

  /** It went well. */
  reset() {
    this.#tries = 0;
  }
}

/**
 * Retry-After in ms: seconds, or a date (RFC 9110 10.2.3); null if it says
 * nothing.
 * @param {string | null} text
 * @param {number} now unix ms
 */
export function retryAfter(text, now) {
  if (!text)
    return null;
  const ms = /^\d+$/.test(text) ? 1000 * Number(text) : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 600000) : null;
}
