#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What graph/jclient tells of a real server's cycles: the rate, freewheel while it
# lasts, and a time that is CLOCK_MONOTONIC's and lies in the cycle, also after
# the server was stopped for a while, when JACK itself is wrong about it.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

start_jackd 44100 256
"$TOOLS/cycles" 4 >"$tmp/cycles" &
cycles=$!
sleep 1
jack_freewheel y >"$tmp/freewheel.log" || fail "jack_freewheel"
sleep 0.2
jack_freewheel n >>"$tmp/freewheel.log" || fail "jack_freewheel"
sleep 0.5
kill -STOP "$jackd"
sleep 0.6
kill -CONT "$jackd"
wait $cycles || fail "cycles"

# frames lost Hz time called freewheel
awk '
    $3 != 44100 { print "not the rate: " $0; bad = 1; exit }
    $6 == 1 { fast++; next }
    fast == 0 { before++ }
    fast > 0 { after++ }
    # a period of 256 frames is 5804989 ns
    $4 > $5 || $5 - $4 > 5804989 { print "not its time: " $0; bad = 1; exit }
    $5 - last > 500e6 && after > 1 { stall++ }
    { last = $5 }
    END {
        if (bad)
            exit 1
        printf "%d cycles, %d in freewheel, %d after it\n", before, fast, after
        exit !(before > 10 && fast > 10 && after > 10 && stall > 0)
    }' "$tmp/cycles" || fail "cycles as told"
pass "rate, time and freewheel of each cycle"
