// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How loud the element is: what the listener set, times what is being faded.
 * By the element's own volume, so that sound needs no audio graph; where that
 * can't be set (iOS) fades are left out.
 */

const STEP_MS = 25;

export class Fade {
  #audio;
  #volume = 1; // as set, 0..1
  #gain = 0; // of the fade: silent until something plays
  #sleep = 1;
  #timer;
  /** @type {((done: boolean) => void) | null} of a fade under way */
  #done = null;

  /** @param {HTMLMediaElement} audio */
  constructor(audio) {
    this.#audio = audio;
  }

  /** Whether its volume can be set at all. @param {HTMLMediaElement} audio */
  static works(audio) {
    const before = audio.volume;
    audio.volume = 0.5;
    const works = audio.volume === 0.5;
    audio.volume = before;
    return works;
  }

  /** @param {number} volume 0..1, as a hand sets it */
  set volume(volume) {
    this.#volume = Math.min(1, Math.max(0, volume));
    this.#apply();
  }

  /** @param {number} gain 0..1, of the sleep timer */
  set sleep(gain) {
    this.#sleep = gain;
    this.#apply();
  }

  /** At once. @param {number} gain 0..1 */
  jump(gain) {
    this.#over(false);
    this.#gain = gain;
    this.#apply();
  }

  /** @param {number} gain 0..1 @param {number} ms @returns {Promise<boolean>}
   *   false: another one took its place, and what is heard is that one's */
  to(gain, ms) {
    this.#over(false);
    const from = this.#gain;
    const begun = performance.now();
    return new Promise((done) => {
      this.#done = done;
      this.#timer = setInterval(() => {
        const x = Math.min(1, (performance.now() - begun) / ms);
        this.#gain = from + (gain - from) * x;
        this.#apply();
        if (x === 1)
          this.#over(true);
      }, STEP_MS);
    });
  }

  #over(done) {
    clearInterval(this.#timer);
    this.#done?.(done);
    this.#done = null;
  }

  #apply() {
    // Squared: half way of the slider sounds half as loud.
    this.#audio.volume = this.#volume ** 2 * this.#gain * this.#sleep;
  }
}
