#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# longwave-gen is played by MIDI on a real server, and a flood of messages costs
# nothing but messages: the sound goes on, sample by sample.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

LIMIT=-120 # dBFS: one renderer, the same code
what=(--preset rain --seed 5 --renderer cpu --thin)
dropped='[0-9]+ MIDI messages came faster than they can be taken and were dropped'

start_jackd 48000 128
"$BIN/longwave-gen" "${what[@]}" --log-level debug 2>"$tmp/gen.log" &
gen=$!
wait_for 30 grep -q 'playing' "$tmp/gen.log" || fail "the generator did not start"
jack_lsp -tp | grep -A2 -x 'longwave-gen:control' | tr -d '\n' >"$tmp/port.log"
grep -q 'input.*midi' "$tmp/port.log" || fail "control is no MIDI input"
send() {
    "$TOOLS/send_midi" longwave-gen:control "$@" || fail "nothing sent"
}

# The middle of a knob changes nothing, so the sound must be that of nobody's
# touching it.
"$TOOLS/record" 6 "$tmp/heard.wav" longwave-gen:pad_L longwave-gen:pad_R &
record=$!
send 1000000 b0 4a 40
send 1000000 b0 4a 40
wait "$record" || fail "nothing recorded"
! grep -E 'came too late|were silent' "$tmp/gen.log" || fail "frames were missed"
n=$(grep -Ec "warning: $dropped" "$tmp/gen.log" || true)
[ "$n" = 1 ] || fail "$n words on what was dropped, not 1"
"$BIN/longwave-gen" "${what[@]}" --render "$tmp/pad.wav" --stem pad --seconds 40 \
    --log-level warn
said=$("$TOOLS/compare" "$tmp/heard.wav" "$tmp/pad.wav") || fail "compare"
at=$(awk -v s="$said" 'BEGIN { split(s, w, " "); print w[7] }')
said=$("$TOOLS/differ" --from "$at" "$tmp/heard.wav" "$tmp/pad.wav" $LIMIT) ||
    fail "the flood was heard: $said"
pass "flood: $said"

# The last message of a flood is never lost; and what follows is taken.
said() { grep -q "debug: MIDI: $1\$" "$tmp/gen.log"; }
send 100000 b3 47 7f
wait_for 5 said 'density 2' || fail "the flood's end was lost"
send 1 b0 4a 7f
wait_for 5 said 'brightness 2' || fail "controller 74"
send 1 b0 40 7f
wait_for 5 said 'freeze 1' || fail "controller 64"
send 1 90 3c 40
wait_for 5 said 'root -\{0,1\}[0-9.]*' || fail "a note"
send 1 b0 4b 7f
send 1 f8
stop_pid "$gen" TERM 5
[ "$code" = 0 ] || fail "exit code $code"
pass "played"
