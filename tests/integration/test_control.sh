#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The music is moved while it plays: `longwave set` and `status` against a
# generator, and all that can go wrong with them.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

# says REGEX COMMAND...: it succeeds, and this is a whole line of what it says.
says() {
    local regex=$1 got=0
    shift
    timeout 20 "$@" >"$tmp/out" 2>"$tmp/err" || got=$?
    [ $got = 0 ] || {
        cat "$tmp/out" "$tmp/err"
        fail "'$*' exited with $got"
    }
    grep -Eqx -- "$regex" "$tmp/out" || {
        cat "$tmp/out"
        fail "'$*' did not say /$regex/"
    }
}
# start_gen NAME OPTIONS...: until it plays; its pid in $gen.
start_gen() {
    local name=$1
    shift
    "$BIN/longwave-gen" --name "$name" --renderer cpu --preset phase1 \
        --seed 1f3a9c "$@" 2>"$tmp/$name.log" &
    gen=$!
    wait_for 30 grep -q 'playing as' "$tmp/$name.log" || fail "$name did not start"
}
set_() { "$BIN/longwave" set "$@"; }

exits 69 'longwave set: nobody answers at 127.0.0.1:7770: start' \
    "$BIN/longwave" set level -6
exits 69 'longwave status: nobody answers at 127.0.0.1:7770' "$BIN/longwave" status
pass "nobody there"

start_jackd 48000 512
start_gen gen --ahead 1000 # other programs of the machine must not count
grep -qx 'longwave-gen: control: OSC at 127.0.0.1:7770' "$tmp/gen.log" ||
    fail "the log doesn't say where"

says 'brightness 0.5 octaves' "$BIN/longwave" set brightness 0.5
says 'level -6 dB' "$BIN/longwave" set level -6
says 'level -5.5 dB' "$BIN/longwave" set --osc 127.0.0.1:7770 level -5.5
says 'level -5.5 dB' "$BIN/longwave" set level
says 'freeze 1' "$BIN/longwave" set freeze 1
says 'mode own' "$BIN/longwave" set mode own
says 'brightness +0.5 +-2 to 2 +octaves +.*' "$BIN/longwave" set
says 'seed 1f3a9c' "$BIN/longwave" set
pass "set"

# At once, and not at the next of its looks around, which are 200 ms apart: 40 of
# them, each with a program to start.
begun=$(date +%s%N)
for i in $(seq 40); do
    set_ motion "$(awk "BEGIN { print $i / 20 }")" >/dev/null || fail "set motion"
done
took=$((($(date +%s%N) - begun) / 40000000))
echo "$took ms for a 'longwave set'"
[ $took -lt 180 ] || fail "each 'longwave set' took $took ms"
pass "at once"

says 'music +phase1 \(.+\), seed 1f3a9c, at 0:00:[0-9]{2}, 48000 Hz' \
    "$BIN/longwave" status
grep -Eqx 'set +brightness 0.5 octaves, motion 2 times, level -5.5 dB, freeze 1' \
    "$tmp/out" || fail "status doesn't tell what is set"
says ' +"brightness": 0.5,' "$BIN/longwave" status --json
grep -q '"rate_hz": 48000' "$tmp/out" || fail "no rate"
position() {
    "$BIN/longwave" status --json | sed -n 's/.*"position_s": \([0-9.]*\),.*/\1/p'
}
before=$(position)
sleep 1
awk -v a="$before" -v b="$(position)" 'BEGIN { exit !(b - a > 0.8 && b - a < 3) }' ||
    fail "the position goes from $before to $(position) in a second"
pass "status"

says 'seed 00002b' "$BIN/longwave" set seed 2b
says 'preset nave' "$BIN/longwave" set preset nave --fade 2
cp "$top/presets/music/phase1.yaml" "$tmp/mine.yaml"
says 'preset mine' env -C "$tmp" "$BIN/longwave" set preset mine.yaml
says 'music +mine \(.+\), seed 00002b, .*' "$BIN/longwave" status
says 'terminal' "$BIN/longwave" presets --names
says 'terminal +[A-Z].*' "$BIN/longwave" presets
pass "presets"

exits 2 "^longwave set: there is no parameter 'brigthness'; did you mean 'brightness'\?$" \
    "$BIN/longwave" set brigthness 1
exits 2 '^longwave set: brightness: found 5, allowed are numbers from -2 to 2 octaves$' \
    "$BIN/longwave" set brightness 5
exits 2 "^longwave set: level: found the text 'loud', allowed are numbers from -24 to 6 dB$" \
    "$BIN/longwave" set level loud
exits 2 "^longwave set: mode: found 'dark', allowed are own$" "$BIN/longwave" set mode dark
exits 2 "^longwave set: preset: found 'nvae'; did you mean 'nave'\? Allowed are aurora, " \
    "$BIN/longwave" set preset nvae
exits 2 "^longwave set: preset: .*gone.yaml: No such file" "$BIN/longwave" set preset gone.yaml
sed 's/^gain:.*/gain: loud/' "$tmp/mine.yaml" >"$tmp/wrong.yaml"
exits 2 "^longwave set: preset: .*/wrong.yaml:[0-9]+: key 'gain': found 'loud'" \
    "$BIN/longwave" set preset "$tmp/wrong.yaml"
