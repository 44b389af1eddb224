// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The end of the log of all our programs, by level, program and words; follows
 * what comes unless it is scrolled back.
 */
import { byId, el, setAttr } from './dom.js';
import { clock } from './format.js';

const LINES = 500;
const LEVELS = ['error', 'warn', 'info', 'debug'];

export class Log {
  #list = byId('log-lines');
  #level = byId('log-level');
  #who = byId('log-who');
  #words = byId('log-words');
  #follow = byId('log-follow');
  #lines = []; // {line, node}
  #programs = new Set();
  #newest = 0;

  constructor() {
    for (const f of [this.#level, this.#who, this.#words])
      f.addEventListener('input', () => this.#filter());
    this.#follow.addEventListener('change', () => this.#end());
    this.#list.addEventListener('scroll', () => {
      const l = this.#list;
      const end = l.scrollHeight - l.scrollTop - l.clientHeight < 8;
      if (!end || l.scrollTop > 0)
        this.#follow.checked = end;
    });
  }

  /** A sink that was started anew counts from 1 again. */
  restart() {
    this.#newest = 0;
  }

  /** @param {{n: number, unix_ms: number, level: string, who: string,
   *   text: string}} line */
  add(line) {
    if (line.n <= this.#newest)
      return; // told again after a reconnect
    this.#newest = line.n;
    const node = el('li', { 'data-level': line.level },
      el('time', { text: clock(line.unix_ms) }),
      el('span', { class: 'who', text: line.who }),
      el('span', { class: 'unseen', text: `${line.level}: ` }),
      el('span', { class: 'text', text: line.text }));
    const kept = { line, node };
    node.hidden = !this.#wanted(line);
    this.#lines.push(kept);
    this.#list.append(node);
    if (this.#lines.length > LINES)
      this.#lines.shift().node.remove();
    if (!this.#programs.has(line.who)) {
      this.#programs.add(line.who);
      this.#who.append(el('option', { value: line.who, text: line.who }));
    }
    setAttr(byId('log-none'), 'hidden', true);
    this.#end();
  }

  #wanted(l) {
    const words = this.#words.value.trim().toLowerCase();
    return LEVELS.indexOf(l.level) <= LEVELS.indexOf(this.#level.value) &&
      (!this.#who.value || l.who === this.#who.value) &&
      (!words || l.text.toLowerCase().includes(words));
  }

  #filter() {
    for (const { line, node } of this.#lines)
      node.hidden = !this.#wanted(line);
    this.#end();
  }

  #end() {
    if (this.#follow.checked)
      this.#list.scrollTop = this.#list.scrollHeight;
  }
}
