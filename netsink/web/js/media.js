// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The lock screen, headset buttons and media keys (Media Session), where the
 * browser has them.
 */
export class Media {
  #said = '';

  /** @param {{play: () => void, stop: () => void}} does */
  constructor(does) {
    if (!('mediaSession' in navigator))
      return;
    for (const [name, f] of Object.entries({
      play: does.play, pause: does.stop, stop: does.stop,
      // It is live: nothing to seek in.
      seekbackward: null, seekforward: null, previoustrack: null, nexttrack: null,
    })) {
      try {
        navigator.mediaSession.setActionHandler(/** @type {any} */ (name), f);
      } catch {
        // one that this browser doesn't know
      }
    }
  }

  /** @param {string} title @param {string} artist @param {string} album */
  says(title, artist, album) {
    const all = [title, artist, album].join('\n');
    if (!('mediaSession' in navigator) || all === this.#said)
      return;
    this.#said = all;
    navigator.mediaSession.metadata = new MediaMetadata({
      title, artist, album,
      artwork: [{ src: '/icon.svg', sizes: '512x512', type: 'image/svg+xml' }],
    });
  }

  /** @param {boolean} on */
  plays(on) {
    if ('mediaSession' in navigator)
      navigator.mediaSession.playbackState = on ? 'playing' : 'none';
  }
}
