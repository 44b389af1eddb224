// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * desk.cjs PROGRAM DESK LISTENERS TOKEN BIN: what an operator does on the
 * operator's page of a running station, in headless Chromium, by Playwright:
 * reads it, compares it with what /status.json, jack_lsp and `longwave set` say,
 * gives orders, and sees the sink die and come back. Each thing that holds is a
 * line "ok: ..."; the first that doesn't ends it with 1. Exit 77 without
 * playwright-core; without axe-core that part is left out, and said so.
 * DESK_SHOTS=FOLDER: pictures of it as it is at the end.
 */
'use strict';
const assert = require('assert/strict');
const { execFileSync } = require('child_process');
const { launch, need } = require('./browser.cjs');

const [program, desk, listeners, token, bin] = process.argv.slice(2);

const LIMIT = 100000; // bytes of a page, with all that it loads
const ok = (text) => console.log(`ok: ${text}`);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const run = (name, ...args) =>
    execFileSync(name, args, { encoding: 'utf8', stdio: 'pipe' });
const json = async (path, base = desk) => (await fetch(base + path)).json();
const status = () => json('status.json');

async function until(what, holds, seconds = 10) {
    const end = Date.now() + 1000 * seconds;
    for (;;) {
        const got = await holds();
        if (got === true)
            return;
        if (Date.now() > end)
            assert.fail(`not within ${seconds} s: ${what}` +
                        (got === false ? '' : ` (${JSON.stringify(got)})`));
        await sleep(100);
    }
}

/* ---- the browser ---- */

const complaints = []; // of any page
let browser;

