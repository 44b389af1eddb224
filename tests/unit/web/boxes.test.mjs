// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import test from 'node:test';
import { Boxes } from '../../../netsink/web/js/boxes.js';
import { fragment, init, join } from './fragments.mjs';

const stream = join(init(), fragment(500, 10), fragment(510, 3), fragment(513, 7));

test('a stream cut anywhere gives the same whole pieces', () => {
  for (const step of [1, 7, 8, 9, 100, 1000, stream.length]) {
    const boxes = new Boxes();
    const pieces = [];
    for (let at = 0; at < stream.length; at += step)
      pieces.push(...boxes.push(stream.subarray(at, at + step)));
    assert.deepEqual(pieces.map((p) => [p.kind, p.seq, p.count]), [
      ['init', undefined, undefined], ['fragment', 500, 10],
      ['fragment', 510, 3], ['fragment', 513, 7],
    ]);
    assert.deepEqual(join(...pieces.map((p) => p.bytes)), stream);
  }
});

test('a fragment that is not whole is not given', () => {
  const boxes = new Boxes();
  const cut = stream.subarray(0, stream.length - 1);
  assert.deepEqual(boxes.push(cut).map((p) => p.seq), [undefined, 500, 510]);
});

test('numbers beyond 32 bits of samples are exact', () => {
  const seq = 50 * 86400 * 365 * 30; // thirty years
  assert.equal(new Boxes().push(fragment(seq, 5))[0].seq, seq);
});

test('what is no stream of ours is refused', () => {
  const html = new TextEncoder().encode('<!doctype html><title>a proxy</title>');
  assert.throws(() => new Boxes().push(html), /a box of/);
  const lone = fragment(1, 1);
  const size = new DataView(lone.buffer).getUint32(0);
  assert.throws(() => new Boxes().push(lone.subarray(size)), /without a moof/);
  const odd = fragment(7, 1);
  odd[odd.findIndex((_, i) => String.fromCharCode(...odd.subarray(i, i + 4)) === 'tfdt') + 15] += 1;
  assert.throws(() => new Boxes().push(odd), /at sample/);
  assert.throws(() => new Boxes().push(Uint8Array.of(0, 0, 0, 0, 1, 2, 3, 4)), /a box of 0/);
});
