#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# One preset after another while it plays, on a real server: as music does, by a
# fade, and in a hurry, and nothing clicks or falls silent.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"
[ -x "$TOOLS/measure" ] || skip "what the measures need is not installed"

start_jackd 48000 256
"$BIN/longwave-gen" --preset phase1 --seed 5 --renderer cpu --thin --ahead 1000 \
    --osc 127.0.0.1:0 2>"$tmp/gen.log" &
gen=$!
wait_for 30 grep -q 'playing' "$tmp/gen.log" || fail "the generator did not start"
osc=$(sed -n 's/.*control: OSC at //p' "$tmp/gen.log")
set_() { "$BIN/longwave" set --osc "$osc" "$@" >"$tmp/out" 2>"$tmp/err"; }

"$TOOLS/record" 50 "$tmp/heard.wav" longwave-gen:mix_L longwave-gen:mix_R &
record=$!
sleep 5
set_ preset terminal || fail "preset terminal: $(cat "$tmp/err")"
sleep 20
set_ preset phase1 --fade 3 || fail "preset phase1: $(cat "$tmp/err")"
sleep 10
# more than can be under way at once: the last wish counts
for preset in terminal phase1 terminal phase1 nave terminal; do
    set_ preset $preset --fade 2 || fail "preset $preset: $(cat "$tmp/err")"
    sleep 0.4
done
wait "$record" || fail "nothing recorded"
! grep -E 'came too late|were silent' "$tmp/gen.log" || fail "frames were missed"
"$TOOLS/measure" "$tmp/heard.wav" --json >"$tmp/figures.json" || fail "not measured"
figure() { sed -n "s/.*\"$1\": \\([-0-9.e+]*\\).*/\\1/p" "$tmp/figures.json" | head -n 1; }
echo "clicks $(figure clicks), over 16 kHz $(figure air_peak) dBFS," \
    "silence $(figure silence) s, hole $(figure hole) s, $(figure lufs) LUFS"
awk -v c="$(figure clicks)" -v a="$(figure air_peak)" -v s="$(figure silence)" \
    -v h="$(figure hole)" 'BEGIN { exit !(c == 0 && a < -60 && s == 0 && h < 1) }' ||
    fail "it was heard"
grep 'control: .*, seed' "$tmp/gen.log" | tail -n 1 | grep -q terminal ||
    fail "the last wish was not done"
pass "changes"

stop_pid "$gen" TERM 5
[ "$code" = 0 ] || fail "exit code $code"
pass "stopped"
