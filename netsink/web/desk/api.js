// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Questions and orders to the sink. Orders need the operator's token: from the
 * address that was opened (#token=...), where it is taken out of sight at once,
 * or asked for. It is kept for this tab and its life.
 */
const KEPT = 'longwave-token';

/** What the sink said against it, or that it said nothing. */
export class ApiError extends Error {}

/** Takes the token out of the page's address. */
export function takeToken() {
  const m = location.hash.match(/^#token=([^&]+)$/);
  if (!m)
    return;
  sessionStorage.setItem(KEPT, decodeURIComponent(m[1]));
  history.replaceState(null, '', location.pathname + location.search);
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new ApiError('The sink does not answer.');
  }
  const text = await answer.text();
  let data = null;
  try {
    data = JSON.parse(text);
  } catch {
    // a plain sentence
  }
  if (!answer.ok) {
    const said = data?.error || text.trim().slice(0, 300);
    const e = new ApiError(said || `The sink answers ${answer.status}.`);
    throw Object.assign(e, { status: answer.status });
  }
  return data;
}

/** @param {string} path */
export function get(path) {
  return ask(path, { cache: 'no-store' });
}

export class Orders {
  #askToken;

  /** @param {(why: string) => Promise<string | null>} askToken null: not now */
  constructor(askToken) {
    this.#askToken = askToken;
  }

  /**
   * Gives an order. Errors: ApiError.
   * @param {string} what "set", "mute", ...
   * @param {object} body
   */
  async give(what, body) {
    let why = '';
    for (;;) {
      const token = sessionStorage.getItem(KEPT) || await this.#askToken(why);
      if (!token)
        throw new ApiError('Not done: orders need the operator\'s token.');
      try {
        const said = await ask(`/control/${what}`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json',
                     Authorization: `Bearer ${token}` },
          body: JSON.stringify(body),
        });
        sessionStorage.setItem(KEPT, token);
        return said;
      } catch (e) {
        if (e.status !== 401)
          throw e;
        sessionStorage.removeItem(KEPT);
        why = e.message;
      }
    }
  }
}
