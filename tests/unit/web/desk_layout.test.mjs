// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import test from 'node:test';
import { layersOf, layout, placesOf, remember }
  from '../../../netsink/web/desk/layout.js';

const port = (name, output, more = {}) =>
  ({ name, pretty: null, output, midi: false, physical: false, ...more });
const client = (name, ins, outs, more = {}) => ({
  name, ports: [...ins.map((p) => port(p, false, more)),
                ...outs.map((p) => port(p, true, more))] });
const link = (from, to) => ({ from, to });

const station = {
  clients: [
    client('system', ['playback_1'], ['capture_1'], { physical: true }),
    client('longwave-gen', [], ['bells_L', 'mix_L', 'pad_L']),
    client('longwave-master', ['in_L'], ['out_L']),
    client('longwave-sink', ['in_L'], []),
  ],
  links: [link('longwave-gen:mix_L', 'longwave-master:in_L'),
          link('longwave-master:out_L', 'longwave-sink:in_L')],
};
const boxes = (laid) => Object.fromEntries(laid.boxes.map((b) => [b.key, b]));

/* No box on another. */
function apart(laid) {
  for (const a of laid.boxes) {
    for (const b of laid.boxes) {
      if (a !== b)
        assert.ok(a.x + a.w <= b.x || b.x + b.w <= a.x ||
                  a.y + a.h <= b.y || b.y + b.h <= a.y,
                  `${a.key} is on ${b.key}`);
    }
    assert.ok(a.x >= 0 && a.x + a.w <= laid.width, `${a.key} is in`);
    assert.ok(a.y >= 0 && a.y + a.h <= laid.height, `${a.key} is in`);
  }
}

test('signal flows from left to right', () => {
  const laid = layout(station);
  const b = boxes(laid);
  apart(laid);
  assert.ok(b['longwave-gen'].x + b['longwave-gen'].w < b['longwave-master'].x);
  assert.ok(b['longwave-master'].x + b['longwave-master'].w <
            b['longwave-sink'].x);
  assert.equal(laid.cables.length, 2);
  // hardware without a cable is on the shelf, as two boxes
  assert.deepEqual([b['system/in'].loose, b['system/out'].loose], [true, true]);
  assert.ok(b['system/in'].y > laid.shelf);
  assert.equal(b['system/in'].outs.length, 0);
});

test('the longest path counts, and a source stands beside what it feeds', () => {
  const layer = layersOf(['a', 'b', 'c', 'd', 'keys'],
    [['a', 'b'], ['b', 'c'], ['a', 'c'], ['c', 'd'], ['keys', 'd']]);
  assert.deepEqual(Object.fromEntries(layer), { a: 0, b: 1, c: 2, d: 3, keys: 2 });
});

test('a cycle is laid out, whatever the order it is told in', () => {
  const edges = [['a', 'b'], ['b', 'c'], ['c', 'b'], ['c', 'd'], ['b', 'b']];
  const one = layersOf(['a', 'b', 'c', 'd'], edges);
  const two = layersOf(['d', 'c', 'b', 'a'], [...edges].reverse());
  assert.deepEqual([...one].sort(), [...two].sort());
  assert.deepEqual([one.get('a'), one.get('d')], [0, 3]);
  assert.equal(Math.abs(one.get('b') - one.get('c')), 1);

  // nothing but a cycle, and a client fed by itself
  const laid = layout({
    clients: [client('x', ['i'], ['o']), client('y', ['i'], ['o']),
              client('z', ['i'], ['o'])],
    links: [link('x:o', 'y:i'), link('y:o', 'x:i'), link('z:o', 'z:i')] });
  apart(laid);
  assert.equal(laid.cables.length, 3);
  const bottom = Math.max(...laid.boxes.map((b) => b.y + b.h));
  const under = laid.cables.map((c) => c.d.match(/L[-\d.]+ ([\d.]+)C/)?.[1])
    .filter(Boolean).map(Number);
  assert.equal(new Set(under).size, 2, 'each that leads back has its own way');
  assert.ok(under.every((y) => y > bottom && y < laid.height), 'underneath');
});

test('a new cable or client moves nobody', () => {
  const first = layout(station);
  const more = {
    clients: [...station.clients, client('amp', ['in'], ['out'])],
    links: [...station.links, link('longwave-gen:pad_L', 'system:playback_1'),
            link('longwave-gen:pad_L', 'amp:in'),
            link('longwave-gen:bells_L', 'longwave-sink:in_L'),
            link('amp:out', 'longwave-sink:in_L')],
  };
  const second = layout(more, { before: placesOf(first) });
  apart(second);
  for (const name of ['longwave-gen', 'longwave-master', 'longwave-sink'])
    assert.equal(boxes(second)[name].y, boxes(first)[name].y, name);
  const third = layout(station, { before: placesOf(second) });
  for (const b of first.boxes)
    assert.deepEqual([boxes(third)[b.key].x, boxes(third)[b.key].y],
                     [b.x, b.y], b.key);
});

