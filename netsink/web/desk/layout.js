// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where the clients of a JACK graph are drawn: in columns by signal flow, each
 * as far right as its longest way from a source, with lanes for cables that
 * pass a column by. Cables of a cycle that lead back go underneath. A client
 * that was there keeps its place among the others, so that the picture moves
 * only as much as the graph did. Pure; px.
 *
 * A client of nothing but hardware, with both directions, is two boxes: what
 * comes in from outside is at the left, what goes out at the right.
 */
export const HEAD = 26;
export const ROW = 18;
export const METER = 34;
const PAD = 10;
const CHAR = 6.5; // of the labels' font, on average
const GAP_Y = 22;
const GAP_X = 76;
const LANE = 10;
const LABEL_MAX = 22; // characters
const NATURAL = new Intl.Collator('en', { numeric: true });
const PORTS_MAX = 12; // of a side; beyond: those with cables, and how many more
const SHELF_WIDTH = 720; // at least

/**
 * @typedef {{name: string, pretty?: string | null, output: boolean,
 *   midi: boolean, physical: boolean}} Port
 * @typedef {{name: string, ports: Port[], gone?: boolean}} Client
 * @typedef {{from: string, to: string, gone?: boolean}} Link  "client:port"
 * @typedef {{id: string, label: string, y: number, midi: boolean,
 *   more?: boolean}} Row  y of its middle, from the box's top
 * @typedef {{key: string, client: string, title: string, gone: boolean,
 *   ins: Row[], outs: Row[], w: number, h: number, x: number, y: number,
 *   loose: boolean}} Box
 * @typedef {{from: string, to: string, gone: boolean, midi: boolean,
 *   d: string}} Cable
 * @typedef {{boxes: Box[], cables: Cable[], width: number, height: number,
 *   shelf: number | null}} Layout  shelf: y of what has no cable
 */

export function clip(text, most = LABEL_MAX) {
  return text.length > most ? text.slice(0, most - 1) + '…' : text;
}

function rowsOf(client, ports, linked) {
  const id = (p) => `${client.name}:${p.name}`;
  let shown = ports;
  if (ports.length > PORTS_MAX) {
    const first = new Set(ports.filter((p) => linked.has(id(p))));
    for (const p of ports) {
      if (first.size >= PORTS_MAX - 1)
        break;
      first.add(p);
    }
    shown = ports.filter((p) => first.has(p));
  }
  const rows = shown.map((p) => ({
    id: id(p),
    label: clip(p.pretty || p.name),
    midi: p.midi,
  }));
  if (shown.length < ports.length)
    rows.push({ id: '', label: `${ports.length - shown.length} more`,
                midi: false, more: true });
  rows.forEach((r, i) => {
    r.y = HEAD + ROW * (i + 0.5);
  });
  return rows;
}

function boxOf(client, half, metered, linked) {
  const side = (output) => half === (output ? 'in' : 'out') ? []
    : client.ports.filter((p) => p.output === output);
  const ins = rowsOf(client, side(false), linked);
  const outs = rowsOf(client, side(true), linked);
  const widest = (rows) => rows.length === 0 ? 0
    : Math.max(...rows.map((r) => r.label.length)) * CHAR + 2 * PAD +
      (metered ? METER : 0);
  const title = clip(client.name, 30);
  return {
    key: half ? `${client.name}/${half}` : client.name,
    client: client.name,
    title,
    gone: Boolean(client.gone),
    ins,
    outs,
    w: Math.ceil(Math.max(96, title.length * 7.4 + 2 * PAD,
                          widest(ins) + widest(outs))),
    h: HEAD + ROW * Math.max(ins.length, outs.length) + 6,
    x: 0,
    y: 0,
    loose: false,
  };
}

/** @returns {Box[]} */
function boxesOf(graph, metered) {
  const linked = new Set(graph.links.flatMap((l) => [l.from, l.to]));
  return graph.clients.flatMap((c) => {
    const both = c.ports.some((p) => p.output) &&
      c.ports.some((p) => !p.output);
    const halves = both && c.ports.every((p) => p.physical) ? ['out', 'in']
                                                            : [''];
    const ports = [...c.ports].sort((a, b) => NATURAL.compare(a.name, b.name));
    return halves.map((h) =>
      boxOf({ ...c, ports }, h, metered.has(c.name), linked));
  });
}

/**
 * Layer of every box by longest path. Links that would lead back are found by
 * depth-first search from the sources, in an order that names alone decide.
 * @param {string[]} keys
 * @param {[string, string][]} edges
 * @returns {Map<string, number>}
 */
