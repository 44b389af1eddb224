// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import test from 'node:test';
import { Line } from '../../../netsink/web/js/line.js';
import { Pieces } from '../../../netsink/web/js/pieces.js';
import { fragment, init } from './fragments.mjs';

const EPOCH = 1700000000000;

/** A station of the test's own: each connection is in its hands. */
function rig({ stall = 1000, eager = false } = {}) {
  const r = {
    now: 1000, asked: [], taken: [], pieces: new Pieces(), ended: 0, cut: undefined,
  };
  const fetch = (url, { signal }) => new Promise((resolve, reject) => {
    const c = { url, open: true };
    const stop = () => {
      c.open = false;
      reject(new Error('aborted'));
      c.body?.error(new Error('aborted'));
    };
    signal.addEventListener('abort', () => c.open && stop());
    c.fail = () => reject(new Error('refused'));
    c.answer = (status = 200, headers = {}) => {
      const body = new ReadableStream({ start: (b) => { c.body = b; } });
      resolve(new Response(body, {
        status, headers: { 'X-Stream-Epoch': String(EPOCH), 'X-Stream-Seq': '0', ...headers },
      }));
    };
    c.send = (...parts) => c.open && parts.forEach((p) => c.body.enqueue(p));
    c.reset = () => c.body.error(new Error('reset'));
    c.end = () => c.body.close();
    r.asked.push(c);
  });
  r.line = new Line({
    env: { fetch, now: () => r.now },
    url: (p) => `from=${p.from}`,
    place: (change) => {
      const n = r.pieces.next;
      return !n ? { epoch: null, from: null }
        : { epoch: n.epoch, from: n.seq, cut: change ? r.cut : undefined };
    },
    leads: () => {},
    take: (piece, head) => {
      if (piece.kind === 'fragment' && r.pieces.place(head.epoch, piece.seq, piece.count))
        r.taken.push(piece.seq);
    },
    ended: () => { r.ended++; },
    eager: () => eager,
    stall: () => stall,
  });
  r.settle = () => new Promise((done) => setImmediate(() => setImmediate(done)));
  r.after = async (ms) => {
    r.now += ms;
    r.line.tick();
    await r.settle();
  };
  return r;
}

/** Playing: the first connection has sent packets 100 to 109. */
async function playing(o) {
  const r = rig(o);
  r.line.open();
  r.asked[0].answer();
  await r.settle();
  r.asked[0].send(init(), fragment(100, 10));
  await r.settle();
  assert.deepEqual(r.taken, [100]);
  return r;
}

test('a silent connection gets a second one, which takes over at the next packet', async () => {
  const r = await playing();
  await r.after(900);
  assert.equal(r.asked.length, 1);
  await r.after(200);
  assert.deepEqual(r.asked.map((c) => c.url), ['from=null', 'from=110']);
  assert.equal(r.asked[0].open, true); // it may yet come to
  r.asked[1].answer();
  await r.settle();
  r.asked[1].send(init(), fragment(110, 10));
  await r.settle();
  assert.deepEqual(r.taken, [100, 110]);
  assert.equal(r.asked[0].open, false);
  assert.equal(r.line.outages, 1);
  assert.equal(r.line.longest, 1100);
  assert.equal(r.line.reconnects, 1);
  assert.equal(r.line.silent, 0);
});

test('the first one that comes to by itself stays, and the second is closed', async () => {
  const r = await playing();
  await r.after(1100);
  r.asked[1].answer();
  await r.settle();
  r.asked[0].send(fragment(110, 10));
  await r.settle();
  assert.deepEqual(r.taken, [100, 110]);
  assert.equal(r.asked[1].open, false);
  assert.equal(r.line.reconnects, 0);
  assert.equal(r.line.outages, 1);
});

test('a reset connection is replaced at once', async () => {
  const r = await playing();
  await r.after(200);
  r.asked[0].send(fragment(110, 10).subarray(0, 50)); // within a fragment
  for (let i = 0; i < 30; i++) {
    r.asked[0].send(fragment(0, 0).subarray(0, 0)); // it lives, for a while
    await r.after(200);
  }
  const before = r.asked.length;
  r.asked.find((c) => c.open).reset();
  await r.settle();
  assert.ok(r.asked.length >= before);
  assert.equal(r.asked.at(-1).url, 'from=110');
});

test('one that breaks as soon as it began is not asked for in a loop', async () => {
  const r = rig();
  r.line.open();
  for (let i = 0; i < 50; i++) {
    const c = r.asked.at(-1);
    if (!c.used) {
      c.used = true;
      c.answer();
      await r.settle();
      c.send(init(), fragment(100 + i, 1));
      await r.settle();
      c.reset();
    }
    await r.after(200); // ten seconds in all
  }
  assert.ok(r.asked.length < 12, `${r.asked.length} connections`);
  assert.ok(r.asked.length > 3);
});

test('Retry-After of a full house is kept to', async () => {
  const r = rig();
  r.line.open();
  r.asked[0].answer(503, { 'Retry-After': '10' });
  await r.settle();
  assert.equal(r.line.status, 503);
  assert.ok(r.line.waits >= 10000 && r.line.waits <= 12000);
  await r.after(9900);
  assert.equal(r.asked.length, 1);
  await r.after(2200);
  assert.equal(r.asked.length, 2);
});

