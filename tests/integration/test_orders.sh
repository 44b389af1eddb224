#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Who waits for whom in a station: nobody that was on the air for one that is slow
# to begin, a program that comes back for its own end, the end for one deadline;
# and a SIGHUP that can't be followed changes nothing.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"
export LONGWAVE_PRESETS=$top/presets tmp

# Our programs, of which the generator is slow to begin where $tmp/slow is.
mkdir "$tmp/bin"
cp "$BIN"/longwave "$BIN"/longwave-{gen,master,sink} "$tmp/bin/"
mv "$tmp/bin/longwave-gen" "$tmp/bin/real-gen"
cat >"$tmp/bin/longwave-gen" <<'L'
#!/bin/sh
[ ! -e "$tmp/slow" ] || sleep 20
exec "$(dirname "$0")/real-gen" "$@"
L
chmod +x "$tmp/bin/longwave-gen"
BIN=$tmp/bin

own_station() { # YAML...: a station of our own, with more lines
    {
        cat "$top/presets/stations/default.yaml"
        printf '%s\n' "$@"
    } | sed 's/^music:.*/music: phase1/' >"$tmp/own.yaml"
}
pid_of() { pgrep -o -x "$1"; }
is_new() { # NAME OLD-PID: it runs, as another process
    local now
    now=$(pid_of "$1") && [ "$now" != "$2" ]
}
now_ms() { date +%s%3N; }
state_of() { "$BIN/longwave" status | awk -v name="$1" '$1 == name { print $2 }'; }
is_state() { [ "$(state_of "$1")" = "$2" ]; }
all_patched() { [ "$(timeout 2 jack_lsp -c | grep -c '^   ')" = 8 ]; }

# ---- a slow one and a killed one ----------------------------------------------
own_station
start_station "$tmp/own.yaml" --seed 1 --renderer cpu
wait_for 5 all_patched || fail "not patched"
touch "$tmp/slow"
kill -KILL "$(pid_of real-gen)"
wait_for 10 is_state longwave-gen starting || fail "longwave-gen is $(state_of longwave-gen)"
sink=$(pid_of longwave-sink)
begun=$(now_ms)
kill -KILL "$sink"
wait_for 20 is_new longwave-sink "$sink" || fail "the sink was not started again"
wait_for 20 curl -sf http://127.0.0.1:8000/ || fail "the sink does not serve"
took=$(($(now_ms) - begun))
echo "sink: $took ms"
is_state longwave-gen starting || fail "the generator was not slow enough"
[ "$took" -lt 3000 ] || fail "the sink took $took ms: it waits for the generator"
rm "$tmp/slow"
pass "a slow client keeps nobody waiting"
stop_pid "$station" INT 12
[ "$code" = 0 ] || fail "exit code $code"

# ---- SIGHUP: comes back while it leaves ----------------------------------------
# deaf for 2 s; a second one at the same time leaves a trace
# shellcheck disable=SC2016
deaf='clients: [{name: deaf, run: [sh, -c, "mkdir $tmp/here || touch $tmp/two; trap : TERM; while sleep 0.2; do [ ! -e $tmp/end ] || break; done; rmdir $tmp/here"]}]'
own_station "$deaf"
start_station "$tmp/own.yaml" --seed 1 --renderer cpu --log-level info
wait_for 5 test -d "$tmp/here" || fail "it was not started"
sink=$(pid_of longwave-sink)
kill -STOP "$sink"
own_station 'sink: none'
sed -i '/^sink: *$/,/^[a-z]/{/^sink: *$/d;/^ /d}' "$tmp/own.yaml"
kill -HUP "$station"
wait_for 5 grep -q 'longwave-sink is no part of the station' "$tmp/station-err.log" ||
    fail "the sink is not told to leave: $(cat "$tmp/station-err.log")"
wait_for 5 grep -q 'deaf is no part of the station' "$tmp/station-err.log" ||
    fail "the other one is not told to leave"
own_station "$deaf"
kill -HUP "$station"
wait_for 5 grep -q 'longwave-sink is to come back' "$tmp/station-err.log" ||
    fail "the sink does not come back"
sleep 0.5
[ ! -e "$tmp/two" ] || fail "a second one runs beside the one that leaves"
touch "$tmp/end"
kill -CONT "$sink"
wait_for 10 is_new longwave-sink "$sink" || fail "the sink did not come back"
rm "$tmp/end"
wait_for 10 all_patched || fail "not patched: $(timeout 2 jack_lsp -c)"
wait_for 10 is_state longwave-sink running || fail "the sink is $(state_of longwave-sink)"
wait_for 10 test -d "$tmp/here" || fail "the other one did not come back"
[ "$(pgrep -c -x longwave-sink)" = 1 ] || fail "more than one sink"
[ ! -e "$tmp/two" ] || fail "a second one was started beside the first"
touch "$tmp/end"
stop_pid "$station" INT 12
[ "$code" = 0 ] || fail "exit code $code"
pass "leaves and comes back"

# ---- SIGHUP that can't be followed, and a deaf end ----------------------------------
# sixteen that are deaf for ever, and sixteen others, and others again
sixteen() { # LETTER
    local i list=
    for i in $(seq 16); do
        list="$list{name: $1$i, run: [sh, -c, \"trap : TERM; while :; do sleep 60; done\"]}, "
    done
    printf 'clients: [%s]\n' "${list%, }"
}
own_station "$(sixteen a)"
start_station "$tmp/own.yaml" --seed 1 --renderer cpu --log-level info
master=$(pid_of longwave-master)
own_station "$(sixteen b)"
kill -HUP "$station"
wait_for 5 grep -q 'b16 started' "$tmp/station-err.log" || fail "b16 was not started"
own_station "$(sixteen c)" 'master: {target: -20}'
sed -i 's/^music:.*/music: nave/; s/^title:.*/title: Other/' "$tmp/own.yaml"
kill -HUP "$station"
wait_for 5 grep -q "can't take the station's programs: too many others are still ending" \
    "$tmp/station-err.log" || fail "there was room: $(tail -n 3 "$tmp/station-err.log")"
grep -q 'the station goes on as it was' "$tmp/station-err.log" || fail "it did not say what now"
sleep 1
"$BIN/longwave" status >"$tmp/status.log"
grep -q '^music      phase1' "$tmp/status.log" || fail "the music was changed all the same"
! grep -q 'Other' "$tmp/status.log" || fail "the title was changed all the same"
[ "$(pid_of longwave-master)" = "$master" ] || fail "the master was changed all the same"
pass "all or nothing"

# They are sixteen, and take no longer than one: five seconds, and what jackd takes.
wait_for 10 grep -q 'a1 did not stop by itself: killed' "$tmp/station-err.log" || fail "a1 stays"
begun=$(now_ms)
stop_pid "$station" TERM 30
took=$(($(now_ms) - begun))
echo "end: $took ms"
[ "$code" = 0 ] || fail "exit code $code"
[ "$(grep -c 'b[0-9]* did not stop by itself: killed' "$tmp/station-err.log")" = 16 ] ||
    fail "not all of them were killed"
[ "$took" -gt 4500 ] || fail "they were given no time"
[ "$took" -lt 9500 ] || fail "they were waited for one after the other"
left=$(pgrep -l 'longwave|jackd' || true)$(pgrep -x sleep || true)
[ -z "$left" ] || fail "left running: $left"
[ -z "$(shm_left)" ] || fail "left in shared memory: $(shm_left)"
pass "one deadline"
