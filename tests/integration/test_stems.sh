#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# longwave-gen's stems as ports: each is what --render --stem writes, sample by
# sample, and all of them lie beside the mix at the same frame.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

LIMIT=-120 # dBFS: one renderer, the same code
what=(--preset rain --seed 5 --renderer cpu --thin --log-level warn)
stems=(drone pad bells grains)
RATE=48000

start_jackd $RATE 256
"$BIN/longwave-gen" "${what[@]}" --log-level info 2>"$tmp/gen.log" &
wait_for 30 grep -q 'playing' "$tmp/gen.log" || fail "the generator did not start"
got=$(jack_lsp | grep '^longwave-gen:.*_[LR]$' | cut -d: -f2 | tr '\n' ' ')
want="mix_L mix_R drone_L drone_R pad_L pad_R bells_L bells_R grains_L grains_R "
[ "$got" = "$want" ] || fail "ports are $got, not $want"

to=()
for stem in mix "${stems[@]}"; do
    to+=("$tmp/heard-$stem.wav" "longwave-gen:${stem}_L" "longwave-gen:${stem}_R")
done
"$TOOLS/record" 6 "${to[@]}" || fail "nothing recorded"
! grep -E 'came too late|were silent' "$tmp/gen.log" || fail "frames were missed"

for stem in mix "${stems[@]}"; do
    "$BIN/longwave-gen" "${what[@]}" --render "$tmp/$stem.wav" --stem "$stem" \
        --seconds 40
done
# Where the pad lies in time, the others must too.
said=$("$TOOLS/compare" "$tmp/heard-pad.wav" "$tmp/pad.wav") || fail "compare"
at=$(awk -v s="$said" 'BEGIN { split(s, w, " "); print w[7] }')
echo "pad: $said"
for stem in "${stems[@]}"; do
    said=$("$TOOLS/differ" --from "$at" "$tmp/heard-$stem.wav" "$tmp/$stem.wav" \
        $LIMIT) || fail "$stem is not what is rendered: $said"
    echo "$stem: $said"
done
# The room of what was rendered remembers more than 2 s.
said=$("$TOOLS/compare" "$tmp/heard-mix.wav" "$tmp/mix.wav") || fail "compare"
echo "mix: $said"
awk -v s="$said" -v at="$at" 'BEGIN {
    split(s, w, " "); exit !(w[2] > 0.98 && w[7] == at) }' ||
    fail "the mix is not beside its stems: $said"
pass "stems"
