// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import test from 'node:test';
import { fitting, readChoice, shareUrl, streamUrl } from '../../../netsink/web/js/choice.js';
import { probe } from '../../../netsink/web/js/mse.js';
import { Titles } from '../../../netsink/web/js/now.js';
import { Sleep } from '../../../netsink/web/js/sleep.js';
import { heights, layout, weight } from '../../../netsink/web/js/spectrum.js';
import * as words from '../../../netsink/web/js/words.js';

const none = { get: () => null };
const read = (query, store = none) => readChoice(new URLSearchParams(query), store);

test('a shared link is understood, and made again', () => {
  const choice = read('mount=night&bitrate=64&latency=low');
  assert.deepEqual(choice, { mount: 'night', bitrate: 64, latency: 'low' });
  assert.equal(shareUrl(choice, 'http://station', true),
    'http://station/?bitrate=64&latency=low&mount=night');
  assert.equal(streamUrl(choice, '.mp4', 4711), '/night.mp4?bitrate=64&latency=low&from=4711');
  assert.equal(streamUrl(read('mount=night'), '.m3u'), '/night.m3u');
});

test('nonsense in a link is the usual', () => {
  const usual = { mount: '', bitrate: null, latency: 'safe' };
  assert.deepEqual(read('mount=../x&bitrate=-1&latency=now'), usual);
  assert.deepEqual(read('bitrate=1e3&mount=%3Cb%3E'), usual);
});

test('what was chosen before holds where the link says nothing', () => {
  const store = { get: (name) => ({ latency: 'low', bitrate: '32' })[name] ?? null };
  assert.deepEqual(read('', store), { mount: '', bitrate: 32, latency: 'low' });
  assert.equal(read('latency=normal', store).latency, 'normal');
});

test('what the station hasn\'t is not asked for', () => {
  const mounts = [{ name: 'night', rungs: [32, 64] }, { name: 'day', rungs: [64, 96] }];
  const choice = { mount: 'live', bitrate: 96, latency: 'low' };
  assert.deepEqual(fitting(choice, false, mounts),
    { mount: 'night', bitrate: null, latency: 'low' });
  assert.equal(fitting(choice, true, mounts), choice); // a link's: it may yet come
  assert.equal(fitting(choice, false, []), choice); // the station has not said yet
  const day = { ...choice, mount: 'day' };
  assert.equal(fitting(day, false, mounts), day);
  assert.equal(fitting({ ...day, bitrate: 128 }, true, mounts).bitrate, null);
  assert.equal(fitting({ ...day, bitrate: null }, true, mounts).bitrate, null);
});

test('the title is that of the packet that is heard', () => {
  const t = new Titles();
  assert.equal(t.at(null), null);
  t.add(1, { seq: 100, title: 'first', detail: '' });
  t.add(1, { seq: 700, title: 'second', detail: 'x' });
  assert.equal(t.at({ epoch: 1, seq: 699.5 }).title, 'first');
  assert.equal(t.at({ epoch: 1, seq: 700 }).title, 'second');
  assert.equal(t.at(null).title, 'second');
  t.add(2, { seq: 5, title: 'after a restart', detail: '' });
  assert.equal(t.at({ epoch: 1, seq: 9999 }).title, 'second');
  assert.equal(t.at({ epoch: 2, seq: 6 }).title, 'after a restart');
  t.add(2, { seq: 5, title: 'mended', detail: '' }); // the same moment again
  assert.equal(t.at({ epoch: 2, seq: 6 }).title, 'mended');
  t.add(2, { seq: 'x', title: 'no number' });
  t.add(2, null);
  assert.equal(t.at(null).title, 'mended');
});

test('titles do not pile up', () => {
  const t = new Titles();
  for (let seq = 0; seq < 10000; seq++)
    t.add(1, { seq, title: `t${seq}`, detail: '' });
  assert.equal(t.at({ epoch: 1, seq: 0 }).title, 't9980'); // the oldest kept
});

test('the sleep timer fades over its last minute, and ends', () => {
  const s = new Sleep();
  assert.equal(s.left(0), Infinity);
  assert.equal(s.gain(0), 1);
  s.set(0, 15);
  assert.equal(s.gain(14 * 60000), 1);
  assert.ok(s.gain(14.5 * 60000) < 0.5 && s.gain(14.5 * 60000) > 0.1);
  assert.equal(s.gain(15 * 60000), 0);
  assert.equal(s.left(16 * 60000), 0);
  s.set(0, 0);
  assert.equal(s.left(1e9), Infinity);
});

