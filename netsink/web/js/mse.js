// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The decoder's side of the Media Source player: takes whole fragments, one
 * after the other, and lets go of what was heard. On iOS it is the managed
 * kind, which says itself when it wants more. Whatever breaks it, dead() is
 * called once, and a new one has to be made.
 */

import { join } from './boxes.js';

const PAST_S = 8; // that is kept
const TRIM_S = 10; // between two clearings
const APPEND_MAX = 1 << 18; // bytes at once
const QUEUE_MAX = 3000; // pieces: of a browser that wants nothing for long

/** @typedef {{bytes: Uint8Array, offset: number | null} | {until: number}} Job */

/** 'opus' is what Chromium and Firefox take, 'Opus' Safari. */
const CODECS = ['opus', 'Opus'];

/** @returns {{Source: any, type: string, managed: boolean} | null} */
export function probe(scope = globalThis) {
  for (const [name, managed] of [['ManagedMediaSource', true], ['MediaSource', false]]) {
    // The plain one goes first where there are both (Safari on a Mac).
    const Source = scope[managed && scope.MediaSource ? 'MediaSource' : name];
    for (const codec of Source ? CODECS : []) {
      const type = `audio/mp4; codecs="${codec}"`;
      if (Source.isTypeSupported(type))
        return { Source, type, managed: Source !== scope.MediaSource };
    }
  }
  return null;
}

export class Sink {
  #audio;
  #source;
  #kind;
  #dead;
  #url;
  #buffer = null;
  #queue = [];
  #wants = true;
  #closed = false;
  #trimmed = 0; // s, the element's
  #off = new AbortController();

  /**
   * @param {HTMLAudioElement} audio
   * @param {{Source: any, type: string, managed: boolean}} kind
   * @param {(why: Error) => void} dead
   */
  constructor(audio, kind, dead) {
    this.#audio = audio;
    this.#kind = kind;
    this.#dead = dead;
    this.#source = new kind.Source();
    const on = (what, name, f) =>
      what.addEventListener(name, f, { signal: this.#off.signal });
    on(this.#source, 'sourceopen', () => this.#opened());
    on(this.#source, 'startstreaming', () => {
      this.#wants = true;
      this.#work();
    });
    on(this.#source, 'endstreaming', () => {
      this.#wants = false;
    });
    on(audio, 'error', () =>
      this.#fail(new Error(audio.error?.message || 'the decoder gave up')));
    // The managed kind does not open while the sound might go elsewhere.
    audio.disableRemotePlayback = kind.managed;
    this.#url = URL.createObjectURL(this.#source);
    audio.src = this.#url;
  }

  /** @param {Uint8Array} bytes an initialisation segment */
  init(bytes) {
    this.#push({ bytes, offset: null });
  }

  /** @param {Uint8Array} bytes @param {number} offset s, added to its times */
  fragment(bytes, offset) {
    this.#push({ bytes, offset });
  }

  /** s of sound from the element's time on, without a hole. */
  get ahead() {
    const { buffered, currentTime } = this.#audio;
    for (let i = 0; i < buffered.length; i++)
      if (buffered.start(i) <= currentTime + 0.05 && buffered.end(i) > currentTime)
        return buffered.end(i) - currentTime;
    return 0;
  }

  /** Lets go of what was heard; a few times a minute is enough. */
  trim() {
    const until = this.#audio.currentTime - PAST_S;
    if (until < this.#trimmed + TRIM_S || this.#queue.length > 0)
      return;
    this.#trimmed = until;
    this.#push({ until });
  }

  /** Should the element stand before a hole, it goes on behind it. */
  jumpHole() {
    const { buffered, currentTime } = this.#audio;
    for (let i = 0; i < buffered.length; i++) {
      const start = buffered.start(i);
      if (start > currentTime && buffered.end(i) - start > 0.2) {
        this.#audio.currentTime = start;
        return true;
      }
      if (buffered.end(i) - currentTime > 0.2)
        return false; // it plays
    }
    return false;
  }

  close() {
    if (this.#closed)
      return;
    this.#closed = true;
    this.#off.abort();
    this.#queue = [];
    this.#buffer = null;
    URL.revokeObjectURL(this.#url);
  }

  #push(job) {
    if (this.#closed)
      return;
    if (this.#queue.length >= QUEUE_MAX)
      this.#queue.splice(0, this.#queue.length >> 1);
    this.#queue.push(job);
    this.#work();
  }

  #opened() {
    try {
      this.#buffer = this.#source.addSourceBuffer(this.#kind.type);
    } catch (why) {
      this.#fail(why);
      return;
    }
    URL.revokeObjectURL(this.#url);
    this.#buffer.addEventListener('updateend', () => this.#work(),
      { signal: this.#off.signal });
    this.#buffer.addEventListener('error', () =>
      this.#fail(new Error('the decoder refused a fragment')),
    { signal: this.#off.signal });
    this.#work();
  }

  #work() {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating || this.#queue.length === 0 ||
      this.#source.readyState !== 'open')
      return;
    const job = this.#queue[0];
    if (!this.#wants && !('until' in job))
      return;
    try {
      this.#queue.splice(0, this.#do(buffer, job));
    } catch (why) {
      if (why.name !== 'QuotaExceededError' || !this.#makeRoom(buffer))
        this.#fail(why);
    }
  }

  /**
   * Begins what is first in the queue, and what can go with it: a busy page
   * must not fall behind for want of turns.
   * @param {SourceBuffer} buffer
   * @returns {number} jobs that are done with
   */
  #do(buffer, job) {
    if ('until' in job) {
      buffer.remove(0, job.until);
      return 1;
    }
    let n = 1;
    let size = job.bytes.length;
    for (; n < this.#queue.length && size < APPEND_MAX; n++) {
      const next = this.#queue[n];
      if ('until' in next || job.offset === null || next.offset !== job.offset)
        break;
      size += next.bytes.length;
    }
    if (job.offset !== null && Math.abs(buffer.timestampOffset - job.offset) > 1e-6)
      buffer.timestampOffset = job.offset;
    buffer.appendBuffer(n === 1 ? job.bytes
      : join(this.#queue.slice(0, n).map((j) => j.bytes)));
    return n;
  }

  #makeRoom(buffer) {
    const until = this.#audio.currentTime - 1;
    if (until <= 0 || buffer.buffered.length === 0 || buffer.buffered.start(0) >= until)
      return false;
    buffer.remove(0, until);
    return true;
  }

  #fail(why) {
    if (this.#closed)
      return;
    this.close();
    this.#dead(why);
  }
}
