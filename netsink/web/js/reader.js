// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One connection to a stream: asks, reads, and hands on whole pieces, until it
 * breaks, ends or is closed. Tries nothing twice: that is line.js's.
 */
import { Boxes } from './boxes.js';
import { retryAfter } from './backoff.js';

/**
 * @typedef {object} Head what the answer said
 * @property {number} epoch unix ms of packet 0
 * @property {number} seq the first packet
 * @property {number | null} rung kbit/s, where it said
 *
 * @typedef {object} Events none is called after close()
 * @property {(r: Reader, head: Head) => void} answered
 * @property {(r: Reader, piece: import('./boxes.js').Piece) => void} piece
 * @property {(r: Reader, status: number, wait: number | null) => void} refused
 * @property {(r: Reader, why: Error) => void} broke
 * @property {(r: Reader) => void} ended by the station, for good
 *
 * @typedef {object} Env what tests replace
 * @property {typeof fetch} fetch
 * @property {() => number} now ms, monotonic
 */

export class Reader {
  #abort = new AbortController();
  #env;
  #events;
  #closed = false;

  /** @param {Env} env @param {string} url @param {Events} events */
  constructor(env, url, events) {
    this.#env = env;
    this.#events = events;
    /** ms: when it asked, and when bytes last came */
    this.asked = this.came = env.now();
    /** @type {Head | null} */
    this.head = null;
    /** bytes of the stream so far */
    this.bytes = 0;
    this.done = this.#run(url);
  }

  close() {
    this.#closed = true;
    this.#abort.abort();
  }

  async #run(url) {
    try {
      const answer = await this.#env.fetch(url, {
        signal: this.#abort.signal, cache: 'no-store', credentials: 'omit',
      });
      if (this.#closed)
        return;
      if (!answer.ok || !answer.body) {
        this.#abort.abort(); // of its text we have no use
        this.#closed = true;
        this.#events.refused(this, answer.status,
          retryAfter(answer.headers.get('Retry-After'), Date.now()));
        return;
      }
      this.#answered(answer.headers);
      await this.#read(answer.body.getReader());
    } catch (why) {
      if (this.#closed)
        return;
      this.close();
      this.#events.broke(this, why instanceof Error ? why : new Error(why));
    }
  }

  #answered(headers) {
    const number = (name) => {
      const text = headers.get(name);
      return text === null || text === '' ? NaN : Number(text);
    };
    const rung = number('X-Stream-Rung');
    this.came = this.#env.now();
    this.head = {
      epoch: number('X-Stream-Epoch') || 0,
      seq: number('X-Stream-Seq') || 0,
      rung: Number.isFinite(rung) ? rung : null,
    };
    this.#events.answered(this, this.head);
  }

  async #read(body) {
    const boxes = new Boxes();
    while (!this.#closed) {
      const { done, value } = await body.read();
      if (this.#closed)
        return;
      if (done) {
        this.#closed = true;
        this.#events.ended(this);
        return;
      }
      this.came = this.#env.now();
      this.bytes += value.length;
      for (const piece of boxes.push(value)) {
        if (this.#closed)
          return;
        this.#events.piece(this, piece);
      }
    }
  }
}