test('the codec is asked for in both spellings, and the kind that there is', () => {
  const source = (codec) => class {
    static isTypeSupported(type) {
      return type === `audio/mp4; codecs="${codec}"`;
    }
  };
  assert.equal(probe({}), null);
  assert.deepEqual(probe({ MediaSource: source('opus') }).type, 'audio/mp4; codecs="opus"');
  assert.equal(probe({ MediaSource: source('Opus') }).type, 'audio/mp4; codecs="Opus"');
  assert.equal(probe({ MediaSource: source('flac') }), null);
  assert.equal(probe({ ManagedMediaSource: source('Opus') }).managed, true);
  assert.equal(probe({ ManagedMediaSource: source('Opus'), MediaSource: source('Opus') }).managed,
    false);
});

test('something wrong is a sentence with what is done about it; else silence', () => {
  const f = { silent: 0, waits: 0, status: null, ahead: 9 };
  const say = (state, more = {}, rest = {}) => words.sentence({
    state, figures: { ...f, ...more }, mount: 'live', muted: false, online: true, ...rest,
  });
  assert.equal(say('playing'), '');
  assert.match(say('playing', { silent: 3 }), /for 3 s, 9 s are in hand.*second connection/);
  assert.match(say('playing', { silent: 3, status: 503, waits: 8 }), /full.*in 8 s/);
  assert.match(say('playing', {}, { muted: true }), /muted/);
  assert.match(say('dry', { waits: 4 }), /can't be reached. Trying again in 4 s/);
  assert.match(say('dry', {}, { online: false }), /offline/);
  assert.match(say('dry', { status: 404 }), /“live”/);
  assert.match(say('ended'), /Press play/);
  assert.equal(say('idle'), '');
  assert.equal(say('starting'), 'Tuning in …');
});

test('a screen reader is told each kind of trouble once, and no counting', () => {
  const f = { silent: 0, waits: 0, status: null, ahead: 9 };
  const told = (steps) => {
    const spoken = new words.Spoken();
    const all = steps.map(([state, more]) => spoken.says({
      state, figures: { ...f, ...more }, mount: 'live', muted: false, online: true,
    }));
    return all.filter((text, i) => text !== all[i - 1]);
  };
  const outage = told([['playing', {}], ...Array.from({ length: 9 }, (_, i) =>
    ['playing', { silent: i + 1, ahead: 9 - i, waits: i % 3, status: i > 4 ? 503 : null }]),
  ...[3, 2, 1, 0].map((waits) => ['dry', { waits }]), ['playing', {}]]);
  assert.deepEqual(outage.map((text) => text.slice(0, 10)), ['', 'Nothing co', 'Nothing is', '']);
  assert.ok(outage.every((text) => !/[0-9]/.test(text)));
  const first = told([['idle'], ['starting'], ...[2, 1, 0, 2, 1, 0].map((waits) =>
    ['starting', { waits }]), ['starting', { status: 503 }], ['playing'], ['ended'],
  ['starting']]);
  assert.deepEqual(first.map((text) => text.slice(0, 21)), ['', 'Tuning in …',
    "The station can't be ", 'The station is full o', '', 'The station ended thi', 'Tuning in …']);
});

test('figures read well', () => {
  assert.equal(words.clock(3599001), '1:00:00');
  assert.equal(words.clock(61000), '1:01');
  assert.equal(words.size(1234567), '1.2 MB');
  assert.equal(words.size(NaN), '–');
  assert.equal(words.nearest(91, [32, 64, 96, 160]), 96);
  assert.match(words.outages({ outages: 2, longest: 5.04, drops: 0 }), /2, the longest 5.0 s; none/);
});

test('a tone stands where it is heard, silence is flat', () => {
  const bins = 4096;
  const bands = layout(96, 48000, bins);
  const out = new Float32Array(96);
  const db = new Float32Array(bins).fill(-Infinity);
  heights(db, bands, out);
  assert.ok(out.every((h) => h === 0));
  assert.deepEqual(weight(out), { centre: 0, level: 0 });
  for (const hz of [55, 440, 5000]) {
    db.fill(-120);
    db[Math.round(hz / (24000 / bins))] = -20;
    heights(db, bands, out);
    const top = out.indexOf(Math.max(...out));
    const at = 40 * (9000 / 40) ** (top / 95);
    assert.ok(Math.abs(Math.log2(at / hz)) < 0.2, `${hz} Hz stands at ${at} Hz`);
    assert.ok(Math.max(...out) > 0.5);
  }
});
