// SPDX-License-Identifier: GPL-3.0-or-later
/* Pieces of a stream as the station sends them, for tests. */

const text = (s) => [...s].map((c) => c.charCodeAt(0));
const u32 = (n) => [n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255];
const box = (name, ...content) => {
  const body = content.flat();
  return [...u32(8 + body.length), ...text(name), ...body];
};

/** ftyp and moov, with nothing a page looks at. */
export const init = (mark = 0) =>
  Uint8Array.from([...box('ftyp', text('iso6')), ...box('moov', [mark, 0, 0, 0])]);

/** count packets from seq on, each of so many bytes. */
export function fragment(seq, count, bytes = 40) {
  const time = seq * 960;
  const traf = box('traf',
    box('tfhd', u32(0x020000), u32(1)),
    box('tfdt', u32(0x01000000), u32(Math.floor(time / 2 ** 32)), u32(time >>> 0)),
    box('trun', u32(0x201), u32(count), u32(0),
      ...Array.from({ length: count }, () => u32(bytes))));
  return Uint8Array.from([
    ...box('moof', box('mfhd', u32(0), u32(1)), traf),
    ...box('mdat', new Array(count * bytes).fill(seq & 255)),
  ]);
}

export function join(...parts) {
  return Uint8Array.from(parts.flatMap((p) => [...p]));
}
