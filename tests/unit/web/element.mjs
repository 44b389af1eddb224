// SPDX-License-Identifier: GPL-3.0-or-later
/* An audio element for tests: it plays what it is told to, and keeps account of
   how loud it was. */
export class Element extends EventTarget {
  paused = true;
  ended = false;
  readyState = 0;
  currentTime = 0;
  playbackRate = 1;
  src = '';
  /** @type {{code: number, message: string} | null} */
  error = null;
  /** @type {number[]} each volume that it was set to */
  volumes = [];
  /** @type {[number, number][]} s */
  ranges = [];

  get buffered() {
    return {
      length: this.ranges.length,
      start: (i) => this.ranges[i][0],
      end: (i) => this.ranges[i][1],
    };
  }

  get volume() {
    return this.volumes.at(-1) ?? 1;
  }

  set volume(volume) {
    this.volumes.push(volume);
  }

  canPlayType() {
    return '';
  }

  async play() {
    this.paused = false;
  }

  pause() {
    this.paused = true;
  }

  load() {
    this.readyState = 0;
  }

  removeAttribute() {
    this.src = '';
  }

  /** Sound comes out of it. */
  sounds() {
    this.readyState = 4;
    this.dispatchEvent(new Event('playing'));
  }

  /** @param {number} code of MediaError */
  fails(code) {
    this.readyState = 0;
    this.error = { code, message: 'failed by the test' };
    this.dispatchEvent(new Event('error'));
  }
}

/** @param {number} ms */
export const wait = (ms) => new Promise((done) => setTimeout(done, ms));