export function layersOf(keys, edges) {
  const next = new Map(keys.map((k) => [k, new Set()]));
  const fed = new Set();
  for (const [a, b] of edges) {
    if (a !== b) {
      next.get(a).add(b);
      fed.add(b);
    }
  }
  const order = [...keys].sort((a, b) =>
    Number(fed.has(a)) - Number(fed.has(b)) || (a < b ? -1 : 1));
  const state = new Map(); // 1: on the way, 2: done
  const done = []; // each after all that it leads to
  const forward = new Map(keys.map((k) => [k, []]));
  const visit = (k) => {
    state.set(k, 1);
    for (const to of [...next.get(k)].sort()) {
      if (state.get(to) === 1)
        continue; // back
      forward.get(k).push(to);
      if (!state.has(to))
        visit(to);
    }
    state.set(k, 2);
    done.push(k);
  };
  for (const k of order) {
    if (!state.has(k))
      visit(k);
  }
  const layer = new Map(keys.map((k) => [k, 0]));
  for (const k of done.reverse()) {
    for (const to of forward.get(k))
      layer.set(to, Math.max(layer.get(to), layer.get(k) + 1));
  }
  // A source stands beside what it feeds.
  const enters = new Set([...forward.values()].flat());
  for (const k of keys) {
    if (!enters.has(k) && forward.get(k).length > 0)
      layer.set(k, Math.min(...forward.get(k).map((t) => layer.get(t))) - 1);
  }
  return layer;
}

const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;

/*
 * Items (boxes and lanes) of each layer in their order from the top: as they
 * were, newcomers between them by their neighbours; all new: by sweeps.
 */
function ordered(layers, near, before) {
  const rank = new Map();
  const keys = layers.flat();
  const fresh = keys.filter((k) => !before.has(k));
  const sortAll = () => layers.forEach((l) =>
    l.sort((a, b) => rank.get(a) - rank.get(b) || (a < b ? -1 : 1)));

  layers.forEach((l) => [...l].sort().forEach((k, i) =>
    rank.set(k, before.get(k) ?? i)));
  const sweeps = fresh.length === keys.length ? 8 : 2;
  for (let s = 0; s < sweeps; s++) {
    const walk = s % 2 ? [...layers].reverse() : layers;
    for (const l of walk) {
      for (const k of l.filter((x) => !before.has(x))) {
        const n = near.get(k).filter((x) => rank.has(x));
        if (n.length > 0)
          rank.set(k, mean(n.map((x) => rank.get(x))));
      }
      if (fresh.length === keys.length) {
        l.sort((a, b) => rank.get(a) - rank.get(b) || (a < b ? -1 : 1));
        l.forEach((k, i) => rank.set(k, i));
      }
    }
  }
  sortAll();
  return layers;
}

function curve(points) {
  let d = `M${points[0].x} ${points[0].y}`;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1], b = points[i];
    if (a.y === b.y) {
      d += `L${b.x} ${b.y}`;
      continue;
    }
    const reach = Math.max(18, (b.x - a.x) / 2);
    d += `C${a.x + reach} ${a.y} ${b.x - reach} ${b.y} ${b.x} ${b.y}`;
  }
  return d;
}

/* Out at the right, under everything, and in at the left. */
function loop(a, b, floor) {
  const r = 14;
  return `M${a.x} ${a.y}C${a.x + 3 * r} ${a.y} ${a.x + 3 * r} ${floor} ` +
    `${a.x} ${floor}L${b.x} ${floor}` +
    `C${b.x - 3 * r} ${floor} ${b.x - 3 * r} ${b.y} ${b.x} ${b.y}`;
}

/* Columns: x of every layer, by its widest box. */
function placeX(layers, byKey) {
  let x = GAP_X / 2;
  return layers.map((l, i) => {
    const boxes = l.map((k) => byKey.get(k)).filter(Boolean);
    const w = Math.max(0, ...boxes.map((b) => b.w));
    if (i > 0)
      x += GAP_X;
    boxes.forEach((b) => {
      b.x = x + (i > 0 ? 0 : w - b.w);
    });
    const at = { x, w };
    x += w;
    return at;
  });
}

