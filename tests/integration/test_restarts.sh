#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_restarts.sh [--rounds N]: a jackd that somebody else starts is killed or
# stopped and started again, N times in a row (10), and the station's own one
# some times, which it starts again later each time: the patch is complete again,
# and a listener never loses the connection.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

OWN=4 # the fifth would be started two seconds after its end
rounds=10
[ "${1:-}" != --rounds ] || rounds=$2

cables() { timeout 2 jack_lsp -c 2>/dev/null | grep -c '^   ' || true; }
all_patched() { [ "$(cables)" = 8 ]; } # four, seen from both ends
one_less() { [ "$(cables)" = 6 ]; }
pid_of() { pgrep -o -x "$1"; }
is_new() {
    local now
    now=$(pid_of "$1") && [ "$now" != "$2" ]
}
now_ms() { date +%s%3N; }
times() { # of $tmp/times: median and worst, ms
    sort -n "$tmp/times" | awk '{ t[NR] = $1 }
        END { printf "back after %d ms (median of %d), %d at worst", t[int((NR + 1) / 2)], NR, t[NR] }'
}

listen() {
    curl -sN http://127.0.0.1:8000/live.opus >"$tmp/heard.opus" &
    listener=$!
}
# The listener is there, on the one connection, and what it got is one stream.
heard_all() {
    kill -0 "$listener" 2>/dev/null || fail "the listener was lost"
    kill "$listener"
    wait "$listener" || true
    valid_opus "$tmp/heard.opus"
}
same_clients() {
    [ "$(pid_of longwave-gen) $(pid_of longwave-master) $(pid_of longwave-sink)" = "$clients" ] ||
        fail "a client was started anew: $(tail -5 "$tmp/station-err.log")"
}
begin() {
    wait_for 20 all_patched || fail "not patched"
    clients="$(pid_of longwave-gen) $(pid_of longwave-master) $(pid_of longwave-sink)"
    listen
    : >"$tmp/times"
}

# ---- the station's own -------------------------------------------------------
start_station --seed 1f3a9c --preset phase1 --renderer cpu --log-level info
begin
for ((i = 0; i < OWN; i++)); do
    server=$(pid_of jackd) began=$(now_ms)
    kill -KILL "$server"
    wait_for 40 is_new jackd "$server" || fail "round $i: jackd was not started again"
    wait_for 20 all_patched || fail "round $i: $(cables) of 8: $(timeout 2 jack_lsp -c)"
    echo $(($(now_ms) - began)) >>"$tmp/times"
    same_clients
done
heard_all
pass "its own jackd killed $OWN times: $(times)"
stop_pid "$station" TERM 15
[ "$code" = 0 ] || fail "exit code $code"

# ---- somebody else's ---------------------------------------------------------
cp "$top/presets/stations/default.yaml" "$tmp/own.yaml"
start_jackd 48000 256
start_station "$tmp/own.yaml" --seed 1f3a9c --preset phase1 --renderer cpu --log-level info
begin
for ((i = 0; i < rounds; i++)); do
    signal=KILL
    [ $((i % 2)) = 0 ] || signal=TERM
    stop_pid "$jackd" $signal 10
    sleep 0.$((i % 5))
    began=$(now_ms)
    start_jackd 48000 256
    wait_for 20 all_patched || fail "round $i: $(cables) of 8: $(timeout 2 jack_lsp -c)"
    echo $(($(now_ms) - began)) >>"$tmp/times"
    same_clients
done
heard_all
pass "another jackd stopped and started $rounds times: $(times)"

# The clients bring their cables back by themselves; they are the station's all
# the same, and go with the rule.
sed -i '/longwave-master:out_R/d' "$tmp/own.yaml"
kill -HUP "$station"
wait_for 10 one_less || fail "the rule's cable stays: $(timeout 2 jack_lsp -c)"
pass "a cable of before goes with its rule"
stop_pid "$station" TERM 15
[ "$code" = 0 ] || fail "exit code $code"