test('while nothing answers, tries come apart, but never end', async () => {
  const r = rig();
  r.line.open();
  const at = [];
  for (let i = 0; i < 600; i++) {
    const c = r.asked.at(-1);
    if (!c.used) {
      c.used = true;
      at.push(r.now);
      c.fail();
    }
    await r.after(200); // two minutes in all
  }
  assert.ok(at.length >= 10 && at.length <= 25, `${at.length} tries`);
  const gaps = at.slice(1).map((t, i) => t - at[i]);
  assert.ok(Math.max(...gaps) <= 15400 && gaps.at(-1) > 3000);
});

test('with little sound in hand, tries are soon', async () => {
  const r = await playing({ eager: true });
  await r.after(6000);
  for (let i = 0; i < 100; i++) {
    r.asked.at(-1).fail();
    await r.after(200);
  }
  assert.ok(r.asked.length >= 10);
});

test('a station that began anew is asked from its own begin', async () => {
  const r = await playing();
  await r.after(1100);
  r.asked[1].answer(200, { 'X-Stream-Epoch': String(EPOCH + 5000) });
  await r.settle();
  assert.equal(r.asked[1].open, false);
  assert.equal(r.asked[2].url, 'from=null');
  r.asked[2].answer(200, { 'X-Stream-Epoch': String(EPOCH + 5000) });
  await r.settle();
  r.asked[2].send(init(), fragment(3, 10));
  await r.settle();
  assert.deepEqual(r.taken, [100, 3]);
});

test('a number that the station has not come to is not asked again', async () => {
  const r = await playing();
  await r.after(1100);
  r.asked[1].answer(400);
  await r.settle();
  assert.equal(r.asked[2].url, 'from=null');
});

test('another rung takes over at the packet it may begin at', async () => {
  const r = await playing();
  r.cut = 150;
  r.line.change();
  await r.settle();
  assert.equal(r.asked[1].url, 'from=110');
  r.asked[1].answer();
  await r.settle();
  r.asked[1].send(init(1), fragment(110, 10), fragment(150, 10));
  await r.settle();
  assert.deepEqual(r.taken, [100]); // not yet
  r.asked[0].send(fragment(110, 10), fragment(120, 30));
  await r.settle();
  assert.deepEqual(r.taken, [100, 110, 120, 150]);
  assert.equal(r.asked[0].open, false);
  assert.equal(r.line.outages, 0);
});

test('a change that is refused leaves the sound, and is tried again', async () => {
  const r = await playing({ stall: 1e9 });
  r.line.change();
  r.asked[1].answer(503, { 'Retry-After': '1' });
  await r.settle();
  r.asked[0].send(fragment(110, 10));
  await r.settle();
  assert.deepEqual(r.taken, [100, 110]);
  await r.after(1500);
  assert.equal(r.asked.length, 3);
  assert.equal(r.line.outages, 0);
});

test('an end that is meant is an end', async () => {
  const r = await playing();
  r.asked[0].end();
  await r.settle();
  assert.equal(r.ended, 1);
  await r.after(60000);
  assert.equal(r.asked.length, 1);
});

test('the network is back: asked at once', async () => {
  const r = rig();
  r.line.open();
  for (let i = 0; i < 6; i++) {
    r.asked.at(-1).fail();
    await r.after(20000);
  }
  r.asked.at(-1).fail();
  await r.settle();
  const n = r.asked.length;
  r.line.hurry();
  assert.equal(r.asked.length, n + 1);
});

/** Another rung is meant from packet 150 on; its connection sends from 110. */
async function changing() {
  const r = await playing();
  r.cut = 150;
  r.line.change();
  r.asked[1].answer();
  await r.settle();
  r.asked[1].send(init(1), fragment(110, 10), fragment(120, 10));
  r.asked[0].send(fragment(110, 10));
  await r.settle();
  assert.deepEqual(r.taken, [100, 110]);
  return r;
}

test('a lead that dies before the cut is gone on for without a hole', async () => {
  const r = await changing();
  r.asked[0].reset();
  await r.settle();
  r.asked[1].send(fragment(130, 20), fragment(150, 10));
  await r.settle();
  assert.deepEqual(r.taken, [100, 110, 120, 130, 150]);
  assert.equal(r.asked.length, 2);
});

test('so is one that falls silent before it', async () => {
  const r = await changing();
  await r.after(1100);
  r.asked[1].send(fragment(130, 20));
  await r.settle();
  assert.deepEqual(r.taken, [100, 110, 120, 130]);
  assert.equal(r.asked[0].open, false);
});

test('a spare that dies behind the cut has cost nothing', async () => {
  const r = await changing();
  r.asked[0].send(fragment(120, 30), fragment(150, 10));
  await r.settle();
  assert.deepEqual(r.taken, [100, 110, 120]); // the rest is the other rung's
  r.asked[1].reset();
  await r.settle();
  r.asked[0].send(fragment(160, 10));
  await r.settle();
  assert.deepEqual(r.taken, [100, 110, 120, 150, 160]);
});
