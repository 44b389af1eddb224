// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The events of /events while the page is seen: comes back by itself, and says
 * when it is cut off. A connection that has gone quiet is as good as none: the
 * sink speaks every second.
 */
import { Backoff } from '../js/backoff.js';
import { onSeen } from './dom.js';

const QUIET_MS = 5000;
const NAMES = ['status', 'levels', 'log'];

/**
 * @typedef {{state: 'connecting' | 'live' | 'paused' | 'lost',
 *   seenAt: number | null, retryAt: number | null}} FeedState  ms, Date.now()
 */
export class Feed {
  #url;
  #on;
  #source = null;
  #backoff = new Backoff(1000, 15000);
  #life = ''; // of the sink: an event's id is LIFE.N
  #seenAt = null;
  #retry = 0;
  #watch = 0;

  /**
   * @param {string} url
   * @param {{life: () => void, event: (name: string, data: any) => void,
   *   state: (s: FeedState) => void}} on
   *   life: what comes from here on is of another start of the sink
   */
  constructor(url, on) {
    this.#url = url;
    this.#on = on;
    onSeen((seen) => (seen ? this.open() : this.#pause()));
  }

  open() {
    this.#end();
    this.#tell(this.#seenAt === null ? 'connecting' : 'lost');
    const source = new EventSource(this.#url);
    this.#source = source;
    for (const name of NAMES)
      source.addEventListener(name, (e) => this.#came(name, e.data, e.lastEventId));
    source.onerror = () => this.#lost();
    const opened = Date.now();
    this.#watch = setInterval(() => {
      if (Date.now() - Math.max(opened, this.#seenAt ?? 0) > QUIET_MS)
        this.#lost();
    }, 1000);
  }

  #came(name, text, id) {
    let data;
    try {
      data = JSON.parse(text);
    } catch {
      return; // the next one is whole
    }
    const back = this.#seenAt === null || this.#retry !== 0;
    this.#seenAt = Date.now();
    this.#backoff.reset();
    this.#retry = 0;
    if (back)
      this.#tell('live');
    const life = id.split('.')[0];
    if (life !== this.#life) {
      this.#life = life;
      this.#on.life();
    }
    this.#on.event(name, data);
  }

  #lost() {
    const wait = this.#backoff.next();
    this.#end();
    this.#retry = setTimeout(() => this.open(), wait);
    this.#tell('lost', Date.now() + wait);
  }

  #pause() {
    this.#end();
    this.#retry = -1; // what comes next is news
    this.#tell('paused');
  }

  #end() {
    this.#source?.close();
    this.#source = null;
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
  }

  #tell(state, retryAt = null) {
    this.#on.state({ state, seenAt: this.#seenAt, retryAt });
  }
}
