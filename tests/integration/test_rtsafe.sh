#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_rtsafe.sh [--by rtcheck|rtsan] [--seconds N]: the generator, the master and
# the sink with everything going on, and not one forbidden call, wait or page
# fault in any process callback. What can find one: see test_rtcheck.sh.
# shellcheck source=tests/integration/lib-rtsafe.sh
. "$(dirname "$0")/lib-rtsafe.sh"
enter_world "$@"

by=rtcheck seconds=20
while [ $# -gt 1 ]; do
    case $1 in
    --by) by=$2 ;;
    --seconds) seconds=$2 ;;
    *) fail "unknown option $1" ;;
    esac
    shift 2
done
needs_checker "$by"
listen=127.0.0.1:8000

start_jackd 48000 256
"${check[@]}" "$BIN/longwave-sink" --mount live --mount second 2>"$tmp/sink.log" &
sink=$!
"${check[@]}" "$BIN/longwave-master" 2>"$tmp/master.log" &
master=$!
"${check[@]}" "$BIN/longwave-gen" --renderer cpu --thin --preset phase1 --seed 5 \
    --ahead 1000 2>"$tmp/gen.log" &
gen=$!
wait_for 60 grep -q 'playing as' "$tmp/gen.log" || fail "the generator did not start"
wait_for 10 curl -sf http://127.0.0.1:8001/health || fail "the sink did not start"
wait_for 10 jack_lsp longwave-master:out_R || fail "the master did not start"

cables=(
    longwave-gen:mix_{L,R} longwave-master:in_{L,R}
    longwave-master:out_{L,R} longwave-sink:in_{L,R}
    longwave-gen:mix_{L,R} longwave-sink:second_{L,R}
)
# A program that is soon done.
tool() {
    timeout 10 "$@" >"$tmp/tool.log" 2>&1 || fail "$* ended with $?"
}
# patch jack_connect|jack_disconnect: all cables.
patch() {
    local i c
    for ((i = 0; i < ${#cables[@]}; i += 4)); do
        for c in 0 1; do
            tool "$1" "${cables[i + c]}" "${cables[i + c + 2]}"
        done
    done
}
patch jack_connect

# What goes on: each is one round of it, in a second or two.
rounds=0 restarts=0
streams=(
    'live.opus?latency=live' 'live.opus?latency=low' live.opus live.mp4
    'live.wav?rate=44100' 'second.opus?latency=safe&bitrate=32' 'live.wav?format=f32'
)
listen() {
    local i
    for i in 0 1 2; do
        curl -s --max-time $((2 + i * 3)) -o "$tmp/heard$i" \
            "http://$listen/${streams[(rounds + i * 2) % ${#streams[@]}]}" &
    done
    curl -sf http://127.0.0.1:8001/status.json http://127.0.0.1:8001/metrics \
        -o "$tmp/status" -o "$tmp/metrics" || fail "the sink's status"
}
control() {
    local preset=(terminal phase1 nave)
    tool "$BIN/longwave" set brightness "0.$((rounds % 10))"
    tool "$BIN/longwave" set level "-$((rounds % 6))"
    tool "$BIN/longwave" set preset "${preset[rounds % 3]}" --fade 1
    tool "$TOOLS/send_midi" longwave-gen:control 3000 b0 4a 40
    tool "$TOOLS/send_midi" longwave-gen:control 1 90 3c 40
}
change_period() {
    local frames=(512 64 1024 256 100)
    tool jack_bufsize "${frames[rounds % ${#frames[@]}]}"
}
freewheel() {
    tool jack_freewheel y
    sleep 0.1
    tool jack_freewheel n
}
# One client is stopped for a second, and another, and another. A callback that
# is stopped half way is seen to wait, so this is counted.
stops=0
stop() {
    local clients=("$gen" "$master" "$sink")
    kill -STOP "${clients[rounds % 3]}"
    sleep 1
    kill -CONT "${clients[rounds % 3]}"
    stops=$((stops + 1))
}
repatch() {
    patch jack_disconnect
    sleep 0.2
    patch jack_connect
}
# Every fourth time jackd dies, and the three join the next one, with their cables.
restart() {
    [ $((rounds % 4)) = 1 ] || return 0
    kill -KILL "$jackd"
    wait "$jackd" 2>/dev/null || true
    start_jackd 48000 256
    wait_for 10 patched || fail "the cables did not come back"
    restarts=$((restarts + 1))
}
# Each cable is listed at both of its ends.
patched() { [ "$(jack_lsp -c | grep -c '^ ')" = $((${#cables[@]})) ]; }

while [ "$SECONDS" -lt "$seconds" ]; do
    listen
    for what in control change_period freewheel stop repatch restart; do
        $what
        sleep 0.3
    done
    rounds=$((rounds + 1))
done
pass "$rounds rounds in $SECONDS s, $restarts new servers"

[ "$by" = rtcheck ] || stops=0
for program in sink master gen; do
    stop_pid "${!program}" TERM 10
    findings "longwave-$program" "$tmp/$program.log" >"$tmp/found"
    if [ "$by" = rtcheck ]; then
        grep -hE '^(callbacks|watched|warm_minor|waits)' \
            "$tmp/reports/longwave-$program"-* | paste -sd' ' | sed "s/^/$program: /"
        # A stop in the midst of a callback is no fault of its own; one in
        # three was this program's.
        awk -v s=$((stops / 3 + 1)) '!($2 == "waits" && $1 <= s)' "$tmp/found" >"$tmp/found2"
        mv "$tmp/found2" "$tmp/found"
    fi
    if [ -s "$tmp/found" ] || [ "$code" != 0 ]; then
        cat "$tmp/reports"/* 2>/dev/null
        fail "longwave-$program ended with $code and: $(paste -sd, "$tmp/found")"
    fi
done
pass "nothing in any callback"
