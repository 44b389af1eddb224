// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The music's controls: piece, seed and crossfade, and every parameter that
 * the generator tells of, within what it allows. A control that is being moved
 * is the operator's; else it shows what the generator says.
 */
import { byId, el, Keyed, setAttr, setText } from './dom.js';
import { say, tried } from './dialogs.js';
import { fixed, signed } from './format.js';
import { generatorsOf } from './station.js';

const SEND_MS = 100; // while a slider moves
const SETTLE_MS = 2500; // until the generator's word counts again

/** "+0.25 octaves", "1 times" */
export function valueText(info, v) {
  if (v === info.min || v === info.max) // as it was written
    return `${v > 0 && info.min < 0 ? '+' : ''}${String(v).replace('-', '−')}` +
      (info.unit ? ` ${info.unit}` : '');
  const text = info.min < 0 ? signed(v, digits(info)) : fixed(v, digits(info));
  return info.unit ? `${text} ${info.unit}` : text;
}

const isWhole = (info) => Boolean(info.whole);
const digits = (info) => (isWhole(info) ? 0 : stepOf(info) < 0.1 ? 2 : 1);

/** A step that a slider's pixels can tell apart. */
export function stepOf(info) {
  return isWhole(info) ? 1 : info.max - info.min > 10 ? 0.1 : 0.01;
}

export class Music {
  #rows = new Keyed(byId('generators'), (name) => this.#make(name));
  #orders;

  /** @param {import('./api.js').Orders} orders */
  constructor(orders) {
    this.#orders = orders;
  }

  show(s) {
    const all = generatorsOf(s);
    this.#rows.show(all, (c) => c.name);
    byId('generators-none').hidden = all.length > 0;
  }