mkfifo "$tmp/pipe.yaml"
exits 2 "pipe.yaml: not a file$" "$BIN/longwave" set preset "$tmp/pipe.yaml"
exits 2 '^longwave set: seed: found the text .melody., allowed are 1 to 16 hex' \
    "$BIN/longwave" set seed melody
exits 2 "^longwave set: --fade: goes with a new preset or seed only$" \
    "$BIN/longwave" set level 1 --fade 2
exits 2 "^longwave set: --fade: found '0.1'; allowed: a number from 0.5 to 60$" \
    "$BIN/longwave" set seed 1 --fade 0.1
exits 2 "^longwave set: unexpected argument '3'" "$BIN/longwave" set level 1 3
exits 2 "unknown command 'stauts'; did you mean 'status'" "$BIN/longwave" stauts
exits 2 "^longwave-gen: error: --osc: doesn't go with --render$" \
    "$BIN/longwave-gen" --render "$tmp/x.wav" --osc 7771
exits 2 "^longwave-gen: --osc: found 'all'; allowed: ADDRESS:PORT.*, or none$" \
    "$BIN/longwave-gen" --osc all
says 'music +mine .*' "$BIN/longwave" status
pass "what is wrong"

# A flood of wrong messages: no frame is missed, the log stays short. With the
# lightest preset, once the one before it is gone.
missed() {
    "$BIN/longwave" status --json | sed -n 's/.*"missed_frames": \([0-9]*\).*/\1/p'
}
set_ preset phase1 --fade 0.5 || fail "preset phase1"
wait_for 20 sh -c "grep 'control: .*, seed' '$tmp/gen.log' | tail -n 1 | grep -q phase1" ||
    fail "phase1 had to wait for too long"
sleep 2
before=$(missed)
lines=$(wc -l <"$tmp/gen.log")
exec 3<>/dev/udp/127.0.0.1/7770
for ((i = 0; i < 30000; i++)); do
    printf '/longwave/levle\0,f\0\0\0\0\0\0' >&3
    printf 'this is not OSC at all' >&3
done
exec 3>&-
sleep 0.2 # the socket's queue is full: what is sent now would be lost
says 'level -5.5 dB' "$BIN/longwave" set level
sleep 1.5
after=$(missed)
[ "$after" = "${before:-none}" ] ||
    fail "missed frames: $before before the flood, $after after it"
lines=$(($(wc -l <"$tmp/gen.log") - lines))
[ $lines -lt 100 ] || fail "$lines lines in the log"
tail -n 1 "$tmp/gen.log" | grep -Eq 'control: [0-9]+ more wrong messages' ||
    fail "the log doesn't say how many there were"
tail -n 1 "$tmp/gen.log"
pass "flood"

# A second generator: it plays all the same, and the first one is still heard.
first=$gen
start_gen second
grep -Eq 'warning: control: none, can.t listen at 127.0.0.1:7770: Address already in use .*--osc' \
    "$tmp/second.log" || fail "the second doesn't say that the port is taken"
says 'level -5.5 dB' "$BIN/longwave" set level
stop_pid "$gen" TERM 10
exits 69 "error: --osc: can't listen at 127.0.0.1:7770: Address already in use" \
    "$BIN/longwave-gen" --name third --osc 127.0.0.1:7770
exits 69 "error: --osc: can't listen at 192.0.2.1:7: Cannot assign" \
    "$BIN/longwave-gen" --name third --osc 192.0.2.1:7
start_gen fourth --osc 0
at=$(sed -n 's/.*control: OSC at //p' "$tmp/fourth.log")
says 'level -1 dB' "$BIN/longwave" set level -1 --osc "$at"
says 'level -5.5 dB' "$BIN/longwave" set level
stop_pid "$gen" TERM 10
[ "$code" = 0 ] || fail "exit code $code"
pass "port taken"

stop_pid "$first" TERM 10
[ "$code" = 0 ] || fail "exit code $code"
start_gen mute --osc none
[ -z "$(ss -lnuH)" ] || fail "it listens: $(ss -lnuH)"
stop_pid "$gen" INT 10
pass "none"

# The station passes it on, and says where it is.
start_station --preset phase1 --osc 127.0.0.1:0
at=$(sed -n 's/^control  [^ ]*longwave set brightness 1 --osc \(.*\)   OSC .*/\1/p' \
    "$tmp/station.log")
[ -n "$at" ] || fail "no line about the control"
says 'brightness 1 octaves' "$BIN/longwave" set brightness 1 --osc "$at"
stop_pid "$station" INT 12
{
    cat "$top/presets/stations/default.yaml"
    echo 'osc: none'
} >"$tmp/st.yaml"
start_station "$tmp/st.yaml" --preset phase1
grep -qx 'control  none' "$tmp/station.log" || fail "it doesn't say that there is none"
stop_pid "$station" INT 12
sed -i 's/^osc: .*/osc: everywhere/' "$tmp/st.yaml"
exits 2 "st.yaml:[0-9]+: key 'osc': found 'everywhere': .*, or none" \
    "$BIN/longwave" run "$tmp/st.yaml"
pass "station"
