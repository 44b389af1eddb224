// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What every test in Chromium needs: Playwright (exit 77 without it), the
 * browser as tests want it, and a tap on what a page plays.
 */
'use strict';

/** A module that may be missing, or null. */
function need(name) {
    try {
        return require(name);
    } catch {
        return null;
    }
}

const playwright = need('playwright-core');
if (!playwright)
    process.exit(77);

/** Chromium, alone with us; args: more of its options. */
function launch(program, args = []) {
    return playwright.chromium.launch({
        executablePath: program,
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic',
               '--no-first-run', '--disable-background-networking',
               '--disable-component-update', '--disable-sync', ...args],
    });
}

/** For launch(): it plays without a hand on it. */
const AUTOPLAY = '--autoplay-policy=no-user-gesture-required';

/**
 * Runs in a page's audio thread, as 'capture': what comes in goes to the page,
 * [frame, left, right]; what of it was silent as exact zeros, as a player makes
 * them that has run dry.
 */
const worklet = `
registerProcessor('capture', class extends AudioWorkletProcessor {
    process([input]) {
        const left = input[0] || new Float32Array(128);
        const right = input[1] || left;
        this.port.postMessage([currentFrame, left.slice(), right.slice()]);
        return true;
    }
});`;

module.exports = { AUTOPLAY, launch, need, worklet };
