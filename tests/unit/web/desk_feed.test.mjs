// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import test from 'node:test';

/* A browser's, as far as the feed has a use for it; its clocks stand. */
globalThis.document = { hidden: false, addEventListener() {} };
globalThis.setTimeout = globalThis.setInterval = () => 0;
globalThis.EventSource = class {
  static last;
  #heard = {};
  constructor() {
    EventSource.last = this;
  }
  addEventListener(name, f) {
    this.#heard[name] = f;
  }
  say(name, id, data) {
    this.#heard[name]({ lastEventId: id, data: JSON.stringify(data) });
  }
  close() {}
};
const { Feed } = await import('../../../netsink/web/desk/feed.js');

test('a sink that was started anew is told of before its first event', () => {
  const told = [];
  const feed = new Feed('/events', {
    life: () => told.push('life'),
    event: (name, data) => told.push(`${name} ${data.n}`),
    state: () => {},
  });
  feed.open();
  EventSource.last.say('log', '1000.5', { n: 70 });
  EventSource.last.say('status', '1000.6', { n: 0 });
  feed.open(); // the same sink, another connection
  EventSource.last.say('log', '1000.9', { n: 71 });
  feed.open();
  EventSource.last.say('log', '2000.1', { n: 1 });
  EventSource.last.say('status', '2000.2', { n: 0 });
  assert.deepEqual(told, ['life', 'log 70', 'status 0', 'log 71',
    'life', 'log 1', 'status 0']);
});
