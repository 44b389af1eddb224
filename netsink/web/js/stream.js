// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The player proper: a line to the station, its packets laid end to end in a
 * Media Source, and the distance to live kept. An engine (player.js): start,
 * stop, changed, tick, figures, heard.
 */
import { PACKET_S } from './boxes.js';
import { Distance } from './distance.js';
import { Edge } from './edge.js';
import { Line, START } from './line.js';
import { Sink } from './mse.js';
import { Pieces } from './pieces.js';
import { streamUrl } from './choice.js';

/** A second: every so many packets comes one that another rung may begin at. */
const KEY = 50;
/** s that may be replaced ahead of what is heard: the decoder is in front. */
const CLEAR_S = 1.5;
/** s behind what was meant, after which what was missed is given up: a rate that
 * isn't heard would take hours. */
const GIVE_UP_S = 12;
/** A decoder that dies so often in so long is none. */
const DEATHS = 3;
const DEATHS_MS = 60000;
const RATE_PACKETS = 500; // over which the bitrate is told

/** Of each class: s sent ahead, and ms of silence that are no longer usual. */
export const LATENCIES = Object.freeze({
  live: { lead: 0.1, stall: 400 },
  low: { lead: 1, stall: 600 },
  normal: { lead: 4, stall: 1200 },
  safe: { lead: 10, stall: 2500 },
});

/**
 * @typedef {object} Hooks
 * @property {() => void} ended the station ended it for good
 * @property {(why: Error) => void} failed this engine can't
 */

export class Stream {
  name = 'Media Source, Opus in MP4';
  #audio;
  #kind;
  #env;
  #fade;
  #choice;
  #hooks;
  #sink = null;
  #line;
  #pieces = new Pieces();
  #edge = new Edge();
  #distance = new Distance();
  #init = new Uint8Array(0);
  #rebase = false; // the next connection begins anew, farther from live
  #seek = 0; // ms: when to go where the new latency has us; 0: we are there
  #measured = 0; // ms
  #deaths = [];
  #recent = [];
  #dry = 0; // ms: since when nothing is heard; 0: something is
  #begun = false; // something was heard
  #drops = 0; // times that an outage was heard

  /**
   * @param {HTMLAudioElement} audio
   * @param {NonNullable<ReturnType<typeof import('./mse.js').probe>>} kind
   * @param {import('./reader.js').Env} env
   * @param {import('./fade.js').Fade} fade
   * @param {import('./choice.js').Choice} choice
   * @param {Hooks} hooks
   */
  constructor(audio, kind, env, fade, choice, hooks) {
    this.#audio = audio;
    this.#kind = kind;
    this.#env = env;
    this.#fade = fade;
    this.#choice = choice;
    this.#hooks = hooks;
    this.#line = new Line({
      env,
      url: (place) => streamUrl(this.#choice, '.mp4', place.from),
      place: (change) => this.#place(change),
      leads: (head, place) => this.#leads(head, place),
      take: (piece, head) => this.#take(piece, head),
      ended: () => this.#hooks.ended(),
      eager: () => this.ahead < 4,
      stall: () => LATENCIES[this.#choice.latency].stall,
    });
  }

  start() {
    this.#sink = this.#newSink();
    this.#line.open();
  }

  stop() {
    this.#line.close();
    this.#sink?.close();
    this.#sink = null;
    this.#audio.playbackRate = 1;
  }

  /** @param {import('./choice.js').Choice} choice */
  changed(choice) {
    const before = this.#choice;
    this.#choice = choice;
    const lead = LATENCIES[choice.latency].lead;
    if (choice.latency !== before.latency) {
      this.#rebase = lead > LATENCIES[before.latency].lead;
      this.#seek = Infinity; // when the new connection has taken over
      this.#distance.reset();
    }
    this.#line.change();
  }

  hurry() {
    this.#line.hurry();
  }

  /** s of sound in hand */
  get ahead() {
    return this.#sink?.ahead ?? 0;
  }

  /** s that what is heard is behind what the station is making now; NaN: not
   * known yet */
  get behind() {
    const edge = this.#edge.at(this.#env.now());
    const heard = this.heard();
    // Before a restart's or a new delay's packets come to be heard, this is not
    // how far apart the two are on the element's time.
    return edge && heard && edge.epoch === heard.epoch
      ? (edge.seq - heard.seq) * PACKET_S : this.#apart;
  }

  /** s from the element's time to where it would be heard live; NaN: as above */
  get #apart() {
    const edge = this.#edge.at(this.#env.now());
    const next = this.#pieces.next;
    if (!edge || !next || !this.#begun)
      return NaN;
    return this.#pieces.end - this.#audio.currentTime +
      (edge.seq - next.seq) * PACKET_S;
  }

  /** The packet that is heard now. */
  heard() {
    return this.#begun ? this.#pieces.at(this.#audio.currentTime) : null;
  }