/* The place nearest to a wish that has room for h, between what is there. */
function fit(there, wish, h) {
  const free = (y) => y >= GAP_Y / 2 && there.every((t) =>
    y >= t.y + t.h + t.gap || y + h + t.gap <= t.y);
  return [wish, GAP_Y / 2,
          ...there.flatMap((t) => [t.y + t.h + t.gap, t.y - t.gap - h])]
    .filter(free).sort((a, b) => Math.abs(a - wish) - Math.abs(b - wish))[0];
}

/* From the left: each as near as can be to where its cables come from. What
   had a place keeps it, and what is new finds room. */
function placeY(layers, byKey, lanes, wires, before) {
  for (const l of layers) {
    const there = [];
    let free = GAP_Y / 2;
    const put = (k, y) => {
      const item = byKey.get(k) || lanes.get(k);
      item.y = Math.round(y);
      there.push({ y: item.y, h: item.h, gap: byKey.has(k) ? GAP_Y : LANE });
      free = item.y + item.h + (byKey.has(k) ? GAP_Y : LANE);
    };
    const known = l.filter((k) => before.has(k));
    for (const k of known)
      put(k, Math.max(free, before.get(k)));
    for (const k of l.filter((x) => !before.has(x))) {
      const from = wires.get(k).map((w) => w.from() - w.at)
        .filter((y) => Number.isFinite(y));
      const wish = from.length > 0 ? mean(from) : free;
      put(k, known.length === 0 ? Math.max(free, wish)
        : fit(there, wish, (byKey.get(k) || lanes.get(k)).h));
    }
  }
}

/* Links with the boxes and rows at both ends. */
function tie(links, boxes) {
  const ends = new Map();
  for (const box of boxes) {
    for (const row of box.ins)
      ends.set(`i${row.id}`, { box, row });
    for (const row of box.outs)
      ends.set(`o${row.id}`, { box, row });
  }
  const tied = links.map((l) => ({
    ...l, a: ends.get(`o${l.from}`), b: ends.get(`i${l.to}`),
  })).filter((l) => l.a && l.b);
  const keys = new Set(tied.flatMap((l) => [l.a.box.key, l.b.box.key]));
  boxes.forEach((b) => {
    b.loose = !keys.has(b.key);
  });
  return tied;
}

/* Keys of the tied boxes by layer, and the layer of each. */
function layered(links, boxes) {
  const keys = boxes.filter((b) => !b.loose).map((b) => b.key);
  const layer = layersOf(keys, links.map((l) => [l.a.box.key, l.b.box.key]));
  const depth = Math.max(-1, ...layer.values()) + 1;
  for (const k of keys) { // the way out is at the far right
    if (k.endsWith('/in'))
      layer.set(k, depth - 1);
  }
  const layers = Array.from({ length: depth }, () => []);
  keys.forEach((k) => layers[layer.get(k)].push(k));
  return { layer, layers };
}

/*
 * Lanes, one for each pair of boxes and layer between them, put into layers; a
 * link gets its way through them (via), or is one that leads back.
 * near: neighbours of each item; wires: what its y goes by.
 */
function addLanes(links, layer, layers) {
  const lanes = new Map();
  const near = new Map([...layer.keys()].map((k) => [k, []]));
  const wires = new Map([...layer.keys()].map((k) => [k, []]));
  const lane = (k, i) => {
    if (!lanes.has(k)) {
      lanes.set(k, { y: 0, h: 0, n: 0 });
      layers[i].push(k);
      near.set(k, []);
      wires.set(k, []);
    }
    return lanes.get(k);
  };
  for (const l of links) {
    const ka = l.a.box.key, kb = l.b.box.key;
    let last = ka, lastY = () => l.a.box.y + l.a.row.y;
    const join = (k, at) => {
      near.get(k).push(last);
      near.get(last).push(k);
      wires.get(k).push({ from: lastY, at });
      last = k;
    };
    l.back = layer.get(ka) >= layer.get(kb);
    if (l.back)
      continue;
    l.via = [];
    for (let i = layer.get(ka) + 1; i < layer.get(kb); i++) {
      const k = `${ka} > ${kb} @${i}`, way = lane(k, i);
      const at = 5 * way.n++ + 3;
      way.h = 5 * way.n;
      l.via.push({ layer: i, lane: way, at });
      join(k, at);
      lastY = () => way.y + at;
    }
    join(kb, l.b.row.y);
  }
  return { lanes, near, wires };
}

