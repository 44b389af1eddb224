// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import test from 'node:test';
import { Backoff, retryAfter } from '../../../netsink/web/js/backoff.js';
import { Distance } from '../../../netsink/web/js/distance.js';
import { Edge } from '../../../netsink/web/js/edge.js';

/** Plays for so long with a sound card that is off by ppm; the distances. */
function play(hours, ppm, begin = 10, extra = 0) {
  const d = new Distance();
  let behind = begin;
  const seen = [];
  let rate = 1;
  for (let s = 0; s < hours * 3600; s++) {
    if (s === 600)
      behind += extra;
    behind += 1 - rate * (1 + ppm * 1e-6);
    rate = d.measured(behind + 0.05 * Math.sin(s)); // with a jitter
    assert.ok(Math.abs(rate - 1) < (Math.abs(behind - begin) < 1 ? 0.0031 : 0.0061));
    seen.push({ behind, rate });
  }
  return seen;
}

test('clocks that disagree never drive it away', () => {
  for (const ppm of [-200, -20, 20, 200])
    for (const { behind } of play(24, ppm))
      assert.ok(Math.abs(behind - 10) < 1, `${behind} s at ${ppm} ppm`);
});

test('what an outage added is made good, and then the rate is 1 again', () => {
  const seen = play(3, 0, 10, 6);
  assert.ok(seen[700].behind > 15);
  assert.ok(Math.abs(seen.at(-1).behind - 10) < 0.5);
  assert.equal(seen.at(-1).rate, 1);
});

test('a distance that is as meant is left alone', () => {
  assert.ok(play(1, 0, 1).every(({ rate }) => rate === 1));
});

test('the edge is where the least delayed packet of late says', () => {
  const e = new Edge();
  assert.equal(e.at(0), null);
  for (let s = 0; s < 300; s++) // packet 50 s came s seconds and a delay later
    e.came(1, 50 * s, 1000 * s + (s % 7 === 0 ? 10 : 400));
  assert.ok(Math.abs(e.at(300000).seq - (50 * 300 - 0.5)) < 0.01);
  e.came(2, 100, 301000); // another epoch: what was known is void
  assert.deepEqual(e.at(302000), { epoch: 2, seq: 150 });
});

test('a burst of the past does not move the edge', () => {
  const e = new Edge();
  for (let k = 0; k <= 10; k++)
    e.came(1, 50 * k, 0);
  assert.equal(e.at(1000).seq, 550);
});

test('tries come later and later, never at one moment, and soon again', () => {
  const low = new Backoff(500, 15000, () => 0);
  const high = new Backoff(500, 15000, () => 0.999999);
  const lows = [], highs = [];
  for (let i = 0; i < 8; i++) {
    lows.push(low.next());
    highs.push(high.next());
  }
  assert.deepEqual(lows, [250, 500, 1000, 2000, 4000, 7500, 7500, 7500]);
  assert.ok(highs.every((h, i) => h > lows[i] * 1.99 && h <= 15000));
  low.reset();
  assert.equal(low.next(), 250);
});

test('Retry-After is seconds or a date', () => {
  assert.equal(retryAfter('10', 0), 10000);
  assert.equal(retryAfter('Thu, 01 Jan 1970 00:00:05 GMT', 2000), 3000);
  assert.equal(retryAfter('soon', 0), null);
  assert.equal(retryAfter(null, 0), null);
});
