// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import test from 'node:test';
import * as f from '../../../netsink/web/desk/format.js';
import { along, axis, line, nice, steps, summary }
  from '../../../netsink/web/desk/scale.js';
import { headline, heard, portsOf, processesOf, SILENCE_S }
  from '../../../netsink/web/desk/station.js';

test('figures read as people write them', () => {
  assert.equal(f.fixed(-0.04, 1), '0.0', 'no minus before nothing');
  assert.equal(f.fixed(-18.25, 1), '−18.3');
  assert.equal(f.signed(1.55, 1), '+1.6');
  assert.equal(f.signed(0.01, 1), '0.0');
  assert.equal(f.signed(-2, 0), '−2');
  assert.deepEqual([0, 0.0444, 1.254, 31.44, 123.4, 1204.4, 4, -4.2, null]
    .map(f.short), ['0', '0.044', '1.25', '31.4', '123', '1,204', '4', '−4.20',
                    '–']);
  assert.equal(f.whole(1234567), '1,234,567');
  assert.equal(f.percent(0.0226), '2.3 %');
  assert.equal(f.percent(0.996), '100 %');
  assert.deepEqual([0, 999, 1000, 101359, 9949999, 999500000, 2.5e12]
    .map(f.bytes), ['0 B', '999 B', '1.0 kB', '101 kB', '9.9 MB', '1.0 GB',
                    '2.5 TB']);
  assert.deepEqual([0, 0.9, 59, 60, 185, 3600, 8040, 273600].map(f.duration),
    ['0 s', '0 s', '59 s', '1 min', '3 min 5 s', '1 h', '2 h 14 min',
     '3 d 4 h']);
  assert.equal(f.count(1, 'listener'), '1 listener');
  assert.equal(f.count(2000, 'listener'), '2,000 listeners');
});

test('what is not known is no number', () => {
  for (const x of [null, undefined, NaN, -Infinity, '5']) {
    for (const how of [f.short, f.whole, f.percent, f.bytes, f.duration,
                       f.clock, (v) => f.fixed(v, 1), (v) => f.signed(v, 1)])
      assert.equal(how(x), f.NONE);
  }
});

test('players by their names', () => {
  const kit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
  const names = {
    'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0':
      'Firefox 128',
    [`Mozilla/5.0 (X11; Linux x86_64) ${kit} Chrome/126.0.0.0 Safari/537.36`]:
      'Chrome 126',
    [`Mozilla/5.0 (Windows NT 10.0) ${kit} Chrome/126.0.0.0 Safari/537.36 ` +
     'Edg/126.0.2592.87']: 'Edge 126',
    [`Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) ${kit} ` +
     'Version/17.4 Mobile/15E148 Safari/604.1']: 'Safari 17',
    'VLC/3.0.20 LibVLC/3.0.20': 'VLC 3.0',
    'mpv 0.36.0': 'mpv 0.36',
    'curl/7.88.1': 'curl 7.88',
    'GStreamer souphttpsrc 1.22 libsoup/3.2': 'GStreamer',
    '<script>': '<script>',
    '': f.NONE,
  };
  for (const [agent, name] of Object.entries(names))
    assert.equal(f.agent(agent), name);
});

test('an axis holds what is on it, in steps that read well', () => {
  for (const values of [[0.3], [1, 2, 399], [-18, -40], [0], [], [1e9, null]]) {
    const a = axis(values);
    assert.ok(a.ticks.length >= 2 && a.ticks.length <= 7, `${a.ticks}`);
    for (const v of values.filter((x) => x !== null))
      assert.ok(a.min <= v && v <= a.max, `${v} in ${a.min}..${a.max}`);
    assert.equal(along(a, a.min), 0);
    assert.equal(along(a, a.max), 1);
  }
  assert.deepEqual(axis([4], { least: 4 }).ticks, [0, 1, 2, 3, 4]);
  assert.deepEqual(axis([1], { whole: true }).ticks, [0, 1]);
  assert.deepEqual(axis([-20, -4], { floor: -40, top: 0 }).ticks,
                   [-40, -30, -20, -10, 0].map((x) => x || 0));
  assert.deepEqual(axis([0.04, 31], { log: true }).ticks, [0.01, 0.1, 1, 10, 100]);
  assert.deepEqual(axis([], { log: true }).ticks, [1, 10]);
  const a = axis([0.01, 100], { log: true });
  assert.ok(Math.abs(along(a, 1) - 0.5) < 1e-9);
  assert.equal(along(a, 0), 0, 'nothing is under the lowest decade');
  assert.deepEqual([0.03, 1, 1.1, 7, 20].map(nice), [0.05, 1, 2, 10, 20]);
});

