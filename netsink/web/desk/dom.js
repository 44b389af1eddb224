// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Elements, made and kept up to date. All text goes in as text; nothing here
 * or elsewhere parses HTML. What is the same already isn't touched, so that a
 * page that is told ten times a second costs what changes.
 */
const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {Element} node
 * @param {Record<string, any>} props "on..." listens, "class" and others are
 *   attributes (false, null: none), "text" is the text
 * @param {(Node | string)[]} children
 */
function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (name === 'text')
      node.textContent = value;
    else if (name.startsWith('on'))
      node.addEventListener(name.slice(2), value);
    else
      setAttr(node, name, value);
  }
  node.append(...children);
  return node;
}

/** @returns {any} an HTML element */
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** @returns {any} an SVG element */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/** @param {Node} node */
export function setText(node, text) {
  if (node.textContent !== text)
    node.textContent = text;
}

/** false and null: not there; true: there, empty. */
export function setAttr(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name))
      node.removeAttribute(name);
    return;
  }
  const text = value === true ? '' : String(value);
  if (node.getAttribute(name) !== text)
    node.setAttribute(name, text);
}

/** @param {string} id @returns {any} */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Children of a parent by key: made once, moved where they belong, gone when
 * their key is.
 */
export class Keyed {
  #parent;
  #make;
  #kept = new Map();

  /**
   * @param {Element} parent
   * @param {(key: any) => {node: Element, update: (item: any) => void}} make
   */
  constructor(parent, make) {
    this.#parent = parent;
    this.#make = make;
  }

  /**
   * @template T
   * @param {T[]} items
   * @param {(item: T) => any} key
   */
  show(items, key) {
    const left = new Map(this.#kept);
    let at = this.#parent.firstElementChild;
    for (const item of items) {
      const k = key(item);
      let row = this.#kept.get(k);
      if (!row) {
        row = this.#make(k);
        this.#kept.set(k, row);
      }
      left.delete(k);
      if (row.node === at)
        at = at.nextElementSibling;
      else
        this.#parent.insertBefore(row.node, at);
      row.update(item);
    }
    for (const [k, row] of left) {
      row.node.remove();
      this.#kept.delete(k);
    }
  }

  get(key) {
    return this.#kept.get(key);
  }
}

/**
 * A table's row of cells, each with a way to be brought up to date.
 * @param {((item: any) => string | {text: string, title?: string,
 *   class?: string})[]} cells
 */
export function textRow(cells) {
  const tds = cells.map(() => el('td'));
  const node = el('tr', {}, ...tds);
  return {
    node,
    update(item) {
      cells.forEach((cell, i) => {
        const said = cell(item);
        const c = typeof said === 'string' ? { text: said } : said;
        setText(tds[i], c.text);
        setAttr(tds[i], 'title', c.title);
        setAttr(tds[i], 'class', c.class);
      });
    },
  };
}

/** Calls when the document is seen or not seen any more. */
export function onSeen(callback) {
  document.addEventListener('visibilitychange',
    () => callback(!document.hidden));
}

/**
 * Work that is done again and again while its element is on the screen, and
 * not otherwise: soon after it comes into view, then every so many ms after it
 * was done.
 */
export class WhileSeen {
  #ms;
  #work;
  #inView = false;
  #timer = 0;
  #busy = false;

  /**
   * @param {Element} element
   * @param {number} ms
   * @param {() => Promise<void>} work
   */
  constructor(element, ms, work) {
    this.#ms = ms;
    this.#work = work;
    new IntersectionObserver((entries) => {
      this.#inView = entries[entries.length - 1].isIntersecting;
      this.now();
    }, { rootMargin: '200px' }).observe(element);
    onSeen(() => this.now());
  }

  get seen() {
    return this.#inView && !document.hidden;
  }

  async now() {
    clearTimeout(this.#timer);
    if (!this.seen || this.#busy)
      return;
    this.#busy = true;
    try {
      await this.#work();
    } finally {
      this.#busy = false;
      if (this.seen)
        this.#timer = setTimeout(() => this.now(), this.#ms);
    }
  }
}
