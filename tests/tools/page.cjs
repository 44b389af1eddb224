// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * page.cjs PROGRAM URL [OPTIONS]: the listeners' page in headless Chromium, by
 * Playwright, led by lines on stdin; each is answered by one line on stdout.
 *   press [KEY]        the play button, or a key
 *   choose ID VALUE    in a select, as a hand does
 *   figures            JSON: what the page says, and what is heard
 *   save FILE          what was heard since the last one, 32-bit float stereo
 *                      at 48 kHz, as the page's element played it; the longest
 *                      silence is measured anew
 *   shot FILE          a picture of the page
 *   axe                JSON: what axe-core finds ("none": it isn't installed)
 *   weight             JSON: requests, their bytes, and those that went elsewhere
 *   memory             JSON: bytes of script memory, after a collection
 *   quit
 * OPTIONS: --size WxH, --light, --still (reduced motion), --no-js, --no-capture
 * (the page as it is, with its policy, and nothing is known of its sound),
 * --steady (always at rate 1), --forget (nothing to save), --trust (the address
 * is as good as a local one), --no-autoplay. Exit 77 without playwright-core.
 * What the page complains of comes on stderr.
 */
'use strict';
const fs = require('fs');
const readline = require('readline');
const { AUTOPLAY, launch, need, worklet } = require('./browser.cjs');

const [program, url, ...options] = process.argv.slice(2);
const has = (name) => options.includes(name);
const after = (name, usual) => {
    const at = options.indexOf(name);
    return at < 0 ? usual : options[at + 1];
};

const captures = !has('--no-capture') && !has('--no-js');

// Runs in the page, before its own scripts: taps its audio element.
function tap({ worklet, steady }) {
    const heard = window.heard = {
        blocks: [], keep: true, run: 0, longest: 0, zeros: 0, frames: 0, sounded: false,
        power: 0, lost: 0, next: undefined,
    };
    window.marker = Math.random(); // gone after a reload

    heard.take = ([frame, left, right]) => {
        if (heard.sounded && frame !== heard.next)
            heard.lost++;
        heard.next = frame + 128;
        let sum = 0;
        for (let i = 0; i < 128; i++) {
            sum += left[i] * left[i];
            if (left[i] === 0 && right[i] === 0) {
                heard.run++;
            } else {
                if (heard.sounded) {
                    heard.longest = Math.max(heard.longest, heard.run);
                    heard.zeros += heard.run > 8 ? heard.run : 0;
                }
                heard.run = 0;
                heard.sounded = true;
            }
        }
        heard.power += 0.01 * (sum / 128 - heard.power);
        heard.frames += 128;
        if (heard.keep)
            heard.blocks.push([left, right]);
    };
    addEventListener('DOMContentLoaded', async () => {
        const audio = document.querySelector('#audio');
        const context = new AudioContext({ sampleRate: 48000 });
        // Without a sound card, time runs behind on a busy machine. What the
        // page does against that would be taken for a fault of the stream.
        if (steady)
            Object.defineProperty(audio, 'playbackRate', { get: () => 1, set() {} });
        const source = new Blob([worklet], { type: 'text/javascript' });
        await context.audioWorklet.addModule(URL.createObjectURL(source));
        const node = new AudioWorkletNode(context, 'capture', {
            channelCount: 2,
            channelCountMode: 'explicit',
        });
        node.port.onmessage = (e) => heard.take(e.data);
        context.createMediaElementSource(audio).connect(node);
        node.connect(context.destination);
        await context.resume();
        heard.ready = true;
    });
}

// Runs in the page: blocks as base64, a piece at a time; '' at the end.
function fetchPiece() {
    const piece = window.heard.blocks.splice(0, 2000);
    const samples = new Float32Array(piece.length * 256);
    piece.forEach(([left, right], k) => {
        for (let i = 0; i < 128; i++) {
            samples[k * 256 + 2 * i] = left[i];
            samples[k * 256 + 2 * i + 1] = right[i];
        }
    });
    const bytes = new Uint8Array(samples.buffer);
    let text = '';
    for (let i = 0; i < bytes.length; i += 32768)
        text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(text);
}

// Runs in the page.
function figures() {
    const text = (id) => document.getElementById(id).textContent;
    const number = (id) => parseFloat(text(id));
    const audio = document.querySelector('#audio');
    const heard = window.heard ?? {};
    document.querySelector('#state').open = true;
    return {
        ranges: Array.from({ length: audio.buffered.length }, (_, i) => [
            audio.buffered.start(i), audio.buffered.end(i)]),
        time: audio.currentTime, rate: audio.playbackRate, paused: audio.paused,
        label: document.querySelector('#play').getAttribute('aria-label'),
        title: text('title'), says: text('says'), told: text('told'),
        chosen: document.querySelector('#quality').value,
        stored: localStorage.getItem('longwave.bitrate'),
        ahead: number('f-ahead'), behind: number('f-behind'),
        quality: text('f-rung'), outages: text('f-outages'),
        reconnects: number('f-reconnects'), start: number('f-start'),
        engine: text('f-engine'), marker: window.marker ?? 0,
        frames: heard.frames, longest: Math.max(heard.longest, heard.run),
        zeros: heard.zeros, power: heard.power, lost: heard.lost,
        quiet: heard.sounded ? heard.run : -1,
    };
}

const commands = {
    async press(page, key) {
        if (key)
            await page.keyboard.press(key);
        else
            await page.click('#play');
        return 'ok';
    },
    async choose(page, id, value) {
        await page.selectOption(`#${id}`, value ?? '');
        return 'ok';
    },
    async figures(page) {
        await page.evaluate(figures); // opens the panel
        await page.waitForTimeout(250);
        return JSON.stringify(await page.evaluate(figures));
    },
    async save(page, file) {
        const out = fs.openSync(file, 'w');
        for (let frames = 0; frames < 48000 * 600;) {
            const piece = Buffer.from(await page.evaluate(fetchPiece), 'base64');
            if (piece.length < 256 * 4 * 100) // it goes on for as long as we ask
                break;
            fs.writeSync(out, piece);
            frames += piece.length / 8;
        }
        fs.closeSync(out);
        await page.evaluate(() => { window.heard.longest = 0; });
        return 'ok';
    },
    async shot(page, file) {
        await page.screenshot({ path: file });
        return 'ok';
    },
    async axe(page) {
        const axe = need('axe-core');
        if (!axe)
            return 'none';
        await page.evaluate(axe.source);
        const found = await page.evaluate(() => window.axe.run());
        return JSON.stringify(found.violations.map((v) => [
            v.id, v.nodes.map((n) => n.target.join(' '))]));
    },
    async weight(page, a, b, state) {
        return JSON.stringify(state.weight);
    },
    async memory(page, a, b, state) {
        await state.cdp.send('HeapProfiler.collectGarbage');
        const { metrics } = await state.cdp.send('Performance.getMetrics');
        const of = (name) => metrics.find((m) => m.name === name).value;
        return JSON.stringify({ heap: of('JSHeapUsedSize'), nodes: of('Nodes'),
            listeners: of('JSEventListeners') });
    },
};

function watch(page, state) {
    const origin = new URL(url).origin;
    page.on('console', (m) => {
        if (m.type() === 'error' && !/Failed to load resource/.test(m.text()))
            console.error(`console: ${m.text()}`);
    });
    page.on('pageerror', (e) => console.error(`error: ${e.stack}`));
    page.on('request', (r) => {
        if (!r.url().startsWith('blob:') && new URL(r.url()).origin !== origin)
            state.weight.elsewhere.push(r.url());
    });
    page.on('response', (r) => {
        const bytes = Number(r.headers()['content-length']); // streams have none
        if (r.status() === 200 && bytes > 0) {
            state.weight.requests++;
            state.weight.bytes += bytes;
        }
    });
}

async function open() {
    const [width, height] = after('--size', '1440x900').split('x').map(Number);
    const args = has('--no-autoplay') ? [] : [AUTOPLAY];
    if (has('--trust'))
        args.push(`--unsafely-treat-insecure-origin-as-secure=${new URL(url).origin}`);
    const browser = await launch(program, args);
    const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: has('--light') ? 'light' : 'dark',
        reducedMotion: has('--still') ? 'reduce' : 'no-preference',
        javaScriptEnabled: !has('--no-js'),
        bypassCSP: captures, // its policy forbids our worklet
    });
    const page = await context.newPage();
    const state = { weight: { requests: 0, bytes: 0, elsewhere: [] } };
    watch(page, state);
    state.cdp = await context.newCDPSession(page);
    await state.cdp.send('Performance.enable');
    if (captures)
        await page.addInitScript(tap, { worklet, steady: has('--steady') });
    await page.goto(url, { waitUntil: 'load' });
    if (captures)
        await page.waitForFunction(() => window.heard.ready);
    return { browser, page, state };
}

async function main() {
    const { browser, page, state } = await open();
    if (has('--forget'))
        await page.evaluate(() => { window.heard.keep = false; });
    console.log('ready');
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const [name, ...words] = line.trim().split(/ +/);
        if (name === 'quit')
            break;
        const does = commands[name];
        console.log(does ? await does(page, words[0], words[1], state)
            : `unknown: ${name}`);
    }
    await browser.close();
}

// By exit: a pipe on stdin that is still open may keep Node.js from its end.
main().then(() => process.exit(0), (e) => {
    console.error(String(e.stack));
    process.exit(1);
});
