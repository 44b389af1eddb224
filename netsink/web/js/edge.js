// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where the station is now: the number of the packet it is making, told from
 * when packets come in. Networks only ever delay, so the earliest of the last
 * minute counts. Pure.
 */
import { PACKET_S } from './boxes.js';

const SLOT_MS = 10000;
const SLOTS = 6;

export class Edge {
  #epoch = NaN;
  #slots = [];

  /**
   * Packets before seq are here.
   * @param {number} epoch
   * @param {number} seq
   * @param {number} now ms, of any clock
   */
  came(epoch, seq, now) {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#slots = [];
    }
    const ahead = seq * 1000 * PACKET_S - now;
    const last = this.#slots.at(-1);
    if (last && now - last.at < SLOT_MS) {
      last.best = Math.max(last.best, ahead);
    } else {
      this.#slots.push({ at: now, best: ahead });
      if (this.#slots.length > SLOTS)
        this.#slots.shift();
    }
  }

  /** @returns {null | {epoch: number, seq: number}} null: nothing came yet */
  at(now) {
    if (this.#slots.length === 0)
      return null;
    const best = Math.max(...this.#slots.map((s) => s.best));
    return { epoch: this.#epoch, seq: (now + best) / (1000 * PACKET_S) };
  }
}
