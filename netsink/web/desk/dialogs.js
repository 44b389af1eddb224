// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The two questions that the page asks, in dialogs: may this be done, and what
 * is the token. And what came of an order, said in a line for a while.
 */
import { byId, setText } from './dom.js';

const SAID_MS = 8000;

function answered(dialog) {
  return new Promise((done) => {
    dialog.returnValue = '';
    dialog.addEventListener('close', () => done(dialog.returnValue === 'yes'),
                            { once: true });
    dialog.showModal();
  });
}

/** @param {string} title @param {string} text @param {string} verb */
export function confirm(title, text, verb) {
  setText(byId('sure-title'), title);
  setText(byId('sure-text'), text);
  setText(byId('sure-yes'), verb);
  return answered(byId('sure'));
}

/** Those who ask while it is asked get the same answer. */
let asking = null;

/** @param {string} why what was wrong with the last one; "" */
export function askToken(why) {
  asking ??= (async () => {
    const field = byId('token-field');
    field.value = '';
    setText(byId('token-why'), why);
    const yes = await answered(byId('token'));
    const token = field.value.trim();
    field.value = '';
    asking = null;
    return yes && token !== '' ? token : null;
  })();
  return asking;
}

/** @param {string} text @param {boolean} [wrong] stays until it is put away */
export function say(text, wrong = false) {
  const node = byId('said');
  setText(byId('said-text'), text);
  node.dataset.wrong = String(wrong);
  node.hidden = false;
  clearTimeout(timer);
  if (!wrong)
    timer = setTimeout(() => {
      node.hidden = true;
    }, SAID_MS);
}
let timer = 0;

/** Does it, and says what went wrong. True: it is done. */
export async function tried(work, done = '') {
  try {
    await work();
    if (done)
      say(done);
    return true;
  } catch (e) {
    say(e.message, true);
    return false;
  }
}

export function setUpDialogs() {
  // no submit button: Enter in the field means the other one
  byId('token-no').addEventListener('click', () => byId('token').close('no'));
  byId('said-close').addEventListener('click', () => {
    byId('said').hidden = true;
  });
}