/* Cables as they run, and how far down. */
function draw(links, columns, floor) {
  const cables = links.map((l) => {
    const a = { x: l.a.box.x + l.a.box.w, y: l.a.box.y + l.a.row.y };
    const b = { x: l.b.box.x, y: l.b.box.y + l.b.row.y };
    let d;
    if (l.back) {
      floor += 8;
      d = loop(a, b, floor + 4);
    } else {
      d = curve([a, ...l.via.flatMap((v) => {
        const { x, w } = columns[v.layer], y = v.lane.y + v.at;
        return [{ x, y }, { x: x + w, y }];
      }), b]);
    }
    return { from: l.from, to: l.to, gone: Boolean(l.gone),
             midi: l.a.row.midi, d };
  });
  return { cables, floor };
}

/* What has no cable, in rows from y on; returns where they end. */
function shelve(loose, top, most) {
  let x = GAP_X / 2, y = top, high = 0, width = 0;
  for (const b of loose.sort((p, q) => (p.key < q.key ? -1 : 1))) {
    if (x > GAP_X / 2 && x + b.w > most) {
      x = GAP_X / 2;
      y += high + GAP_Y;
      high = 0;
    }
    b.x = x;
    b.y = y;
    x += b.w + GAP_Y;
    high = Math.max(high, b.h);
    width = Math.max(width, b.x + b.w);
  }
  return { width, floor: y + high };
}

/**
 * @param {{clients: Client[], links: Link[]}} graph
 * @param {{metered?: Set<string>, before?: Map<string, number>}} [options]
 *   metered: clients whose ports have meters; before: y by key of the layout
 *   before this one
 * @returns {Layout}
 */
export function layout(graph, options = {}) {
  const { metered = new Set(), before = new Map() } = options;
  const boxes = boxesOf(graph, metered);
  const links = tie(graph.links, boxes);
  const loose = boxes.filter((b) => b.loose);
  const byKey = new Map(boxes.map((b) => [b.key, b]));
  const { layer, layers } = layered(links, boxes);
  const { lanes, near, wires } = addLanes(links, layer, layers);

  ordered(layers, near, before);
  const columns = placeX(layers, byKey);
  placeY(layers, byKey, lanes, wires, before);

  let width = Math.max(0, ...columns.map((c) => c.x + c.w));
  const drawn = draw(links, columns, Math.max(0,
    ...[...boxes.filter((b) => !b.loose), ...lanes.values()]
      .map((b) => b.y + b.h)));
  let floor = drawn.floor, shelf = null;
  if (loose.length > 0) {
    shelf = floor > 0 ? floor + 2 * GAP_Y : GAP_Y / 2;
    const end = shelve(loose, shelf + 24, Math.max(width, SHELF_WIDTH));
    width = Math.max(width, end.width);
    floor = end.floor;
  }
  return { boxes, cables: drawn.cables, width: width + GAP_X / 2,
           height: floor + GAP_Y, shelf };
}

/** For the next layout's `before`. */
export function placesOf(laid) {
  return new Map(laid.boxes.filter((b) => !b.loose).map((b) => [b.key, b.y]));
}

/**
 * What a graph had until just now is drawn a while longer, as gone: a client
 * that is restarted comes back to where it was. Memory is the caller's to keep.
 * @param {{clients: Map<string, {client: Client, at: number}>,
 *   links: Map<string, {link: Link, at: number}>}} memory
 * @param {{clients: Client[], links: [string, string][]}} graph
 * @param {number} now ms
 * @param {number} hold ms
 * @returns {{clients: Client[], links: Link[]}}
 */
export function remember(memory, graph, now, hold) {
  const here = new Map(graph.clients.map((c) => [c.name, c]));
  for (const c of graph.clients)
    memory.clients.set(c.name, { client: c, at: now });
  for (const [from, to] of graph.links)
    memory.links.set(`${from}\n${to}`, { link: { from, to }, at: now });
  for (const map of [memory.clients, memory.links]) {
    for (const [k, v] of map) {
      if (now - v.at > hold)
        map.delete(k);
    }
  }
  const clients = [...memory.clients.values()].map(({ client }) =>
    here.get(client.name) || { ...client, gone: true });
  const ports = new Set(clients.flatMap((c) =>
    c.ports.map((p) => `${c.name}:${p.name}`)));
  const links = [...memory.links.values()]
    .map(({ link, at }) => ({ ...link, gone: at !== now }))
    .filter((l) => ports.has(l.from) && ports.has(l.to));
  const byName = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  clients.sort((a, b) => byName(a.name, b.name));
  links.sort((a, b) => byName(a.from, b.from) || byName(a.to, b.to));
  return { clients, links };
}