/* A page; what it complains of and loads is kept. */
async function open(url, options = {}) {
    const context = await browser.newContext(
        { viewport: { width: 1440, height: 900 }, ...options });
    const page = await context.newPage();
    const origin = new URL(url).origin;
    page.bytes = 0;
    page.on('console', (m) => {
        if (['error', 'warning'].includes(m.type()))
            complaints.push(m.text());
    });
    page.on('pageerror', (e) => complaints.push(String(e.stack)));
    page.on('request', (r) => {
        if (!['data:', 'blob:'].includes(new URL(r.url()).protocol) &&
            new URL(r.url()).origin !== origin)
            complaints.push(`a request to ${r.url()}`);
    });
    await page.addInitScript(() => {
        addEventListener('securitypolicyviolation', (e) =>
            console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`));
    });
    const cdp = await context.newCDPSession(page);
    const files = new Set();
    await cdp.send('Network.enable');
    cdp.on('Network.responseReceived', (e) => {
        if (/(html|css|javascript|svg|manifest)/.test(e.response.mimeType))
            files.add(e.requestId);
    });
    cdp.on('Network.loadingFinished', (e) => {
        if (files.has(e.requestId))
            page.bytes += e.encodedDataLength;
    });
    await page.goto(url);
    return page;
}

const text = (page, selector) => page.locator(selector).first().innerText();

/* ---- what it shows ---- */

async function shows(page) {
    await until('it is on air', async () =>
        (await text(page, '#state-word')) === 'On air' || text(page, '#state'));
    assert.equal(new URL(page.url()).hash, '');
    assert.equal(await page.evaluate(() =>
        sessionStorage.getItem('longwave-token')), token);
    ok('on air; the token is out of sight');

    const s = await status();
    const chip = await text(page, '.mount .chip');
    assert.equal(chip, 'on air');
    const held = await page.locator('.rungs b').allInnerTexts();
    assert.deepEqual(held.map(Number), s.mounts[0].rungs.map((r) => r.held));
    const facts = await text(page, '#jack-facts');
    assert.match(facts, /48,000 Hz, 256 frames \(5\.3 ms\)/);
    const jack = (await status()).jack;
    assert.ok(Number(facts.match(/([\d,]+) xruns/)[1]) <= jack.xruns);
    assert.match(await text(page, '#state-detail'),
                 new RegExp(`^${s.totals.listeners} listeners, −?\\d`));
    assert.equal(await page.locator('#threads-rows tr').count(),
                 s.usage.threads.length);
    ok('the mount, JACK and the totals are those of /status.json');
}

async function showsListeners(page) {
    await page.locator('#listeners').scrollIntoViewIfNeeded();
    const rows = page.locator('#listeners-rows tr');
    const before = (await status()).listeners;
    await until('all listeners are in the table', async () =>
        (await rows.count()) === before.length);
    await sleep(2500); // a refresh, so that no figure is older than `before`
    const shown = await rows.evaluateAll((all) => all.map((tr) =>
        [...tr.cells].map((td) => td.innerText)));
    const after = new Map((await status()).listeners.map((l) => [l.id, l]));
    for (const l of before) {
        const cells = shown.find((c) => Number(c[0]) === l.id);
        const now = after.get(l.id);
        assert.ok(cells, `listener ${l.id} is missing`);
        assert.equal(cells[1], l.address);
        assert.equal(cells[3], `/live.${l.container === 'ogg' ? 'opus'
                                                               : l.container}`);
        assert.equal(cells[4], l.latency);
        assert.equal(cells[5], l.rung_kbps ? String(l.rung_kbps) : 'WAV');
        assert.equal(Number(cells[10]), l.resumes);
        const kB = (n) => n / 1000;
        const sent = parseFloat(cells[12]) *
            (cells[12].endsWith('MB') ? 1000 : 1);
        assert.ok(sent >= kB(l.bytes) * 0.99 - 1 &&
                  sent <= kB(now.bytes) * 1.06 + 1,
                  `${cells[12]} is not from ${l.bytes} to ${now.bytes}`);
    }
    const chrome = shown.find((c) => c[2] === 'Firefox 128');
    assert.ok(chrome, 'a browser is not called by its name');
    assert.equal(await rows.first().locator('.steps path').evaluate((p) =>
        /^M1 [\d.]+H71$/.test(p.getAttribute('d'))), true);
    ok('the listeners are those of /status.json');

    const ids = () => rows.evaluateAll((all) => all.map((tr) =>
        Number(tr.cells[0].innerText)));
    await page.getByRole('button', { name: 'Address' }).click();
    const want = (await json('listeners.json?sort=address&order=asc'))
        .listeners.map((l) => l.id);
    await until('sorted by address', async () =>
        String(await ids()) === String(want) || ids());
    assert.equal(await page.locator('[aria-sort]').count(), 1);
    assert.equal(await page.locator('[aria-sort]').getAttribute('aria-sort'),
                 'ascending');
    await page.getByRole('button', { name: 'Address' }).click();
    await until('sorted the other way', async () =>
        String(await ids()) === String([...want].reverse()) || ids());
    ok('sorted');
}

/* What jack_lsp -c says: all ports and cables, from output to input. */
function jackGraph() {
    const outputs = new Set();
    let port = '';
    for (const l of run('jack_lsp', '-p').split('\n')) {
        if (/^\S/.test(l))
            port = l;
        else if (/properties: .*output/.test(l))
            outputs.add(port);
    }
    const cables = [], clients = new Set();
    for (const l of run('jack_lsp', '-c').split('\n')) {
        if (/^\S/.test(l)) {
            port = l;
            clients.add(l.split(':')[0]);
        } else if (l.trim() && outputs.has(port)) {
            cables.push(`${port} ${l.trim()}`);
        }
    }
    return { clients: [...clients].sort(), cables: cables.sort() };
}

async function showsGraph(page) {
    const drawn = () => page.evaluate(() => ({
        clients: [...new Set([...document.querySelectorAll('.box:not(.gone)')]
            .map((b) => b.dataset.client))].sort(),
        cables: [...document.querySelectorAll('.cable:not(.gone)')]
            .map((c) => `${c.dataset.from} ${c.dataset.to}`).sort(),
    }));
    const same = async () => {
        const d = await drawn();
        return JSON.stringify(d) === JSON.stringify(jackGraph()) || d;
    };
    const at = (client) => page.locator(`.box[data-client="${client}"]`).first()
        .getAttribute('transform');
    await page.locator('#graph-frame').scrollIntoViewIfNeeded();
    await until('the graph is that of jack_lsp', same);
    assert.equal(await page.locator('.box.ours').count(), 3);
    const before = await at('longwave-master');
    run('jack_connect', 'longwave-gen:pad_L', 'system:playback_1');
    run('jack_connect', 'longwave-gen:pad_R', 'system:playback_2');
    await until('a new cable is drawn', same);
    assert.equal(await at('longwave-master'), before, 'the others have moved');
    run('jack_disconnect', 'longwave-gen:pad_L', 'system:playback_1');
    run('jack_disconnect', 'longwave-gen:pad_R', 'system:playback_2');
    await until('a cable that is pulled is gone', same);
    ok('the graph is that of jack_lsp, as cables come and go, and stands still');

    // Levels move, at every port of ours that has sound, and say what is heard.
    const widths = () => page.locator('.level').evaluateAll((all) =>
        all.map((r) => Number(r.getAttribute('width'))));
    const first = await widths();
    await until('levels move', async () => {
        const now = await widths();
        return now.filter((w, i) => w !== first[i]).length >= 6;
    });
    await until('the input has a level', async () => {
        const said = await text(page, '[class=meter]:not([data-meter]) output');
        const peak = Number(said.replace('−', '-'));
        return (peak > -40 && peak < 0) || said;
    });
    ok('levels move');

    const told = async () => Number((await text(page,
        '[data-meter=master] .bar:nth-of-type(3) output')).replace('−', '-'));
    const station = JSON.parse(run(`${bin}/longwave`, 'status', '--json'));
    const says = station.station.clients.find((c) =>
        c.name === 'longwave-master').says;
    assert.match(says, /LUFS/);
    assert.ok(await told() < -5 && await told() > -40);
    ok('loudness is told');
}

async function showsHour(page) {
    await page.locator('#hour').scrollIntoViewIfNeeded();
    await until('the last hour has begun', async () => {
        const h = await json('history.json');
        return Array.isArray(h.series.deviation_ms_p99);
    }, 45);
    await until('a plot shows its last value', async () => {
        const h = await json('history.json');
        const last = h.series.listeners.at(-1);
        const row = await page.locator('.plot', { hasText: 'Listeners' })
            .locator('tbody td').allTextContents();
        return row[1] === String(last) || row;
    }, 15);
    const n = await page.locator('.plot:not([data-empty]) path').count();
    assert.ok(n >= 8, `only ${n} lines are drawn`);
    await page.locator('#hour-at').focus();
    await page.keyboard.press('ArrowLeft');
    assert.match(await text(page, '#hour-said'), /10 s ago/);
    await page.keyboard.press('End');
    assert.equal(await text(page, '#hour-said'), 'now');
    ok('the last hour is that of /history.json, and is read by keys');
}

/* ---- orders ---- */

const set = (name) => run(`${bin}/longwave`, 'set', name).trim();

async function moves(page) {
    const p = (name) => page.locator(`[data-param="${name}"]`);
    const slider = p('brightness').locator('input');
    const [min, max] = await slider.evaluate((i) => [i.min, i.max]);
    assert.deepEqual([min, max], ['-2', '2']);
    await slider.focus();
    for (let i = 0; i < 25; i++)
        await page.keyboard.press('ArrowRight');
    await until('the generator is told of brightness', async () =>
        set('brightness') === 'brightness 0.25 octaves' || set('brightness'));
    assert.equal(await p('brightness').locator('output').innerText(),
                 '+0.25 octaves');
    run(`${bin}/longwave`, 'set', 'brightness', '-1');
    await until('what others set is shown', async () =>
        (await slider.inputValue()) === '-1' || slider.inputValue());
    await p('brightness').getByRole('button').click();
    await until('back to what is usual', async () =>
        set('brightness') === 'brightness 0 octaves' || set('brightness'));
    await p('freeze').locator('input').check();
    await until('frozen', async () => set('freeze') === 'freeze 1');
    await p('freeze').locator('input').uncheck();
    await until('thawed', async () => set('freeze') === 'freeze 0');
    ok('parameters reach the generator, and come back from it');

    await page.locator('[name=fade]').fill('1');
    await page.locator('[name=preset]').selectOption('drift');
    await page.locator('.piece button').click();
    await until('another piece', async () =>
        set('preset') === 'preset drift' || set('preset'));
    await until('its name is shown', async () =>
        /^Drift/.test(await text(page, '.generator .now')) ||
        text(page, '.generator .now'));
    await until('and the mount\'s', async () =>
        /^Drift/.test(await text(page, '.mount .now')) ||
        text(page, '.mount .now'), 15);
    await page.locator('[name=seed]').fill('none');
    await page.locator('.piece button').click();
    await until('what is wrong is said', async () => {
        const said = await text(page, '#said-text');
        return /seed/.test(said) && /none/.test(said) || said;
    });
    assert.equal(await page.locator('#said').getAttribute('data-wrong'), 'true');
    await page.locator('#said-close').click();
    ok('the piece reaches the generator; a bad seed is refused in its words');
}

async function mutes(page) {
    const button = page.getByRole('button', { name: 'Mute /live', exact: true });
    const muted = async () => (await status()).mounts[0].muted;
    await button.click();
    await page.getByRole('button', { name: 'Cancel' }).first().click();
    assert.equal(await muted(), false, 'muted though it was cancelled');
    await button.click();
    await page.locator('#sure-yes').click();
    await until('it is muted', muted);
    await until('it says so', async () =>
        (await text(page, '.mount .chip')) === 'muted' &&
        (await text(page, '#state-word')) === 'Muted');
    await page.getByRole('button', { name: 'Unmute /live' }).click();
    await until('on air again', async () => !await muted() &&
        (await text(page, '#state-word')) === 'On air');
    ok('muted and unmuted');

    await page.getByText('Say what plays').click();
    await page.getByLabel('Title').fill('<b>The news</b> & "more"');
    await page.getByRole('button', { name: 'Announce' }).click();
    await until('it is announced', async () => (await json('now.json', listeners))
        .mounts[0].now?.title === '<b>The news</b> & "more"');
    await until('and shown as text', async () =>
        (await text(page, '.mount .now')) === '<b>The news</b> & "more"' ||
        text(page, '.mount .now'));
    await page.getByRole('button', { name: 'As the generator says' }).click();
    await until('the generator\'s again', async () =>
        (await json('now.json', listeners)).mounts[0].now?.title === 'Drift');
    ok('announced');
}

async function drops(page) {
    const ids = async () => (await status()).listeners.map((l) => l.id);
    const [first, ...others] = (await ids()).sort((a, b) => a - b);
    await page.getByRole('button', { name: `Drop listener ${first}`,
                                     exact: true }).click();
    assert.match(await text(page, '#sure-text'), /127\.0\.0\.1:\d+/);
    await page.locator('#sure-yes').click();
    await until('it is gone', async () =>
        String((await ids()).sort((a, b) => a - b)) === String(others) || ids());
    await until('out of the table', async () =>
        (await page.locator('#listeners-rows tr').count()) === others.length);
    const gone = (await status()).ended.find((l) => l.id === first);
    assert.equal(gone.why, 'dropped');
    await page.getByText('Lately gone').click();
    await until('it is among those who have gone', async () =>
        new RegExp(`^${first}\\s.*dropped`).test(
            (await text(page, '#gone-rows tr')).replace(/\s+/g, ' ')) ||
        text(page, '#gone-rows tr'));
    ok('dropped, and the others stay');
}

async function wrongToken() {
    const page = await open(`${desk}#token=not-this-one`);
    await until('it is on air', async () =>
        (await text(page, '#state-word')) === 'On air');
    await page.getByRole('button', { name: 'Mute /live', exact: true }).click();
    await page.locator('#sure-yes').click();
    await page.locator('#token').waitFor({ state: 'visible' });
    const why = await text(page, '#token-why');
    assert.match(why, /token/);
    assert.equal((await status()).mounts[0].muted, false);
    await page.locator('#token').getByRole('button', { name: 'Cancel' }).click();
    await until('it is said', async () =>
        /Not done/.test(await text(page, '#said-text')));
    await page.getByRole('button', { name: 'Mute /live', exact: true }).click();
    await page.locator('#sure-yes').click();
    await page.locator('#token-field').fill(token);
    await page.keyboard.press('Enter');
    await until('with the right one it is done', async () =>
        (await status()).mounts[0].muted);
    await page.getByRole('button', { name: 'Unmute /live' }).click();
    await until('unmuted', async () => !(await status()).mounts[0].muted);
    await page.context().close();
    ok(`a wrong token is told: ${why}`);
}

/* ---- how it is made ---- */

async function axe(url, what) {
    const source = need('axe-core')?.source;
    if (!source) {
        ok(`skipped: axe-core is not found (NODE_PATH); ${what}`);
        return;
    }
    for (const colorScheme of ['dark', 'light']) {
        for (const [width, height] of [[1440, 900], [390, 844]]) {
            const page = await open(url, { colorScheme,
                                           viewport: { width, height } });
            await sleep(2500);
            await page.evaluate(source); // by the debugger: no policy applies
            const found = await page.evaluate(() => window.axe.run());
            const told = found.violations.flatMap((v) => v.nodes.map((n) =>
                `${v.id}: ${n.target} ${n.failureSummary}`));
            assert.deepEqual(told, [], `${what}, ${colorScheme}, ${width} px`);
            assert.ok(found.passes.length > 10);
            const wide = await page.evaluate(() =>
                document.documentElement.scrollWidth - innerWidth);
            assert.ok(wide <= 0, `${what} is ${wide} px wider than ${width}`);
            await page.context().close();
        }
    }
    ok(`axe-core finds nothing: ${what}`);
}

async function weight() {
    for (const [url, what] of [[desk, "the operator's"],
                               [listeners, "the listener's"]]) {
        const page = await open(url);
        await sleep(2000);
        assert.ok(page.bytes > 1000 && page.bytes < LIMIT,
                  `${what} page is ${page.bytes} bytes`);
        ok(`${what} page: ${page.bytes} bytes`);
        await page.context().close();
    }
}

/* The sink dies, and the station starts it anew. */
async function lives(page) {
    await page.evaluate(() => {
        window.words = [];
        new MutationObserver(() => window.words.push(
            document.getElementById('state').innerText)).observe(
            document.getElementById('state'),
            { subtree: true, childList: true, characterData: true });
    });
    const station = JSON.parse(run(`${bin}/longwave`, 'status', '--json'));
    const sink = station.station.clients.find((c) => c.name === 'longwave-sink');
    process.kill(sink.pid, 'SIGKILL');
    await until('the connection is lost, and that is said', () =>
        page.evaluate(() => window.words.some((w) =>
            /^Connection lost\s+last seen at \d\d:\d\d:\d\d/.test(w)) ||
            window.words));
    await until('it comes back by itself', async () =>
        (await text(page, '#state-word')) === 'On air' || text(page, '#state'),
        40);
    ok('connection lost, and back');
}

async function hides(page) {
    let asked = 0;
    page.on('request', () => asked++);
    const seen = (yes) => page.evaluate((yes) => {
        Object.defineProperty(document, 'hidden',
                              { get: () => !yes, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }, yes);
    await seen(false);
    await sleep(500);
    asked = 0;
    await sleep(6000); // longer than anything is asked for again
    assert.equal(asked, 0, 'it asks while nobody sees it');
    await seen(true);
    await until('it goes on when it is seen', async () => asked > 0 &&
        (await text(page, '#state-word')) === 'On air');
    ok('nothing is asked for while it is hidden');
}

async function main() {
    browser = await launch(program);
    const page = await open(`${desk}#token=${token}`);
    await shows(page);
    await showsListeners(page);
    await showsGraph(page);
    await showsHour(page);
    await moves(page);
    await mutes(page);
    await drops(page);
    await wrongToken();
    await hides(page);
    await weight();
    await axe(desk, "the operator's page");
    await axe(listeners, "the listener's page");
    // What is refused is said on the console by the browser itself.
    const serious = complaints.filter((c) =>
        !/^Failed to load resource: .* status of 40[01]/.test(c));
    assert.deepEqual(serious, []);
    ok('no complaint of the page, its policy, or a request elsewhere');
    await lives(page);
    await browser.close();
}

main().catch((e) => {
    console.error(`FAIL: ${e.message}`);
    console.error(String(e.stack).split('\n').find((l) =>
        /desk\.cjs:/.test(l) && !/at until/.test(l)) ?? '');
    process.exit(1);
});