  get state() {
    if (!this.#begun)
      return 'starting';
    return this.#dry ? 'dry' : 'playing';
  }

  tick() {
    const now = this.#env.now();
    const sounds = !this.#audio.paused && this.#audio.readyState >= 3;
    if (sounds)
      this.#begun = true;
    if (!sounds && this.#begun && !this.#dry && !this.#audio.seeking) {
      this.#dry = now;
      this.#drops++;
    } else if (sounds) {
      this.#dry = 0;
    }
    if (this.#dry && this.#sink?.jumpHole())
      this.#dry = 0;
    this.#line.tick();
    if (this.#seek !== 0 && now >= this.#seek)
      this.#goTo();
    if (now - this.#measured >= 1000) {
      this.#measured = now;
      this.#everySecond(sounds);
    }
  }

  figures() {
    const sum = this.#recent.reduce((s, f) => ({
      count: s.count + f.count, bytes: s.bytes + f.bytes,
    }), { count: 0, bytes: 0 });
    return {
      ahead: this.ahead,
      behind: this.behind,
      target: this.#distance.target,
      rate: this.#audio.playbackRate,
      kbps: sum.count ? sum.bytes * 8 / 1000 / (sum.count * PACKET_S) : NaN,
      rung: this.#line.head?.rung ?? null,
      outages: this.#line.outages,
      longest: this.#line.longest / 1000,
      drops: this.#drops,
      reconnects: this.#line.reconnects,
      bytes: this.#line.bytes,
      silent: this.#line.silent / 1000,
      waits: this.#line.waits / 1000,
      status: this.#line.status,
    };
  }

  #newSink() {
    return new Sink(this.#audio, this.#kind, (why) => this.#died(why));
  }

  #everySecond(sounds) {
    const behind = this.#apart;
    this.#sink?.trim();
    this.#pieces.forget(this.#audio.currentTime - 30);
    if (!sounds || Number.isNaN(behind) || this.#line.silent || this.#seek !== 0)
      return;
    const rate = this.#distance.measured(behind);
    if (behind > this.#distance.target + GIVE_UP_S) {
      this.#goTo();
      return;
    }
    if (rate !== this.#audio.playbackRate) {
      this.#audio.preservesPitch = rate === 1;
      this.#audio.playbackRate = rate;
    }
  }

  /**
   * Where a connection after another one begins: with what comes next, but from
   * the key packet before it where that is not about to be heard, so that
   * whichever rung it turns out to be can follow.
   * @returns {import('./line.js').Place}
   */
  #place(change) {
    const next = this.#pieces.next;
    const t = this.#audio.currentTime;
    if (!next || this.#rebase)
      return START;
    if (this.#dry && this.#apart > (this.#distance.target || 10) + GIVE_UP_S)
      return START;
    const key = next.seq - next.seq % KEY;
    if (this.#pieces.end - (next.seq - key) * PACKET_S > t + CLEAR_S)
      return { epoch: next.epoch, from: key };
    const place = { epoch: next.epoch, from: next.seq };
    return change && next.seq > key ? { ...place, cut: key + KEY } : place;
  }

  #leads(head, place) {
    if (this.#rebase) {
      this.#rebase = false;
      this.#pieces.split();
      this.#seek = this.#env.now() + 300;
    } else if (this.#seek === Infinity) {
      this.#seek = this.#env.now() + 300; // its burst is here then
    }
    if (place.from !== null)
      this.#pieces.rewind(head.epoch, Math.max(place.cut ?? place.from, head.seq));
  }

  #take(piece, head) {
    const sink = this.#sink;
    if (!sink)
      return;
    if (piece.kind === 'init') {
      if (!same(piece.bytes, this.#init)) {
        this.#init = piece.bytes;
        sink.init(piece.bytes);
      }
      return;
    }
    const { seq, count, bytes } = piece;
    this.#edge.came(head.epoch, seq + count, this.#env.now());
    this.#recent.push({ count, bytes: bytes.length - 96 - 4 * count });
    while (this.#recent.reduce((n, f) => n + f.count, 0) > RATE_PACKETS)
      this.#recent.shift();
    const at = this.#pieces.place(head.epoch, seq, count);
    if (at)
      sink.fragment(bytes, at.offset);
  }

  /** To the distance that the latency chosen means, between two fades. */
  async #goTo() {
    const sink = this.#sink;
    this.#seek = 0;
    if (!await this.#fade.to(0, 150)) {
      this.#seek = this.#env.now() + 300; // after the other fade, if not stopped
      return;
    }
    const behind = this.#apart;
    const lead = LATENCIES[this.#choice.latency].lead;
    if (this.#sink === sink && !Number.isNaN(behind)) {
      const t = this.#audio.currentTime + behind - lead;
      const start = this.#audio.buffered.length ? this.#audio.buffered.start(0) : t;
      this.#audio.currentTime = Math.max(start, Math.min(t, this.#pieces.end - 0.1));
    }
    this.#distance.reset();
    await this.#fade.to(1, 300);
  }

  /** The decoder broke: a new one goes on with what was to be heard next. */
  #died(why) {
    const now = this.#env.now();
    const heard = this.#pieces.at(this.#audio.currentTime);
    this.#deaths = [...this.#deaths.filter((t) => now - t < DEATHS_MS), now];
    this.#line.close();
    this.#sink = null;
    if (this.#deaths.length >= DEATHS) {
      this.#hooks.failed(why);
      return;
    }
    this.#pieces = new Pieces();
    this.#init = new Uint8Array(0);
    this.#sink = this.#newSink();
    this.#line.open(heard ? {
      epoch: heard.epoch, from: Math.floor(heard.seq / KEY) * KEY,
    } : START);
    this.#audio.play().catch(() => {});
  }
}

/** @param {Uint8Array} a @param {Uint8Array} b */
function same(a, b) {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}
