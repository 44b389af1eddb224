// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Start and stop, and which engine plays: the Media Source player where there
 * is one, else the audio element. Tells whoever looks, a few times a second.
 * The sound comes from the element itself, through no audio graph: those are
 * suspended in the background.
 */
import { Stream } from './stream.js';
import { probe } from './mse.js';

const TICK_MS = 200;
const SLEPT_MS = 4000; // between two ticks: the machine was asleep
const FADE_IN_MS = 250;
const FADE_OUT_MS = 250;

/**
 * @typedef {'idle' | 'starting' | 'playing' | 'dry' | 'ended' | 'blocked' |
 *   'unable'} State
 *   dry: nothing is heard, and ought to be; blocked: the browser wants a press
 */

export class Player {
  #audio;
  #fade;
  #env;
  #choice;
  #changed;
  #engine = null;
  #leaving = null;
  #state = 'idle';
  #wanted = 'mse';
  #hls = false;
  #plain = null;
  #timer;
  #ticked = 0; // ms
  #pressed = 0; // ms
  #heardAt = 0; // ms from press to first sound; 0: none yet

  /**
   * @param {HTMLAudioElement} audio
   * @param {import('./fade.js').Fade} fade
   * @param {import('./reader.js').Env} env
   * @param {import('./choice.js').Choice} choice
   * @param {string} wanted engine: 'mse', 'hls', 'plain'
   * @param {() => void} changed called at each tick, too
   */
  constructor(audio, fade, env, choice, wanted, changed) {
    this.#audio = audio;
    this.#fade = fade;
    this.#env = env;
    this.#choice = choice;
    this.#wanted = wanted;
    this.#changed = changed;
    audio.addEventListener('pause', () => this.#paused());
    audio.addEventListener('playing', () => this.#sounds());
  }

  /** Before the first press: what is needed without Media Source. */
  async prepare() {
    if (this.#plain || (this.#wanted === 'mse' && probe()))
      return;
    const { Plain } = await import('./plain.js');
    this.#hls = this.#wanted !== 'plain' &&
      await Plain.hls(this.#audio, this.#choice.mount, this.#env);
    this.#plain = Plain;
  }

  get state() {
    return this.#state;
  }

  get on() {
    return this.#engine !== null;
  }

  /** ms from the press to the first sound; 0: none yet */
  get startMs() {
    return this.#heardAt;
  }

  get engineName() {
    return this.#engine?.name ?? null;
  }

  figures() {
    return this.#engine?.figures() ?? null;
  }

  /** The packet that is heard, where that is known. */
  heard() {
    return this.#engine?.heard() ?? null;
  }

  /** In a press's own call, for a browser that wants one. */
  start() {
    if (this.#engine)
      return;
    if (!this.#plain && !(this.#wanted === 'mse' && probe())) {
      this.prepare().then(() => this.start()).catch(() => this.#set('unable'));
      return;
    }
    this.#leave();
    this.#pressed = this.#ticked = this.#env.now();
    this.#anew();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** @param {State} [as] */
  async stop(as = 'idle') {
    const engine = this.#engine;
    if (!engine)
      return;
    this.#engine = null;
    this.#leaving = engine;
    clearInterval(this.#timer);
    this.#set(as);
    if (!this.#audio.paused)
      await this.#fade.to(0, FADE_OUT_MS);
    if (this.#leaving === engine)
      this.#leave();
  }

  #leave() {
    const engine = this.#leaving;
    this.#leaving = null;
    engine?.stop();
    if (engine)
      this.#audio.pause();
  }

  toggle() {
    if (this.#engine)
      this.stop();
    else
      this.start();
  }

  /** @param {import('./choice.js').Choice} choice */
  choose(choice) {
    const mount = choice.mount !== this.#choice.mount;
    this.#choice = choice;
    if (!this.#engine)
      return;
    if (mount) { // other music
      this.#engine.stop();
      this.#pressed = this.#env.now();
      this.#anew();
    } else {
      this.#engine.changed(choice);
    }
  }

  /** The network is back. */
  hurry() {
    this.#engine?.hurry();
  }

  #newEngine() {
    const kind = this.#wanted === 'mse' ? probe() : null;
    const hooks = {
      ended: () => this.stop('ended'),
      failed: () => this.#failed(),
    };
    return kind
      ? new Stream(this.#audio, kind, this.#env, this.#fade, this.#choice, hooks)
      : new this.#plain(this.#audio, this.#env, this.#choice, hooks, this.#hls);
  }

  /** A new engine, to be faded in when it is heard. */
  #anew() {
    const engine = this.#newEngine();
    this.#engine = engine;
    this.#heardAt = 0;
    this.#fade.jump(0);
    this.#set('starting');
    engine.start();
    this.#audio.play().catch((why) => {
      if (this.#engine === engine && why.name === 'NotAllowedError')
        this.stop('blocked');
    });
  }

  /** The engine can't: the next simpler one. */
  async #failed() {
    const engine = this.#engine;
    if (!engine)
      return; // it was being stopped
    engine.stop();
    if (engine instanceof Stream) {
      this.#wanted = 'hls'; // where there is one
    } else if (this.#hls) {
      this.#hls = false;
    } else {
      this.stop('unable');
      return;
    }
    try {
      await this.prepare();
    } catch {
      if (this.#engine === engine)
        this.stop('unable'); // till the next press
      return;
    }
    if (this.#engine !== engine)
      return; // stopped, or other music chosen, meanwhile
    if (this.#heardAt)
      this.#pressed = this.#env.now();
    this.#anew();
  }

  #tick() {
    const now = this.#env.now();
    const slept = now - this.#ticked > SLEPT_MS;
    this.#ticked = now;
    if (slept)
      this.#engine?.hurry();
    this.#engine?.tick();
    if (this.#engine)
      this.#set(this.#engine.state);
  }

  #set(state) {
    this.#state = state;
    this.#changed();
  }

  #sounds() {
    if (!this.#engine)
      return;
    if (!this.#heardAt) {
      this.#heardAt = this.#env.now() - this.#pressed;
      this.#fade.to(1, FADE_IN_MS);
    }
    this.#tick();
  }

  /** Not by us: a call, headphones pulled out, another player. Live music can't
      be kept for later, so that is a stop. */
  #paused() {
    if (this.#engine && this.#state !== 'starting' && !this.#audio.ended)
      this.stop();
  }
}
