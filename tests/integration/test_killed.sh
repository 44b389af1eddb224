#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The supervisor is killed, also while a client hangs or with its keeper: nothing
# stays behind, in no table of the system's.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

nobody() { ! pgrep 'longwave|jackd'; }
gone() {
    wait "$station" 2>/dev/null || true
    wait_for 20 nobody || fail "left running: $(pgrep -l 'longwave|jackd')"
}
nothing_left() {
    local left
    left=$(shm_left)
    [ -z "$left" ] || fail "left in shared memory: $left"
}

start_station --seed 1
kill -KILL "$station"
gone
nothing_left
pass "longwave killed"

# SIGTERM alone does not end it, and the server waits for that.
start_station --seed 1
kill -STOP "$(pgrep -x longwave-master)"
kill -KILL "$station"
gone
pass "longwave killed, with a client that hangs"

# All at once, as by killall: no order is left to keep, but no process either.
start_station --seed 1
kill -KILL "$station" "$(pgrep -f 'longwave keep')"
gone
pass "longwave and its keeper killed"

# SIGTERM to both, which is killall without -9.
find /dev/shm -mindepth 1 ! -name jack-shm-registry -delete
start_station --seed 1
kill -TERM "$station" "$(pgrep -f 'longwave keep')"
gone
nothing_left
pass "longwave and its keeper told to stop"

# The keeper alone: jackd goes with it, and both come back.
start_station --seed 1
keeper=$(pgrep -f 'longwave keep')
kill -KILL "$keeper"
other() { pgrep -f 'longwave keep' | grep -vx "$keeper"; }
wait_for 20 other || fail "no other keeper"
all_patched() { [ "$(timeout 2 jack_lsp -c | grep -c '^   ')" = 8 ]; }
wait_for 20 all_patched || fail "not patched again"
stop_pid "$station" INT 12
[ "$code" = 0 ] || fail "exit code $code"
gone
nothing_left
pass "keeper killed"