test('the same graph told in another order is the same picture', () => {
  const graph = remember({ clients: new Map(), links: new Map() }, {
    clients: [...station.clients].reverse(),
    links: [...station.links].reverse().map((l) => [l.from, l.to]) }, 1, 0);
  const again = remember({ clients: new Map(), links: new Map() }, {
    clients: station.clients, links: station.links.map((l) => [l.from, l.to]) },
    1, 0);
  assert.deepEqual(layout(graph), layout(again));
});

test('a cable past a column has a lane of its own there', () => {
  const graph = {
    clients: station.clients.map((c) => (c.name === 'longwave-sink'
      ? client('longwave-sink', ['in_L', 'in_R'], []) : c)),
    links: [...station.links, link('longwave-gen:pad_L', 'longwave-sink:in_R')],
  };
  const laid = layout(graph);
  const m = boxes(laid)['longwave-master'];
  const past = laid.cables.find((c) => c.from.endsWith('pad_L'));
  // the stretch between the two ends of the master's column
  const at = past.d.match(new RegExp(`${m.x} ([\\d.]+)L${m.x + m.w} ([\\d.]+)`));
  assert.ok(at, past.d);
  assert.ok(Number(at[1]) < m.y || Number(at[1]) > m.y + m.h,
            'it runs through the box');
});

test('a hundred clients with a hundred ports are laid out apart', () => {
  const clients = [], links = [];
  let seed = 1;
  const dice = (n) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % n;
  };
  for (let i = 0; i < 100; i++)
    clients.push(client(`c${i}`, Array.from({ length: dice(100) + 1 },
                                            (_, k) => `in_${k}`),
                        Array.from({ length: dice(100) + 1 },
                                   (_, k) => `out_${k}`)));
  for (let i = 0; i < 150; i++)
    links.push(link(`c${dice(100)}:out_0`, `c${dice(100)}:in_0`));
  const laid = layout({ clients, links });
  apart(laid);
  assert.equal(laid.cables.length, 150, 'a port with a cable is always shown');
  const many = laid.boxes.find((b) => b.ins.length > 1);
  assert.ok(many.ins.length <= 12);
});

test('what has gone is seen a while, at its place, and then is gone', () => {
  const memory = { clients: new Map(), links: new Map() };
  const told = { clients: station.clients,
                 links: station.links.map((l) => [l.from, l.to]) };
  const less = { clients: told.clients.filter((c) =>
    c.name !== 'longwave-master'), links: [] };
  const before = layout(remember(memory, told, 1000, 5000));
  const ghost = remember(memory, less, 2000, 5000);
  assert.deepEqual(ghost.clients.filter((c) => c.gone).map((c) => c.name),
                   ['longwave-master']);
  assert.ok(ghost.links.every((l) => l.gone));
  const during = layout(ghost, { before: placesOf(before) });
  for (const b of before.boxes)
    assert.deepEqual([boxes(during)[b.key].x, boxes(during)[b.key].y], [b.x, b.y]);
  const back = remember(memory, told, 3000, 5000);
  assert.ok(back.links.every((l) => !l.gone) && back.clients.every((c) => !c.gone));
  const later = remember(memory, less, 8001, 5000);
  assert.equal(later.clients.length, 3);
  assert.equal(later.links.length, 0);
});

test('a cable of a port that is no more is not drawn', () => {
  const memory = { clients: new Map(), links: new Map() };
  const a = client('a', [], ['o']), b = client('b', ['i'], []);
  remember(memory, { clients: [a, b], links: [['a:o', 'b:i']] }, 0, 5000);
  const now = remember(memory, { clients: [client('a', [], ['other']), b],
                                 links: [] }, 10, 5000);
  assert.deepEqual(now.links, []);
});

test('names with colons and slashes, and a graph of nothing', () => {
  const laid = layout({
    clients: [client('a2j', [], ['Key:board/1']), client('d', ['in:1'], [])],
    links: [link('a2j:Key:board/1', 'd:in:1')] });
  assert.equal(laid.cables.length, 1);
  assert.deepEqual(layout({ clients: [], links: [] }).boxes, []);
});
