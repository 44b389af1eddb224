#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# jackd is killed, or ends, and comes back, at once or after seconds, with another
# rate and period, while generator, master and sink run without 'longwave', wired
# by jack_connect: the same names are back, and all cables, but not the one
# that was pulled; metadata; and sound, to a listener who was there all the time.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"
# under ThreadSanitizer: BIN=build-tsan/bin SLOW=4 GEN_OPTIONS=--thin
rounds=${ROUNDS:-10} slow=${SLOW:-1}

cables=(
    "longwave-gen:mix_L longwave-master:in_L"
    "longwave-gen:mix_R longwave-master:in_R"
    "longwave-master:out_L longwave-sink:in_L"
    "longwave-master:out_R longwave-sink:in_R"
    "longwave-master:out_L system:playback_1"
)
ms() { echo $(($(date +%s%N) / 1000000)); }

# One line per cable and end.
wired() {
    jack_lsp -c 2>/dev/null | awk '/^[^ ]/ { from = $0; next }
        { sub(/^ +/, ""); print from " " $0 }'
}
all_wired() {
    local now c n=$1
    now=$(wired)
    for c in "${cables[@]:0:n}"; do
        grep -qxF "$c" <<<"$now" || return 1
    done
}
# No client of another name, and no cable that was not there.
only_those() {
    jack_lsp | grep -q -- '-0[0-9]:' && { jack_lsp; fail "a client has another name"; }
    local n
    n=$(wired | grep -c . || true)
    [ "$n" = 10 ] || { wired; fail "$n cables' ends, not 10"; }
}
told() {
    jack_property -l 2>/dev/null >"$tmp/properties" || return 1
    local x
    for x in "Longwave Generator" "Longwave Master" "Longwave Sink" "Live left" \
        "Output right" "Mix left" "Control by MIDI" "audio-x-generic"; do
        grep -qF "$x" "$tmp/properties" || return 1
    done
    grep -q 'port-group' "$tmp/properties" && grep -q '/order' "$tmp/properties"
}
# heard: at least a second of what a listener gets now is no silence.
heard() {
    curl -s -m 2 'http://127.0.0.1:8000/live.wav?latency=live' >"$tmp/heard" || true
    [ "$(tail -c +45 "$tmp/heard" | tr -d '\0' | wc -c)" -gt 100000 ]
}
figure() {
    curl -sf http://127.0.0.1:8001/status.json >"$tmp/status.json"
    json_figure "$tmp/status.json" "$1"
}

start_jackd 48000 256
# shellcheck disable=SC2086
"$BIN/longwave-gen" --preset lids --renderer cpu --ahead 100 ${GEN_OPTIONS:-} 2>"$tmp/gen.log" &
"$BIN/longwave-master" 2>"$tmp/master.log" &
master=$!
"$BIN/longwave-sink" 2>"$tmp/sink.log" &
sink=$!
wait_for $((30 * slow)) grep -q playing "$tmp/gen.log" || fail "the generator did not start"
wait_for $((30 * slow)) grep -q 'JACK client' "$tmp/master.log" || fail "the master did not start"
wait_for $((30 * slow)) grep -q operator "$tmp/sink.log" || fail "the sink did not start"
for c in "${cables[@]:0:5}"; do
    # shellcheck disable=SC2086
    jack_connect $c || fail "jack_connect $c"
done
# what is pulled stays out
jack_connect longwave-gen:pad_L longwave-sink:in_L
wait_for $((5 * slow)) told || fail "no metadata at the start"
sleep 0.3
jack_disconnect longwave-gen:pad_L longwave-sink:in_L
wait_for $((10 * slow)) heard || fail "no sound at the start"
curl -sN http://127.0.0.1:8000/live.opus >"$tmp/all.opus" &
listener=$!
# what a frame is late by: the sink's look-ahead, packet and wake-up; a MIDI message by
# the generator's --ahead, and as far as that is connected master and sink
latency() {
    jack_lsp -l "$1" | grep -qF "port playback latency = [ $2 $3 ] frames"
}
wait_for 5 latency longwave-sink:in_L 120 1320 || {
    jack_lsp -l longwave-sink:in_L
    fail "the sink's latency"
}
wait_for 5 latency longwave-gen:control 4800 6382 || {
    jack_lsp -l longwave-gen:control
    fail "the latency of the generator's MIDI"
}
pass "three clients, wired by hand"

worst=0
for ((i = 1; i <= rounds; i++)); do
    sig=$([ $((i % 2)) = 0 ] && echo TERM || echo KILL)
    pause=$([ $((i % 3)) = 0 ] && echo 2 || echo 0)
    rate=$([ $((i % 4)) = 0 ] && echo 44100 || echo 48000)
    period=$(echo 256 100 441 1024 8192 | cut -d' ' -f$((i % 5 + 1)))
    # pulled at the last moment: it stays out
    jack_connect longwave-gen:bells_R longwave-sink:in_R
    sleep 0.3
    jack_disconnect longwave-gen:bells_R longwave-sink:in_R
    sleep 0.1
    kill -"$sig" "$jackd"
    wait "$jackd" 2>/dev/null || true
    sleep "$pause"
    start_jackd "$rate" "$period"
    begun=$(ms)
    wait_for $((10 * slow)) all_wired 5 || {
        wired
        fail "round $i (SIG$sig): cables are missing"
    }
    took=$(($(ms) - begun))
    # each cable takes the server a cycle or two: at 8192 frames the third of a second
    [ $took -le $worst ] || [ "$period" = 8192 ] || worst=$took
    [ $took -le $((6000 * slow)) ] || fail "round $i: cables were back after $took ms"
    only_those
    wait_for $((5 * slow)) told || fail "round $i: metadata are missing"
    wait_for $((10 * slow)) heard || fail "round $i: no sound ($rate Hz, $period frames)"
    kill -0 $listener 2>/dev/null || fail "round $i: the listener was lost"
    echo "round $i: SIG$sig, $pause s, $rate Hz, $period: wired after $took ms"
done
[ $worst -le $((2000 * slow)) ] || fail "cables were back after $worst ms, not 2000"
[ "$(figure jack.rejoins)" -ge "$rounds" ] || fail "rejoins were not counted"
pass "$rounds rounds: all cables within $worst ms of the server's return"

# who waits for one that doesn't come does next to nothing, and has its cables
# when it comes after all
kill -KILL "$master" "$jackd"
wait "$master" "$jackd" 2>/dev/null || true
start_jackd 48000 256
waits() { [ "$(figure jack.connections_waiting)" = 2 ]; }
wait_for $((10 * slow)) waits ||
    fail "the sink waits for $(figure jack.connections_waiting) connections, not 2"
ticks() { awk '{ print $14 + $15 }' "/proc/$sink/task/$sink/stat"; } # of [main]
before=$(ticks)
sleep 5
used=$(($(ticks) - before))
[ "$used" -le 5 ] || fail "the sink's [main] took $used hundredths of a second in 5 s, waiting"
"$BIN/longwave-master" 2>"$tmp/master2.log" &
wait_for $((10 * slow)) grep -q 'JACK client' "$tmp/master2.log" || fail "no second master"
begun=$(ms)
wait_for 5 all_wired 4 || fail "cables are missing to one that came late"
pass "an absent peer: $used hundredths of a second in 5 s; wired within $(($(ms) - begun)) ms"

kill $listener
wait $listener 2>/dev/null || true
valid_opus "$tmp/all.opus"
pass "the listener's stream is whole"
