// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Reads a fragmented MP4 as it comes in, cut anywhere, and gives back whole
 * pieces: the initialisation segment, and fragments with the numbers of the
 * packets in them (a fragment's time is its first packet's number * 960 samples
 * at 48 kHz). Only whole ones, so that a connection may end anywhere and what
 * went to the decoder is still one piece. Pure.
 */

/** Samples at 48 kHz in a packet. */
export const PACKET = 960;
/** Seconds in a packet. */
export const PACKET_S = PACKET / 48000;

const BOX_MAX = 4 << 20; // bytes: a minute at the best rung is 1.2 MB

/**
 * @typedef {object} Init
 * @property {'init'} kind
 * @property {Uint8Array} bytes
 *
 * @typedef {object} Fragment
 * @property {'fragment'} kind
 * @property {number} seq the first packet's number
 * @property {number} count of packets
 * @property {Uint8Array} bytes
 *
 * @typedef {Init | Fragment} Piece
 */

/** @param {DataView} view @param {number} at */
function type(view, at) {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1),
    view.getUint8(at + 2), view.getUint8(at + 3));
}

/**
 * Calls found(type, begin of its content, end) for each box in [at, end).
 * @param {DataView} view
 * @param {number} at
 * @param {number} end
 * @param {(name: string, at: number, end: number) => void} found
 */
function each(view, at, end, found) {
  while (at < end) {
    const size = end - at >= 8 ? view.getUint32(at) : 0;
    if (size < 8 || size > end - at)
      throw new Error(`a box of ${size} bytes where ${end - at} are left`);
    found(type(view, at + 4), at + 8, at + size);
    at += size;
  }
}

/**
 * The numbers of a fragment's packets, of its moof.
 * @param {Uint8Array} moof
 * @returns {{seq: number, count: number}}
 */
export function numbers(moof) {
  const view = new DataView(moof.buffer, moof.byteOffset, moof.byteLength);
  let time = -1;
  let count = 0;
  const look = (name, at, end) => {
    if (name === 'moof' || name === 'traf')
      each(view, at, end, look);
    else if (name === 'tfdt' && end - at >= 12 && view.getUint8(at) === 1)
      time = view.getUint32(at + 4) * 2 ** 32 + view.getUint32(at + 8);
    else if (name === 'tfdt' && end - at >= 8)
      time = view.getUint32(at + 4);
    else if (name === 'trun' && end - at >= 8)
      count += view.getUint32(at + 4);
  };
  each(view, 0, moof.byteLength, look);
  const seq = time / PACKET;
  if (!Number.isSafeInteger(seq) || seq < 0 || count < 1)
    throw new Error(`a fragment of ${count} packets at sample ${time}`);
  return { seq, count };
}

/** One connection's bytes; throws what makes no sense. */
export class Boxes {
  #held = new Uint8Array(0);
  #part = [];

  /**
   * @param {Uint8Array} bytes
   * @returns {Piece[]} what they complete
   */
  push(bytes) {
    /** @type {Piece[]} */
    const pieces = [];
    const all = join([this.#held, bytes]);
    const view = new DataView(all.buffer);
    let at = 0;
    while (all.length - at >= 8) {
      const size = view.getUint32(at);
      if (size < 8 || size > BOX_MAX)
        throw new Error(`a box of ${size} bytes`);
      if (size > all.length - at)
        break;
      this.#box(type(view, at + 4), all.slice(at, at + size), pieces);
      at += size;
    }
    this.#held = all.slice(at);
    return pieces;
  }

  /**
   * @param {string} name
   * @param {Uint8Array} box
   * @param {Piece[]} pieces
   */
  #box(name, box, pieces) {
    this.#part.push(box);
    if (name === 'moov') {
      pieces.push({ kind: 'init', bytes: join(this.#part) });
      this.#part = [];
    } else if (name === 'mdat') {
      const moof = this.#part.find((b) =>
        type(new DataView(b.buffer, b.byteOffset), 4) === 'moof');
      if (!moof)
        throw new Error('media without a moof');
      pieces.push({ kind: 'fragment', ...numbers(moof), bytes: join(this.#part) });
      this.#part = [];
    } else if (this.#part.length > 8) {
      throw new Error(`no fragment, but a box '${name}'`);
    }
  }
}

/** @param {Uint8Array[]} parts */
export function join(parts) {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}
