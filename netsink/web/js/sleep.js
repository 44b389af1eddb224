// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The sleep timer: after so many minutes the sound is faded out over the last
 * one, and then stopped. Time is given.
 */

const FADE_MS = 60000;

export class Sleep {
  #end = Infinity; // ms
  #fade = FADE_MS;

  /** @param {number} now ms @param {number} minutes 0: off */
  set(now, minutes) {
    this.#end = minutes > 0 ? now + minutes * 60000 : Infinity;
    this.#fade = Math.min(FADE_MS, minutes * 30000);
  }

  /** ms left, or Infinity: it is off */
  left(now) {
    return Math.max(0, this.#end - now);
  }

  /** How loud, 0..1: evenly to the ear. */
  gain(now) {
    const x = Math.min(1, this.left(now) / this.#fade);
    return x * x;
  }
}

/**
 * To be called often: the sound is as loud as the timer says, and is stopped
 * when that is over. At no moment it becomes louder.
 * @param {Sleep} sleep
 * @param {Pick<import('./fade.js').Fade, 'sleep' | 'jump'>} fade
 * @param {{stop: () => unknown}} player
 * @param {number} now ms
 * @returns {boolean} it was over just now
 */
export function lull(sleep, fade, player, now) {
  const over = sleep.left(now) === 0;
  if (over) {
    fade.jump(0); // before the timer, which is off again, lets all through
    sleep.set(now, 0);
  }
  fade.sleep = sleep.gain(now);
  if (over)
    player.stop();
  return over;
}
