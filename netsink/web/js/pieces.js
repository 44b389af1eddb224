// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where the packets lie on the audio element's own time, which has no holes:
 * what the station left out (it jumped ahead, or it began anew with another
 * epoch) is closed up, since an element waits at a hole for ever. So packet
 * numbers are found again from the element's time, and back. Pure.
 */
import { PACKET_S } from './boxes.js';

/**
 * @typedef {object} Row packets without a hole
 * @property {number} epoch unix ms of the epoch's packet 0
 * @property {number} seq its first packet
 * @property {number} time s, of that packet
 */

export class Pieces {
  #rows = [];
  #next = 0; // the packet after the last, of the last row's epoch
  #broken = false; // what comes next begins a row, whatever its number

  /** The epoch and number of the next packet wanted, or null before any. */
  get next() {
    const last = this.#rows.at(-1);
    return last ? { epoch: last.epoch, seq: this.#next } : null;
  }

  /** s, the element's: where the next packet goes. */
  get end() {
    const last = this.#rows.at(-1);
    return last ? last.time + (this.#next - last.seq) * PACKET_S : 0;
  }

  /**
   * A fragment is to be appended.
   * @returns {null | {offset: number, joined: boolean}} null: it is here
   *   already; else the s to add to its times, and whether it doesn't follow
   *   what was before it
   */
  place(epoch, seq, count) {
    let last = this.#rows.at(-1);
    const same = last && last.epoch === epoch && !this.#broken;
    if (same && seq + count <= this.#next)
      return null;
    const follows = same && seq <= this.#next;
    this.#broken = false;
    if (!follows) {
      last = { epoch, seq, time: this.end };
      this.#rows.push(last);
    }
    this.#next = seq + count;
    return {
      offset: last.time - last.seq * PACKET_S,
      joined: !follows && this.#rows.length > 1,
    };
  }

  /** Packets from seq on are to come once more, in place of those here. */
  rewind(epoch, seq) {
    const last = this.#rows.at(-1);
    if (last && last.epoch === epoch && seq >= last.seq && seq < this.#next)
      this.#next = seq;
  }

  /** What comes next is appended, even if it is here already. */
  split() {
    this.#broken = this.#rows.length > 0;
  }

  /** @param {number} time s @returns {null | {epoch: number, seq: number}} */
  at(time) {
    let row = this.#rows[0];
    for (const r of this.#rows)
      if (r.time <= time)
        row = r;
    return row ? { epoch: row.epoch, seq: row.seq + (time - row.time) / PACKET_S }
      : null;
  }

  /** What lies wholly before that time is not asked for any more. */
  forget(time) {
    while (this.#rows.length > 1 && this.#rows[1].time < time)
      this.#rows.shift();
  }
}
