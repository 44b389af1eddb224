// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a `status` event says, found in it: who is who, and the state of it all
 * in one line. Pure.
 */
import { count, duration, fixed } from './format.js';

/** Sound under this is silence to whoever listens; dBFS RMS. */
export const SILENCE_DBFS = -60;
/** Silence is told from here on: pieces of music have rests. s */
export const SILENCE_S = 5;

export const clientsOf = (s) => s?.desk?.clients ?? [];

const ofProgram = (s, program) => clientsOf(s).filter((c) =>
  (c.told?.program ?? c.program) === program && c.told);

export const generatorsOf = (s) => ofProgram(s, 'longwave-gen');
export const mastersOf = (s) => ofProgram(s, 'longwave-master');

/** JACK names of our own. */
export function oursOf(s) {
  const names = clientsOf(s).map((c) => c.name);
  if (s?.jack?.client)
    names.push(s.jack.client);
  return new Set(names);
}

/** A mount's ports, "client:port": as the sink names them. */
export function portsOf(s, m) {
  const stem = m.name === 'live' ? 'in' : m.name;
  const sides = m.channels === 1 ? ['mono'] : ['L', 'R'];
  return sides.map((side) => ({
    side, port: `${s.jack.client}:${stem}_${side}`,
  }));
}

/**
 * How long each mount has been silent, by the levels at its ports. Kept by the
 * caller between levels: {mount: moment of the last sound, ms}.
 */
export function heard(last, s, levels, now) {
  s.mounts.forEach((m) => {
    const loud = portsOf(s, m).some(({ port }) =>
      (levels[port]?.[0] ?? -Infinity) > SILENCE_DBFS);
    if (loud || last[m.name] === undefined)
      last[m.name] = now;
  });
}

/** Whether a mount has a cable in the graph; true where that isn't known. */
function patched(s, m) {
  const links = s.desk?.graph?.links;
  const ports = portsOf(s, m).map((p) => p.port);
  return !links || links.some(([, to]) => ports.includes(to));
}

/** How a client of the station is, when it isn't running; else null. */
function trouble(c) {
  if (!c.state || c.state === 'running')
    return null;
  return `${c.name} is ${c.state}` + (c.says ? `: ${c.says}` : '');
}

/**
 * The state in one line: what matters most goes first.
 * @param {any} s the latest status; null: there was none yet
 * @param {{silentS?: number}} [more] the first mount's silence
 * @returns {{kind: 'ok' | 'warn' | 'bad' | 'wait', word: string,
 *   detail: string}}
 */
export function headline(s, { silentS = 0 } = {}) {
  if (!s)
    return { kind: 'wait', word: 'Connecting', detail: '' };
  const air = s.mounts.filter((m) => !m.muted);
  const failed = s.mounts.find((m) => m.failed);
  if (failed)
    return { kind: 'bad', word: 'Encoder failed',
             detail: `${failed.name}: ${failed.failed}` };
  if (!s.jack.up)
    return { kind: 'bad', word: 'No JACK',
             detail: 'the sink is in no graph: listeners hear silence' };
  if (s.mounts.length > 0 && air.length === 0)
    return { kind: 'warn', word: 'Muted',
             detail: 'every mount is muted: listeners hear silence' };
  const station = s.desk?.station;
  const down = (station?.clients ?? []).map(trouble).find(Boolean);
  const bare = air.find((m) => !patched(s, m));
  if (bare && bare === s.mounts[0])
    return { kind: 'bad', word: 'Silence',
             detail: down ?? `nothing is patched into /${bare.name}` };
  if (silentS >= SILENCE_S)
    return { kind: 'bad', word: 'Silence',
             detail: down ?? `no sound for ${duration(silentS)}` };
  if (down)
    return { kind: 'warn', word: 'A program is down', detail: down };
  for (const g of generatorsOf(s)) {
    const r = g.told.renderer;
    if (r && (r.state === 'suspect' || r.state === 'cpu'))
      return { kind: 'warn', word: 'Renderer failover',
               detail: `${r.name} stands in for ${r.gpu}` +
                 (r.trouble ? `: ${r.trouble}` : '') };
  }
  const m = mastersOf(s)[0]?.told;
  return {
    kind: 'ok', word: 'On air',
    detail: [count(s.totals.listeners, 'listener'),
             air.length < s.mounts.length
               ? `${s.mounts.length - air.length} of ` +
                 `${count(s.mounts.length, 'mount')} muted` : '',
             typeof m?.lufs_s === 'number' ? `${fixed(m.lufs_s, 1)} LUFS` : '',
    ].filter(Boolean).join(', '),
  };
}

/**
 * Processes, with what the station knows of them: restarts.
 * @returns {{name: string, pid: number, cpu: number | null, rssKb: number,
 *   threads: number, restarts: number | null, state: string}[]}
 */
export function processesOf(s) {
  const known = new Map((s?.desk?.station?.clients ?? [])
    .map((c) => [c.pid, c]));
  return (s?.desk?.processes ?? []).map((p) => ({
    name: p.name,
    pid: p.pid,
    cpu: p.cpu_share ?? null,
    rssKb: p.rss_kb,
    threads: p.threads,
    restarts: known.get(p.pid)?.restarts ?? null,
    state: known.get(p.pid)?.state ?? '',
  }));
}
