// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import test from 'node:test';
import { Pieces } from '../../../netsink/web/js/pieces.js';

const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);

test('packets lie end to end from time 0 on', () => {
  const p = new Pieces();
  assert.equal(p.next, null);
  const a = p.place(7, 1000, 10);
  near(a.offset + 1000 * 0.02, 0);
  assert.equal(a.joined, false);
  near(p.place(7, 1010, 5).offset, a.offset);
  near(p.end, 0.3);
  assert.deepEqual(p.next, { epoch: 7, seq: 1015 });
});

test('what is here already is not taken twice', () => {
  const p = new Pieces();
  p.place(7, 1000, 10);
  assert.equal(p.place(7, 1000, 10), null);
  assert.equal(p.place(7, 995, 10), null);
  assert.notEqual(p.place(7, 1005, 10), null);
  assert.equal(p.next.seq, 1015);
});

test('a hole is closed up, and the packet that is heard still known', () => {
  const p = new Pieces();
  p.place(7, 1000, 50);
  const b = p.place(7, 1200, 50); // 3 s are missing
  assert.equal(b.joined, true);
  near(b.offset + 1200 * 0.02, 1);
  near(p.end, 2);
  near(p.at(0.5).seq, 1025);
  near(p.at(1.5).seq, 1225);
});

test('another epoch goes on where the last one ended', () => {
  const p = new Pieces();
  p.place(7, 90000, 50);
  const b = p.place(8, 3, 10);
  near(b.offset + 3 * 0.02, 1);
  assert.equal(p.at(0.9).epoch, 7);
  assert.deepEqual(p.next, { epoch: 8, seq: 13 });
  near(p.at(1.1).seq, 8);
  assert.equal(p.at(1.1).epoch, 8);
});

test('packets may come again in place of those that are here', () => {
  const p = new Pieces();
  const a = p.place(7, 1000, 80);
  p.rewind(7, 1050);
  assert.equal(p.next.seq, 1050);
  near(p.place(7, 1050, 10).offset, a.offset);
  p.rewind(7, 5000); // ahead: nothing to do
  p.rewind(6, 1000); // another one's
  assert.equal(p.next.seq, 1060);
});

test('the same packets may be heard again, further on', () => {
  const p = new Pieces();
  p.place(7, 1000, 50);
  p.split();
  const b = p.place(7, 600, 10);
  near(b.offset + 600 * 0.02, 1);
  near(p.at(1.1).seq, 605);
});

test('what was heard long ago is forgotten, not what is heard', () => {
  const p = new Pieces();
  p.place(7, 0, 50);
  p.place(8, 0, 50);
  p.place(9, 0, 50);
  p.forget(1.5);
  assert.equal(p.at(0.5).epoch, 8); // the oldest that is kept
  assert.equal(p.at(2.5).epoch, 9);
});
