#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The supervisor or one of its children is killed: the others don't stay behind.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

nobody() { ! pgrep 'longwave|jackd'; }

start_station --seed 1
kill -KILL "$station"
wait "$station" 2>/dev/null || true
wait_for 20 nobody || fail "left running: $(pgrep -l 'longwave|jackd')"
pass "longwave killed"

for program in longwave-gen longwave-master; do
    start_station --seed 1
    kill -KILL "$(pgrep -x $program)"
    code=0
    wait "$station" || code=$?
    [ $code = 137 ] || fail "exit code $code"
    grep -q "$program ended with code 137: stopping the station" \
        "$tmp/station-err.log" || fail "it did not say which one ended"
    nobody || fail "left running: $(pgrep -l 'longwave|jackd')"
    pass "$program killed"
done
