// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The line to the station: one connection that leads, and, when that is silent
 * for longer than it ought to be, a spare one that asks for what comes next.
 * Whichever delivers first leads on, the other is closed. So a cut or a stalled
 * connection is replaced while there is still sound in hand. Tries again for
 * ever, with a back-off; knows nothing of decoders.
 *
 * Time comes from tick(), a few times a second.
 */
import { Backoff } from './backoff.js';
import { Reader } from './reader.js';

const ASK_MS = 6000; // for an answer, from a network as bad as that
const WELL_MS = 5000; // a connection that held so long was a good one
const HOLD = 200; // fragments of a changed rung that wait for their turn

/**
 * @typedef {object} Place where the stream is to go on
 * @property {number | null} epoch
 * @property {number | null} from packet; null: where the station begins itself
 * @property {number} [cut] the packet where the new connection takes over, when
 *   the present one is still to be heard up to there
 *
 * @typedef {object} LineOpts
 * @property {import('./reader.js').Env} env
 * @property {(place: Place) => string} url
 * @property {(change: boolean) => Place} place for a connection after another
 *   one; change: the other one is well, and another rung is meant
 * @property {(head: import('./reader.js').Head, place: Place) => void} leads
 *   pieces come from this one from now on
 * @property {(piece: import('./boxes.js').Piece,
 *   head: import('./reader.js').Head) => void} take
 * @property {() => void} ended the station ended it for good
 * @property {() => boolean} eager the sound will run out soon
 * @property {() => number} stall ms of silence that are not as they should be
 */

export const START = Object.freeze({ epoch: null, from: null });

export class Line {
  #o;
  #env;
  #lead = null;
  #spare = null;
  #place = START; // the spare's
  #held = []; // of the spare, until its turn
  /** @type {import('./boxes.js').Piece[]} */
  #late = []; // the lead's, from a cut on: the spare's to deliver, if it does
  #change = false; // another URL is meant than the lead's
  #again = new Backoff(500, 15000);
  #retry = 0; // ms: not before
  #lost = 0; // ms: since when nothing comes; 0: it does
  #bytes = 0; // of connections before
  #open = false;
  #led = 0; // connections that have led

  /** figures */
  outages = 0;
  longest = 0; // ms
  /** @type {number | null} of the last refusal; null: there was no answer */
  status = null;

  /** @param {LineOpts} o */
  constructor(o) {
    this.#o = o;
    this.#env = o.env;
  }

  get bytes() {
    return this.#bytes + (this.#lead?.bytes ?? 0);
  }

