// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * chromium.cjs PROGRAM URL SECONDS OUT: plays a stream in Chromium's audio
 * element for so long, by Playwright, and writes what it played, 32-bit float
 * stereo at 48 kHz, as the page's audio graph got it. Exit 77 without
 * playwright-core, 1 when nothing was played. Blocks that the page itself lost
 * (as it does at the start, of silence) are told on stderr.
 */
'use strict';
const fs = require('fs');
const { AUTOPLAY, launch, worklet } = require('./browser.cjs');

const [program, url, seconds, out] = process.argv.slice(2);
// Runs in the page.
async function play({ url, worklet }) {
    const audio = new Audio();
    const context = new AudioContext({ sampleRate: 48000 });
    const source = new Blob([worklet], { type: 'text/javascript' });
    await context.audioWorklet.addModule(URL.createObjectURL(source));
    const node = new AudioWorkletNode(context, 'capture', {
        channelCount: 2,
        channelCountMode: 'explicit',
    });
    window.blocks = [];
    node.port.onmessage = (e) => window.blocks.push(e.data);
    audio.src = url;
    context.createMediaElementSource(audio).connect(node);
    node.connect(context.destination);
    await context.resume();
    await audio.play();
}

// Runs in the page: all blocks as base64, a piece at a time; null at the end.
function fetchPiece() {
    const piece = window.blocks.splice(0, 2000);
    if (piece.length === 0)
        return null;
    const samples = new Float32Array(piece.length * 256);
    let lost = 0;
    piece.forEach(([frame, left, right], k) => {
        if (window.next !== undefined && frame !== window.next)
            lost++;
        window.next = frame + 128;
        for (let i = 0; i < 128; i++) {
            samples[k * 256 + 2 * i] = left[i];
            samples[k * 256 + 2 * i + 1] = right[i];
        }
    });
    const bytes = new Uint8Array(samples.buffer);
    let text = '';
    for (let i = 0; i < bytes.length; i += 32768)
        text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return [lost, btoa(text)];
}

async function main() {
    const browser = await launch(program, [AUTOPLAY]);
    const page = await browser.newPage();
    // A page of the stream's own origin, of which the server need not know.
    const home = new URL('/capture.html', url).href;
    await page.route(home, (route) => route.fulfill({
        contentType: 'text/html', body: '<!doctype html><title>capture</title>',
    }));
    await page.goto(home);
    await page.evaluate(play, { url, worklet });
    await page.waitForTimeout(1000 * seconds);
    const file = fs.openSync(out, 'w');
    let lost = 0;
    for (;;) {
        const piece = await page.evaluate(fetchPiece);
        if (!piece || !piece[1])
            break;
        lost += piece[0];
        fs.writeSync(file, Buffer.from(piece[1], 'base64'));
        if (piece[1].length < 2000 * 1024)
            break; // it goes on for as long as we ask
    }
    fs.closeSync(file);
    await browser.close();
    if (lost > 0)
        console.error(`${lost} times a block was lost on the way to us`);
}

main().catch((e) => {
    console.error(String(e));
    process.exit(1);
});
