// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The operator's page: what the events say, handed to the panels. The rest is
 * in the module of each panel.
 */
import { Orders, takeToken } from './api.js';
import { byId, setAttr, setText } from './dom.js';
import { askToken, setUpDialogs } from './dialogs.js';
import { Feed } from './feed.js';
import { clock, duration } from './format.js';
import { Graph } from './graph.js';
import { Hour } from './hour.js';
import { Listeners } from './listeners.js';
import { Log } from './log.js';
import { Machine } from './machine.js';
import { Meters } from './meters.js';
import { Mounts } from './mounts.js';
import { Music } from './music.js';
import { headline, heard } from './station.js';

takeToken();
setUpDialogs();

const orders = new Orders(askToken);
const graph = new Graph(), log = new Log(), machine = new Machine();
const meters = new Meters(byId('meters'));
const mounts = new Mounts(orders), music = new Music(orders);
new Hour();
const listeners = new Listeners(orders);

let status = null;
let feedState = null;
let sound = {}; // mount: moment of its last sound
let levels = null; // the latest: they are told when they change

function showHeadline() {
  const first = status?.mounts[0]?.name;
  const silentS = first && sound[first] !== undefined
    ? (Date.now() - sound[first]) / 1000 : 0;
  let h = headline(status, { silentS });
  if (feedState?.state === 'lost') {
    const wait = Math.ceil((feedState.retryAt - Date.now()) / 1000);
    h = { kind: 'bad', word: 'Connection lost',
          detail: (feedState.seenAt ? `last seen at ${clock(feedState.seenAt)}`
                                    : 'the sink does not answer') +
            (feedState.retryAt && wait > 0
              ? `, trying again in ${duration(wait)}` : ', trying again') };
  }
  setText(byId('state-word'), h.word);
  setText(byId('state-detail'), h.detail);
  setAttr(byId('state-detail'), 'title', h.detail);
  setAttr(byId('state'), 'data-kind', h.kind);
  setAttr(document.body, 'data-stale', feedState?.state === 'lost');
  const title = status ? `${h.word} · Longwave desk` : 'Longwave desk';
  if (document.title !== title)
    document.title = title;
}

const events = {
  status(s) {
    status = s;
    byId('desk').hidden = false;
    graph.show(s, Date.now());
    meters.show(s);
    mounts.show(s);
    music.show(s);
    machine.show(s);
    listeners.show(s);
    if (levels)
      heard(sound, s, levels, Date.now());
    setText(byId('version'), `Longwave ${s.version}`);
    showHeadline();
  },
  levels(all) {
    levels = all;
    if (!status)
      return;
    heard(sound, status, all, Date.now());
    meters.levels(all, Date.now());
    graph.levels(all);
  },
  log(line) {
    log.add(line);
  },
};

const feed = new Feed('/events', {
  life: () => {
    sound = {};
    log.restart();
  },
  event: (name, data) => events[name](data),
  state: (f) => {
    feedState = f;
    sound = {}; // what wasn't heard of wasn't silence
    levels = null;
    showHeadline();
  },
});
setInterval(() => {
  if (feedState?.state === 'lost' && !document.hidden)
    showHeadline();
}, 1000);
feed.open();
