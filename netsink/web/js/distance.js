// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Keeps the distance to live: two clocks (the station's and the sound card's)
 * never agree, and an outage that was heard leaves it longer. What is measured
 * once a second is compared with what it was when playing began; when it has
 * moved away, playing goes 0.3 % faster or slower (5 cents: nobody hears it in
 * such music), or 0.6 % when it is far away, until it is back. Pure.
 */

const RATE = 0.003;
const FAR_S = 2; // twice as fast then
const SETTLE = 5; // measures before the target is set
const SMOOTH = 0.1; // of a new measure
const NEAR_S = 0.1;

/** So far from the target is left alone, s. */
const allowed = (target) => Math.min(0.5, Math.max(0.2, 0.1 * target));

export class Distance {
  #first = [];
  #target = NaN;
  #mean = NaN;
  #rate = 1;

  /** s behind live that it keeps to; NaN: not settled yet */
  get target() {
    return this.#target;
  }

  /** Another distance is meant from now on; s, or NaN: as it turns out. */
  reset(target = NaN) {
    this.#first = [];
    this.#target = target;
    this.#mean = NaN;
    this.#rate = 1;
  }

  /**
   * @param {number} behind s, once a second while sound is playing
   * @returns {number} the rate to play at
   */
  measured(behind) {
    if (Number.isNaN(this.#target)) {
      this.#first.push(behind);
      if (this.#first.length < SETTLE)
        return 1;
      this.#target = this.#first.sort((a, b) => a - b)[SETTLE >> 1];
    }
    this.#mean = Number.isNaN(this.#mean) ? behind
      : this.#mean + SMOOTH * (behind - this.#mean);
    const off = this.#mean - this.#target;
    const away = Math.abs(off);
    const was = Math.sign(this.#rate - 1);
    const moves = was !== 0 ? away > NEAR_S && Math.sign(off) === was
      : away > allowed(this.#target);
    this.#rate = moves ? 1 + Math.sign(off) * RATE * (away > FAR_S ? 2 : 1) : 1;
    return this.#rate;
  }
}