test('a line has a hole where nothing is known, and a dot for one alone', () => {
  const x = (i) => 10 * i, y = (v) => v;
  assert.equal(line([1, 2, null, 4, null, null, 5, 6], x, y),
               'M0 1L10 2M30 4h0M60 5L70 6');
  assert.equal(line([null], x, y), '');
  assert.equal(steps([{ at: 0, value: 9 }, { at: 4, value: 2 }], 10,
                     (t) => t, (v) => v), 'M0 9H4V2H10');
  assert.deepEqual(summary([3, null, 1, 2, null]),
                   { min: 1, median: 2, max: 3, last: 2 });
  assert.equal(summary([null, NaN]), null);
});

const mount = (more = {}) => ({ name: 'live', channels: 2, failed: '',
                                muted: false, ...more });
const status = (more = {}) => ({
  jack: { up: true, client: 'longwave-sink' }, mounts: [mount()],
  totals: { listeners: 3 }, desk: { station: null, clients: [], graph: null,
                                    processes: [] }, ...more });
const generator = (renderer) => ({ desk: { station: null, clients: [{
  name: 'g', program: 'longwave-gen',
  told: { program: 'longwave-gen', renderer } }] } });

test('what matters most is the state', () => {
  const word = (s, more) => headline(s, more).word;
  assert.equal(word(null), 'Connecting');
  assert.equal(word(status()), 'On air');
  assert.equal(headline(status()).detail, '3 listeners');
  assert.equal(word(status({ desk: null })), 'On air', 'a sink without a desk');
  assert.equal(word(status({ jack: { up: false } })), 'No JACK');
  assert.equal(word(status({ jack: { up: false },
                             mounts: [mount({ failed: 'No memory' })] })),
               'Encoder failed');
  assert.equal(word(status({ mounts: [mount({ muted: true })] })), 'Muted');
  assert.equal(headline(status({ mounts: [mount(), mount({ name: 'b',
    muted: true })] })).detail, '3 listeners, 1 of 2 mounts muted');
  assert.equal(word(status(), { silentS: SILENCE_S - 0.1 }), 'On air');
  assert.equal(word(status(), { silentS: SILENCE_S }), 'Silence');
  const graph = (links) => ({ desk: { station: null, clients: [],
                                      processes: [], graph: { links } } });
  assert.equal(headline(status(graph([['x:o', 'longwave-sink:talk_L']]))).detail,
               'nothing is patched into /live');
  assert.equal(word(status(graph([['x:o', 'longwave-sink:in_R']]))), 'On air');
  assert.equal(word(status({ mounts: [mount({ muted: true })] }),
                    { silentS: 60 }), 'Muted', 'silence that was ordered');
});

test('a renderer that stands in is told, and which it is', () => {
  const r = { state: 'suspect', name: 'CPU (avx2)', gpu: 'GPU X',
              trouble: 'killed by signal 9' };
  const h = headline(status(generator(r)));
  assert.equal(h.word, 'Renderer failover');
  assert.equal(h.detail,
               'CPU (avx2) stands in for GPU X: killed by signal 9');
  for (const state of ['off', 'gpu', 'probing'])
    assert.equal(headline(status(generator({ ...r, state }))).word, 'On air');
  const down = { desk: { clients: [], station: { clients: [
    { name: 'longwave-master', state: 'waiting', says: 'exited with 1' }] } } };
  assert.equal(headline(status(down)).detail,
               'longwave-master is waiting: exited with 1');
});

test('silence is counted from the last sound at the mount\'s own ports', () => {
  const s = status(), last = {};
  const levels = (rms) => ({ 'longwave-sink:in_L': rms === null ? null
                               : [rms, rms + 3],
                             'longwave-gen:mix_L': [-10, -5] });
  heard(last, s, levels(-20), 1000);
  heard(last, s, levels(-61), 2000);
  heard(last, s, levels(null), 3000);
  assert.deepEqual(last, { live: 1000 });
  heard(last, s, levels(-59), 4000);
  assert.deepEqual(last, { live: 4000 });
  const ports = (m) => portsOf({ jack: { client: 'sink' } }, m)
    .map((p) => p.port);
  assert.deepEqual(ports(mount({ name: 'talk' })), ['sink:talk_L', 'sink:talk_R']);
  assert.deepEqual(ports(mount({ channels: 1 })), ['sink:in_mono']);
});

test('processes have the station\'s word on restarts', () => {
  const s = status({ desk: { clients: [], station: { clients: [
    { pid: 7, restarts: 2, state: 'running' }] }, processes: [
    { name: 'jackd', pid: 3, cpu_share: null, rss_kb: 100, threads: 4 },
    { name: 'longwave-gen', pid: 7, cpu_share: 0.5, rss_kb: 100, threads: 4 },
  ] } });
  assert.deepEqual(processesOf(s).map((p) => [p.name, p.restarts, p.cpu]),
                   [['jackd', null, null], ['longwave-gen', 2, 0.5]]);
});
