// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where there is no Media Source: the audio element alone, on HLS where both
 * browser and station have it, else on the Opus stream. It reconnects by itself
 * (the station answers its ranges); when it gives up, it is given the stream
 * again, with a back-off. Which packet is heard is not known. An engine.
 */
import { Backoff } from './backoff.js';
import { streamUrl } from './choice.js';

const NOT_SUPPORTED = 4; // MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED
const HLS = '/hls/master.m3u8';

export class Plain {
  #audio;
  #env;
  #choice;
  #hooks;
  #suffix;
  #again = new Backoff(500, 15000);
  #retry = 0; // ms: 0: none is due
  #begun = false;
  #lost = 0; // ms
  #outages = 0;
  #longest = 0;
  #tries = 0;
  /** @type {number | null} of the last refusal; null: there was no answer */
  #status = null;
  #asks = false;
  #off = new AbortController();

  /**
   * @param {HTMLAudioElement} audio
   * @param {import('./reader.js').Env} env
   * @param {import('./choice.js').Choice} choice
   * @param {import('./stream.js').Hooks} hooks
   * @param {boolean} hls
   */
  constructor(audio, env, choice, hooks, hls) {
    this.#audio = audio;
    this.#env = env;
    this.#choice = choice;
    this.#hooks = hooks;
    this.#suffix = hls ? HLS : '.opus';
    this.name = hls ? 'HLS' : 'audio element, Ogg Opus';
  }

  /** Whether the browser takes HLS and the station has it. */
  static async hls(audio, mount, env) {
    if (!audio.canPlayType('application/vnd.apple.mpegurl'))
      return false;
    try {
      const url = `/${encodeURIComponent(mount)}${HLS}`;
      return (await env.fetch(url, { method: 'HEAD' })).ok;
    } catch {
      return false;
    }
  }

  start() {
    const on = (name, f) =>
      this.#audio.addEventListener(name, f, { signal: this.#off.signal });
    on('error', () => this.#broke());
    on('ended', () => this.#hooks.ended());
    this.#load();
  }

  stop() {
    this.#off.abort();
    this.#audio.removeAttribute('src');
    this.#audio.load();
  }

  changed(choice) {
    this.#choice = choice;
    this.#load();
    this.#audio.play().catch(() => {});
  }

  hurry() {
    if (this.#retry)
      this.#retry = this.#env.now();
  }

  get ahead() {
    const { buffered, currentTime } = this.#audio;
    return buffered.length ? Math.max(0, buffered.end(buffered.length - 1) - currentTime)
      : 0;
  }

  heard() {
    return null;
  }

  get state() {
    if (!this.#begun)
      return 'starting';
    return this.#audio.readyState >= 3 && !this.#lost ? 'playing' : 'dry';
  }

  tick() {
    const now = this.#env.now();
    if (!this.#audio.paused && this.#audio.readyState >= 3)
      this.#plays(now);
    if (this.#retry && now >= this.#retry) {
      this.#retry = 0;
      this.#tries++;
      this.#load();
      this.#audio.play().catch(() => {});
    }
  }

  figures() {
    const now = this.#env.now();
    return {
      ahead: this.ahead,
      behind: NaN,
      target: NaN,
      rate: 1,
      kbps: NaN,
      rung: null,
      outages: this.#outages,
      longest: this.#longest / 1000,
      drops: this.#outages, // all are heard
      reconnects: this.#tries,
      bytes: NaN,
      silent: this.#lost ? (now - this.#lost) / 1000 : 0,
      waits: this.#retry ? Math.max(0, this.#retry - now) / 1000 : 0,
      status: this.#status,
    };
  }

  #load() {
    this.#audio.src = streamUrl(this.#choice, this.#suffix);
  }

  #plays(now) {
    this.#begun = true;
    this.#again.reset();
    this.#status = null;
    if (!this.#lost)
      return;
    this.#outages++;
    this.#longest = Math.max(this.#longest, now - this.#lost);
    this.#lost = 0;
  }

  /** "Not supported" is what the element says of a refusal, too, and of no
   * answer at all: the station is asked. */
  async #broke() {
    const now = this.#env.now();
    const error = this.#audio.error;
    this.#lost = this.#lost || now;
    this.#retry = now + this.#again.next();
    if (!this.#asks && await this.#answers() &&
      error?.code === NOT_SUPPORTED && !this.#begun && this.#tries > 2)
      this.#hooks.failed(new Error(error.message));
  }

  /** Whether the station would send the stream; why not, if it said. */
  async #answers() {
    const { signal } = this.#off;
    this.#asks = true;
    try {
      const answer = await this.#env.fetch(streamUrl(this.#choice, this.#suffix), {
        method: 'HEAD', signal, cache: 'no-store', credentials: 'omit',
      });
      this.#status = answer.ok ? null : answer.status;
      return answer.ok && !signal.aborted;
    } catch {
      this.#status = null;
      return false;
    } finally {
      this.#asks = false;
    }
  }
}
