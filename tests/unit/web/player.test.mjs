// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import test from 'node:test';
import { Fade } from '../../../netsink/web/js/fade.js';
import { Player } from '../../../netsink/web/js/player.js';
import { Sleep, lull } from '../../../netsink/web/js/sleep.js';
import { Element, wait } from './element.mjs';
import { fragment, init } from './fragments.mjs';

const NOT_SUPPORTED = 4;
const CHOICE = { mount: 'live', bitrate: null, latency: 'safe' };
const loud = (audio, from = 0) => Math.max(0, ...audio.volumes.slice(from));

/** A page on the plain engine; each request of its own is in the test's hands. */
async function rig({ wanted = 'plain', answer = async () => ({ ok: true, status: 200 }) } = {}) {
  const r = { now: 1000, asked: [] };
  r.audio = new Element();
  r.fade = new Fade(r.audio);
  const env = {
    now: () => r.now,
    fetch: (url, o) => {
      r.asked.push(url);
      return answer(url, o);
    },
  };
  r.player = new Player(r.audio, r.fade, env, CHOICE, wanted, () => r.looks?.());
  if (wanted === 'plain')
    await r.player.prepare();
  return r;
}

async function playing(r) {
  r.player.start();
  r.audio.sounds();
  await wait(350);
  assert.equal(r.audio.volume, 1);
}

test('the sleep timer ends in silence: nothing is louder than before', async () => {
  const r = await rig();
  const sleep = new Sleep();
  await playing(r);
  sleep.set(0, 15);
  let now = 15 * 60000 - 500;
  r.looks = () => lull(sleep, r.fade, r.player, now); // the page looks at each change
  r.looks();
  const before = r.audio.volumes.length;
  const last = r.audio.volume;
  assert.ok(last > 0 && last < 0.01);
  now += 1000;
  r.looks();
  await wait(400);
  assert.ok(loud(r.audio, before) <= last, `${loud(r.audio, before)} after ${last}`);
  assert.equal(r.player.on, false);
  assert.equal(r.audio.paused, true);
  r.looks = undefined;
  await playing(r); // and the next day it is as loud as ever
  await r.player.stop();
});

test('another programme begins in silence, and is heard', async () => {
  const r = await rig();
  await playing(r);
  r.now = 9000;
  r.player.choose({ ...CHOICE, mount: 'night' });
  assert.equal(r.audio.src, '/night.opus');
  assert.equal(r.audio.volume, 0);
  assert.equal(r.player.startMs, 0);
  r.now = 9300;
  r.audio.sounds();
  await wait(350);
  assert.equal(r.audio.volume, 1);
  assert.equal(r.player.startMs, 300);
  await r.player.stop();
});

test('a refusal is none of the browser\'s: the status is told, and it is tried on', async () => {
  let status = 503;
  const r = await rig({ answer: async () => ({ ok: status === 200, status }) });
  r.player.start();
  for (let i = 0; i < 6; i++) {
    r.audio.fails(NOT_SUPPORTED);
    await wait(250); // a tick
    assert.equal(r.player.state, 'starting');
    assert.equal(r.player.figures().status, 503);
    r.now += 20000;
    await wait(250);
  }
  assert.equal(r.asked.length, 6);
  assert.equal(r.asked[0], '/live.opus');
  status = 200; // it would answer: then the browser really can't
  r.audio.fails(NOT_SUPPORTED);
  await wait(10);
  assert.equal(r.player.state, 'unable');
});

test('without a station, too, it is tried on', async () => {
  const r = await rig({ answer: async () => { throw new TypeError('no connection'); } });
  r.player.start();
  for (let i = 0; i < 4; i++) {
    r.audio.fails(NOT_SUPPORTED);
    r.now += 20000;
    await wait(250);
  }
  assert.equal(r.player.on, true);
  assert.equal(r.player.figures().status, null);
  assert.ok(r.player.figures().reconnects >= 3);
  await r.player.stop();
});

test('a fade that another one replaces says so', async () => {
  const fade = new Fade(new Element());
  const first = fade.to(1, 1000);
  const second = fade.to(0, 50);
  assert.equal(await first, false);
  assert.equal(await second, true);
  const third = fade.to(1, 1000);
  fade.jump(0);
  assert.equal(await third, false);
});

/** As much of a Media Source as the page uses: it takes all, at once. */
class Source extends EventTarget {
  static isTypeSupported() {
    return true;
  }

  static made = [];
  readyState = 'open';

  constructor() {
    super();
    Source.made.push(this);
    setImmediate(() => this.dispatchEvent(new Event('sourceopen')));
  }

  addSourceBuffer() {
    this.buffer = Object.assign(new EventTarget(), {
      updating: false, timestampOffset: 0, buffered: { length: 0 },
      appendBuffer: () => setImmediate(() =>
        this.buffer.dispatchEvent(new Event('updateend'))),
    });
    return this.buffer;
  }
}

async function withSource(f) {
  const before = URL.createObjectURL;
  URL.createObjectURL = () => 'blob:test';
  globalThis.MediaSource = Source;
  try {
    await f();
  } finally {
    delete globalThis.MediaSource;
    URL.createObjectURL = before;
  }
}

test('Stop while the next engine is being fetched stays a stop', () => withSource(async () => {
  const r = await rig({ wanted: 'mse', answer: () => new Promise(() => {}) });
  r.player.start();
  assert.equal(r.player.engineName, 'Media Source, Opus in MP4');
  await wait(10);
  for (let i = 0; i < 3; i++) { // decoders that die one after the other
    r.audio.fails(3);
    await Promise.resolve();
  }
  const stopped = r.player.stop();
  await stopped;
  await wait(50);
  assert.equal(r.player.on, false);
  assert.equal(r.player.state, 'idle');
}));

test('an engine that fails in the midst of playing leaves its place to one that is heard',
  () => withSource(async () => {
    const r = await rig({ wanted: 'mse', answer: () => new Promise(() => {}) });
    await playing(r);
    for (let i = 0; i < 3; i++)
      r.audio.fails(3);
    await wait(50);
    assert.equal(r.player.engineName, 'audio element, Ogg Opus');
    r.audio.sounds();
    await wait(350);
    assert.equal(r.audio.volume, 1);
    await r.player.stop();
  }));

test('Stop in the midst of a change of delay is not undone', () => withSource(async () => {
  const answer = async () => new Response(new ReadableStream({
    start: (body) => [init(), fragment(0, 500)].forEach((p) => body.enqueue(p)),
  }), { headers: { 'X-Stream-Epoch': '1', 'X-Stream-Seq': '0' } });
  const r = await rig({ wanted: 'mse', answer });
  r.audio.ranges = [[0, 10]];
  await playing(r);
  r.audio.currentTime = 1;
  r.player.choose({ ...CHOICE, latency: 'low' });
  await wait(20); // the new connection has taken over
  r.now += 400;
  while (r.audio.volume === 1)
    await wait(5); // until it fades, to go nearer to live
  const at = r.audio.volumes.length;
  const volume = r.audio.volume;
  await r.player.stop();
  await wait(350);
  assert.ok(loud(r.audio, at) <= volume, `${loud(r.audio, at)} after ${volume}`);
  assert.equal(r.audio.currentTime, 1);
}));
