// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the picture sees of the sound. In Chromium a copy, beside the element's
 * own way to the loudspeakers: a suspended or failing audio graph is never
 * heard. Firefox has no copy that leaves the element its sound, but does not
 * suspend graphs in the background: there the sound goes through one, once that
 * runs. Elsewhere (Safari: graphs stop with the screen, and are silent on Media
 * Source) there is none, and the picture stays still.
 */

const SIZE = 8192;

/** @param {HTMLAudioElement} audio @returns {'copy' | 'through' | null} */
export function way(audio) {
  if (!('AudioContext' in globalThis))
    return null;
  if ('captureStream' in audio)
    return 'copy';
  return 'mozCaptureStream' in audio ? 'through' : null;
}

export class Tap {
  #audio;
  #way;
  #stream = null;
  #context = null;
  #analyser = null;
  #source = null;
  #db = new Float32Array(SIZE / 2);

  /** @param {HTMLAudioElement} audio */
  constructor(audio) {
    this.#audio = audio;
    this.#way = way(audio);
  }

  get rate() {
    return this.#context?.sampleRate ?? 48000;
  }

  get bins() {
    return SIZE / 2;
  }

  /** While it is looked at. In a press's call, the first time. */
  open() {
    if (!this.#way)
      return;
    try {
      this.#context ??= this.#make();
      this.#context.resume().then(() => this.#connect()).catch(() => {});
    } catch {
      this.#way = null; // without a picture, then
    }
  }

  /** Nobody looks. */
  close() {
    if (this.#way === 'copy')
      this.#context?.suspend().catch(() => {});
  }

  /** dBFS of each bin, or null: there is nothing to see. */
  read() {
    if (!this.#analyser || !this.#source || this.#context?.state !== 'running')
      return null;
    this.#analyser.getFloatFrequencyData(this.#db);
    return this.#db;
  }

  #make() {
    const context = new AudioContext({ latencyHint: 'playback' });
    this.#analyser = new AnalyserNode(context, {
      fftSize: SIZE, smoothingTimeConstant: 0.7,
    });
    if (this.#way === 'copy') {
      this.#stream = /** @type {any} */ (this.#audio).captureStream();
      // Each new source of the element is another track.
      this.#stream.addEventListener('addtrack', () => this.#connect());
      this.#stream.addEventListener('removetrack', () => this.#connect());
    }
    return context;
  }

  #connect() {
    const context = this.#context;
    if (!context || context.state !== 'running' || !this.#analyser)
      return;
    if (this.#way === 'through') {
      this.#source ??= this.#through(context);
      return;
    }
    this.#source?.disconnect();
    this.#source = null;
    const tracks = this.#stream.getAudioTracks().filter((t) => t.readyState === 'live');
    if (tracks.length === 0)
      return;
    this.#source = context.createMediaStreamSource(new MediaStream(tracks.slice(-1)));
    this.#source.connect(this.#analyser);
  }

  #through(context) {
    const source = context.createMediaElementSource(this.#audio);
    source.connect(context.destination);
    source.connect(/** @type {AnalyserNode} */ (this.#analyser));
    context.addEventListener('statechange', () => {
      if (context.state === 'suspended')
        context.resume().catch(() => {});
    });
    return source;
  }
}