  #set(generator, name, value, fade) {
    return this.#orders.give('set', {
      name, value: String(value), generator,
      ...(fade === undefined ? {} : { fade_s: fade }),
    });
  }

  #make(name) {
    const title = el('h3'), now = el('p', { class: 'now' });
    const piece = this.#piece(name);
    const params = el('div', { class: 'params' });
    const keyed = new Keyed(params, () => this.#param(name));
    const node = el('article', { class: 'generator', 'data-generator': name },
                    title, now, piece.node, params);
    return { node, update: (c) => {
      const t = c.told;
      setText(title, name);
      setText(now, [t.now?.title ?? t.title, t.now?.detail]
        .filter(Boolean).join(', '));
      piece.update(t);
      keyed.show((t.parameter_info ?? []).map((info) => ({
        info, value: t.parameters?.[info.name],
        modes: info.name === 'mode' ? t.modes : null, mode: t.mode,
      })), (p) => p.info.name);
    } };
  }

  #piece(generator) {
    const select = el('select', { name: 'preset' });
    const seed = el('input', { name: 'seed', spellcheck: 'false',
                               autocomplete: 'off' });
    const fade = el('input', { name: 'fade', type: 'number', step: 'any',
                               placeholder: 'own' });
    const node = el('form', { class: 'piece' },
      el('label', {}, 'Piece', select), el('label', {}, 'Seed', seed),
      el('label', {}, 'Crossfade, s', fade), el('button', { text: 'Change' }));
    let told = null, offered = '';
    node.addEventListener('submit', async (e) => {
      e.preventDefault();
      const s = fade.value === '' ? undefined : Number(fade.value);
      const preset = select.value;
      const typed = seed.value.trim();
      const todo = [];
      if (preset && preset !== told.preset)
        todo.push(['preset', preset]);
      if (typed && typed !== told.seed)
        todo.push(['seed', typed]);
      if (todo.length === 0)
        say('Neither piece nor seed was changed.');
      for (const [what, value] of todo) {
        if (!await tried(() => this.#set(generator, what, value, s),
                         `${what} ${value}: on its way.`))
          return;
      }
      select.dataset.touched = seed.dataset.touched = '';
    });
    for (const field of [select, seed])
      field.addEventListener('input', () => {
        field.dataset.touched = 'yes';
      });
    return { node, update: (t) => {
      told = t;
      const list = (t.presets ?? []).map((p) =>
        (typeof p === 'string' ? { name: p, title: p } : p));
      if (!list.some((p) => p.name === t.preset))
        list.unshift({ name: t.preset, title: t.title ?? t.preset });
      setAttr(fade, 'min', t.fade_s?.[0]);
      setAttr(fade, 'max', t.fade_s?.[1]);
      const sign = JSON.stringify(list);
      if (sign !== offered) {
        offered = sign;
        select.replaceChildren(...list.map((p) =>
          el('option', { value: p.name, text: p.title })));
        select.dataset.touched = '';
      }
      if (!select.dataset.touched)
        select.value = t.preset;
      if (!seed.dataset.touched && document.activeElement !== seed)
        seed.value = t.seed;
    } };
  }

  /* One parameter: a choice, a switch or a slider. */
  #param(generator) {
    let control = null, info = null, until = 0, sent = 0, timer = 0;
    const label = el('label'), help = el('p', { class: 'help' });
    const value = el('output'), back = el('button', {
      type: 'button', class: 'quiet back', text: '↺' });
    const node = el('div', { class: 'param' });
    const send = () => {
      clearTimeout(timer);
      until = Date.now() + SETTLE_MS;
      const wait = sent + SEND_MS - Date.now();
      if (wait > 0) {
        timer = setTimeout(send, wait);
        return;
      }
      sent = Date.now();
      const v = control.type === 'checkbox' ? Number(control.checked)
                                            : control.value;
      tried(() => this.#set(generator, info.name, v)).then((ok) => {
        if (!ok)
          until = 0;
      });
    };
    const shown = (v) => {
      const text = valueText(info, v);
      setText(value, text);
      control.style.setProperty('--part',
        `${100 * (v - info.min) / (info.max - info.min)}%`);
      if (control.type === 'range')
        setAttr(control, 'aria-valuetext', text);
      back.disabled = v === info.default;
    };
    const build = (p) => {
      info = p.info;
      const id = `p-${generator}-${info.name}`;
      const onoff = isWhole(info) && info.min === 0 && info.max === 1;
      if (p.modes)
        control = el('select', {}, ...p.modes.map((m) =>
          el('option', { value: m, text: m })));
      else if (onoff)
        control = el('input', { type: 'checkbox', role: 'switch' });
      else
        control = el('input', { type: 'range', min: info.min, max: info.max,
                                step: stepOf(info) });
      control.id = id;
      setAttr(control, 'aria-describedby', `${id}-help`);
      label.htmlFor = id;
      setText(label, info.name);
      help.id = `${id}-help`;
      setText(help, info.help);
      back.setAttribute('aria-label', `${info.name}: back to ` +
        valueText(info, info.default));
      back.title = `Back to ${valueText(info, info.default)}`;
      back.addEventListener('click', () => {
        control.value = info.default;
        shown(info.default);
        send();
      });
      control.addEventListener('input', () => {
        if (control.type === 'range')
          shown(Number(control.value));
        send();
      });
      setAttr(node, 'data-kind',
              p.modes ? 'choice' : onoff ? 'switch' : 'range');
      setAttr(node, 'data-param', info.name);
      node.append(label);
      if (control.type === 'range') {
        const bare = { ...info, unit: '' };
        node.append(value, back);
        setText(help, `${info.help}, ${valueText(bare, info.min)} to ` +
          valueText(bare, info.max));
      }
      node.append(control, help);
    };
    return { node, update: (p) => {
      if (!control)
        build(p);
      if (Date.now() < until || p.value === undefined)
        return;
      if (control.type === 'checkbox')
        control.checked = p.value >= 0.5;
      else if (p.modes)
        control.value = p.mode;
      else {
        control.value = p.value;
        shown(p.value);
      }
    } };
  }
}
