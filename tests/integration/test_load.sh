#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The load generator against the floor: 20 listeners hear 3 s of a valid stream;
# what goes wrong on purpose is in their figures. No figure of time is judged.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

# start_floor OPTIONS...: its pid in $floor, its address in $at.
start_floor() {
    : >"$tmp/floor.log"
    "$TOOLS/floor" --listen 127.0.0.1:0 "$@" >"$tmp/floor.log" 2>&1 &
    floor=$!
    wait_for 5 grep -q 'listens on' "$tmp/floor.log" || fail "no floor"
    at=$(sed 's/.* on //' "$tmp/floor.log")
}

# load OPTIONS...: its figures into $tmp/load.json.
load() {
    "$TOOLS/load" --json --warm-up 0.5 --crc 1 "$@" "http://$at/live.opus" \
        >"$tmp/load.json" 2>"$tmp/load.log" || fail "load exited with $?"
}

# figure PATH VALUE: as in 'good.holes 0'.
figure() {
    local got
    got=$(json_figure "$tmp/load.json" "$1")
    [ "$got" = "$2" ] || fail "$1 is $got, not $2"
}

start_floor --burst 2
load --listeners 20 --seconds 3 --pid $floor
figure good.listeners 20
figure good.with_audio 20
figure good.ends.open 20
figure good.status.200 20
for what in holes overlaps bad_sums bad_order new_serials lost_sync \
    listeners_dry; do
    figure good.$what 0
done
# 30 pages in 3 s for each of 20, of which a machine that stands still may lose
chunks=$(json_figure "$tmp/load.json" good.chunks)
if [ "$chunks" -lt 500 ] || [ "$chunks" -gt 620 ]; then fail "$chunks chunks"; fi
"$TOOLS/load" --head --listeners 3 --warm-up 0 --seconds 1 --row three \
    "http://$at/" >"$tmp/row"
grep -Eq '^three +3 +3 \|' "$tmp/row" || fail "no row"
pass "20 listeners"

load --listeners 20 --threads 2 --ramp 0 --seconds 1 --fault leave --faulty 25
figure good.listeners 15
figure good.ends.open 15
figure faulty.listeners 5
pass "two threads, all at one instant"

load --listeners 10 --seconds 1 --fault leave --faulty 30 --fault-at 0.2
figure faulty.ends.left 3
figure good.ends.open 7
pass "three leave"

# Two are reset on the way, and a third is let through.
"$TOOLS/cutter" --after 0.5 --times 2 127.0.0.1:0 "$at" >"$tmp/cutter.log" 2>&1 &
cutter=$!
wait_for 5 grep -q 'listens on' "$tmp/cutter.log" || fail "no cutter"
"$TOOLS/load" --json --listeners 3 --warm-up 0.5 --seconds 2 --crc 1 \
    "http://$(sed -n 's/.* on //p' "$tmp/cutter.log")/" >"$tmp/load.json" \
    2>"$tmp/load.log" || fail "load exited with $?"
figure good.ends.reset 2
figure good.ends.open 1
figure good.holes 0
figure good.bad_sums 0
[ "$(grep -c '^reset after' "$tmp/cutter.log")" = 2 ] || fail "cutter told otherwise"
stop_pid $cutter TERM 5
pass "a proxy cut two connections"

# Each leaves at its first audio: no two are there at once.
load --listeners 10 --ramp 20 --stay 0 --seconds 0.5
figure good.with_audio 10
figure good.ends.left 10
pass "ten, one after another"
stop_pid $floor TERM 5

# A server that stands still for 1 s beyond what was sent ahead.
start_floor --burst 0.4
"$TOOLS/load" --json --listeners 4 --warm-up 0.5 --seconds 4 \
    "http://$at/" >"$tmp/load.json" 2>"$tmp/load.log" &
pid=$!
sleep 1.5
kill -STOP $floor
sleep 1.5
kill -CONT $floor
wait $pid
figure good.listeners_dry 4
figure good.holes 0
pass "a server that stood still was noticed"

load --listeners 5 --seconds 3 --fault stop --faulty 40 --fault-at 0.2 \
    --fault-for 1.5
figure faulty.listeners_dry 2
figure faulty.holes 0
figure faulty.ends.open 2
figure good.ends.open 3
pass "two stopped reading and lost nothing"

# Killed: what a reset or an end leaves is counted, not fatal.
"$TOOLS/load" --json --listeners 4 --warm-up 0.2 --seconds 2 \
    "http://$at/" >"$tmp/load.json" 2>"$tmp/load.log" &
pid=$!
sleep 0.8
stop_pid $floor KILL 5
wait $pid
figure good.ends.open 0
load --listeners 3 --seconds 0.2
figure good.ends.not_connected 3
figure connect_error 'Connection refused'
pass "a server that ended"

exits 2 'allowed is http' "$TOOLS/load" "https://$at/"
exits 2 'no URL' "$TOOLS/load"
exits 1 'process 4194304' "$TOOLS/load" --pid 4194304 "http://$at/"
exits 2 'multiples of 20' "$TOOLS/floor" --page-ms 30