  get reconnects() {
    return Math.max(0, this.#led - 1);
  }

  /** ms for which nothing has come though it should; 0: all is well */
  get silent() {
    return this.#lost ? this.#env.now() - this.#lost : 0;
  }

  /** ms until the next try; 0: it is being tried, or needs none */
  get waits() {
    return this.#spare || (this.#lead && !this.#lost) ? 0
      : Math.max(0, this.#retry - this.#env.now());
  }

  get head() {
    return this.#lead?.head ?? null;
  }

  /** @param {Place} [place] */
  open(place = START) {
    this.#open = true;
    this.#connect(place);
  }

  close() {
    this.#open = false;
    this.#leave();
    this.#drop();
    this.#lost = 0;
  }

  /** url() says another one now: the present connection is to be replaced. */
  change() {
    if (!this.#open)
      return;
    this.#change = true;
    this.#retry = 0;
    this.#drop();
    this.tick();
  }

  /** The network is back, or the machine woke up. */
  hurry() {
    this.#retry = 0;
    this.#again.reset();
    if (this.#spare && !this.#spare.head)
      this.#drop();
    this.tick();
  }

  tick() {
    const now = this.#env.now();
    const lead = this.#lead;
    if (!this.#open)
      return;
    if (this.#spare && now - this.#spare.came > ASK_MS) {
      this.status = null;
      this.#failed();
    }
    if (lead && now - lead.came > this.#o.stall() && !this.#lost)
      this.#lost = lead.came;
    if (lead && lead.came - lead.asked > WELL_MS)
      this.#again.reset();
    const needed = !lead || this.#lost || this.#change;
    if (needed && !this.#spare && now >= this.#retry)
      this.#connect(this.#o.place(this.#change && !!lead && !this.#lost));
  }

  #leave() {
    if (!this.#lead)
      return;
    this.#bytes += this.#lead.bytes;
    this.#lead.close();
    this.#lead = null;
    this.#late = [];
  }

  #drop() {
    const late = this.#late;
    this.#spare?.close();
    this.#spare = null;
    this.#held = [];
    this.#late = [];
    for (const piece of late)
      this.#o.take(piece, this.#lead.head);
  }

  #failed() {
    this.#drop();
    const wait = this.#again.next();
    this.#retry = this.#env.now() + (this.#o.eager() ? Math.min(wait, 2000) : wait);
  }

  #connect(place) {
    this.#place = place;
    this.#held = [];
    this.#spare = new Reader(this.#env, this.#o.url(place), {
      answered: (r, head) => this.#answered(r, head),
      piece: (r, piece) => this.#piece(r, piece),
      refused: (r, status, wait) => this.#refused(r, status, wait),
      broke: (r) => this.#broke(r),
      ended: (r) => this.#ended(r),
    });
  }

  #answered(r, head) {
    // Another epoch: the number that was asked for means nothing to it.
    if (r === this.#spare && this.#place.from !== null &&
      head.epoch !== this.#place.epoch) {
      this.#drop();
      this.#connect(START);
    }
  }

  #piece(r, piece) {
    if (r === this.#lead)
      this.#ofLead(r, piece);
    else if (r === this.#spare)
      this.#ofSpare(piece);
  }

  #ofLead(r, piece) {
    const cut = this.#spare && this.#change ? this.#place.cut : undefined;
    if (piece.kind === 'init') {
      this.#o.take(piece, r.head);
      return;
    }
    this.#recovered();
    if (this.#spare && !this.#change)
      this.#drop(); // it came to by itself
    if (cut === undefined || piece.seq < cut)
      this.#o.take(piece, r.head);
    else
      this.#late.push(piece);
    if (cut !== undefined && piece.seq + piece.count >= cut &&
      this.#held.some((p) => beyond(p, cut)))
      this.#takeOver();
  }

  #ofSpare(piece) {
    const cut = this.#lead && !this.#lost ? this.#place.cut : undefined;
    this.#held.push(piece);
    if (piece.kind === 'init')
      return;
    // With a cut ahead, the lead goes on up to it.
    if (cut === undefined || this.#held.length > HOLD ||
      (beyond(piece, cut) && this.#reached(cut)))
      this.#takeOver();
  }

  /** What was taken goes up to that packet. */
  #reached(cut) {
    const { from } = this.#o.place(false);
    return from !== null && from >= cut;
  }

  #takeOver() {
    const r = this.#spare;
    const { cut } = this.#place;
    // Before a cut, the spare's are of use only where the lead didn't get there.
    const held = cut !== undefined && this.#reached(cut)
      ? this.#held.filter((p) => p.kind === 'init' || beyond(p, cut)) : this.#held;
    this.#leave();
    this.#lead = r;
    this.#spare = null;
    this.#held = [];
    this.#change = false;
    this.#led++;
    this.#recovered();
    this.#o.leads(r.head, this.#place);
    for (const piece of held)
      this.#o.take(piece, r.head);
  }

  #recovered() {
    if (!this.#lost)
      return;
    this.outages++;
    this.longest = Math.max(this.longest, this.#env.now() - this.#lost);
    this.#lost = 0;
  }

  #refused(r, status, wait) {
    if (r !== this.#spare)
      return;
    this.status = status;
    if (status === 400 && this.#place.from !== null) {
      // A station that began anew has not come so far yet.
      this.#drop();
      this.#connect(START);
      return;
    }
    this.#failed();
    if (wait !== null) // spread, so that a crowd doesn't come back as one
      this.#retry = this.#env.now() + Math.max(200, wait * (1 + 0.2 * Math.random()));
  }

  #broke(r) {
    if (r === this.#spare) {
      this.status = null;
      this.#failed();
    } else if (r === this.#lead) {
      this.#lost = this.#lost || r.came;
      this.#leave();
      if (this.#held.length > 1) {
        this.#takeOver();
        return;
      }
      // At once, but for one that was as short as to be no use.
      this.#retry = r.came - r.asked > WELL_MS ? 0
        : this.#env.now() + this.#again.next();
      this.tick();
    }
  }

  #ended(r) {
    if (r === this.#lead) {
      this.close();
      this.#o.ended();
    } else {
      this.#broke(r);
    }
  }
}

/** Whether it has packets from that one on.
 * @param {import('./boxes.js').Piece} piece @param {number} cut */
function beyond(piece, cut) {
  return piece.kind === 'fragment' && piece.seq + piece.count > cut;
}
