#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What in libjack hangs, hangs nobody: a jackd that is stopped (SIGSTOP), and
# metadata that a program which was killed has locked for good. The station goes
# on being asked, restarting and stopping, and its patch is complete afterwards.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

STOP_S=30 # as long as systemd gives it (presets/deploy)

pid_of() { pgrep -o -x "$1"; }
is_new() { # NAME OLD-PID: it runs, as another process
    local now
    now=$(pid_of "$1") && [ "$now" != "$2" ]
}
# cables N: so many, as JACK's own tool sees them from both ends
cables() { [ "$(timeout 2 jack_lsp -c 2>/dev/null | grep -c '^   ')" = $((2 * $1)) ]; }
nobody() { ! pgrep 'longwave|jackd'; }
# answers REGEX: 'longwave status' says that, at once
answers() {
    timeout 2 "$BIN/longwave" status >"$tmp/status.log" || fail "status: $?"
    grep -Eq -- "$1" "$tmp/status.log"
}
said() { grep -q -- "$1" "$tmp/station-err.log"; }
# rules LINE...: the station's file, with more of them
rules() {
    {
        sed 's/^music:.*/music: phase1/' "$top/presets/stations/default.yaml"
        [ $# = 0 ] || printf '  - %s\n' "$@"
    } >"$tmp/own.yaml"
}

# ---- a server that stands still ----------------------------------------------

rules
start_jackd 48000 256
start_station "$tmp/own.yaml" --seed 1 --renderer cpu --log-level info
wait_for 5 cables 4 || fail "not patched"
kill -STOP "$jackd"
wait_for 10 said 'does not answer: it stands still' || fail "it did not notice"
answers "^server +JACK 'default', .*does not answer" ||
    fail "status does not tell: $(cat "$tmp/status.log")"

# A client that is killed comes back, and waits; so does a rule that is new.
old=$(pid_of longwave-master)
kill -KILL "$old"
wait_for 10 is_new longwave-master "$old" || fail "the master was not started again"
rules '[longwave-gen:pad_L, system:playback_1]'
kill -HUP "$station"
wait_for 5 said "the station's file was read again" || fail "SIGHUP was not heard"
sleep 1
answers 'longwave-master +starting' || fail "status: $(cat "$tmp/status.log")"

# So long that it is left behind and joined anew.
wait_for 20 said 'still does not answer' || fail "it waits in the old stay for good"
answers 'longwave-gen +running' || fail "status: $(cat "$tmp/status.log")"
exits 69 "runs but does not answer" "$BIN/longwave" patch show
[ "$(grep -c 'it stands still' "$tmp/station-err.log")" = 1 ] ||
    fail "it said so more than once"
kill -CONT "$jackd"
wait_for 10 cables 5 || fail "not patched: $(timeout 2 jack_lsp -c)"
wait_for 10 answers '^station.*, playing,' || fail "status: $(cat "$tmp/status.log")"
said 'answers again' || fail "it did not say that the server moves"
# what was left behind ends by itself: [main], libjack's and no others
left() { [ "$(find "/proc/$station/task" -mindepth 1 -maxdepth 1 | wc -l)" -le 4 ]; }
wait_for 10 left || fail "threads: $(cat "/proc/$station"/task/*/comm)"
pass "a server that stands still for a while"

kill -STOP "$jackd"
began=$(date +%s%3N)
stop_pid "$station" TERM $STOP_S
[ "$code" = 0 ] || fail "exit code $code"
printf 'stopped within %d ms\n' $(($(date +%s%3N) - began))
! pgrep longwave || fail "left running: $(pgrep -l longwave)"
kill -KILL "$jackd"
wait "$jackd" 2>/dev/null || true
pass "stopped while the server stands still"

rules
start_station "$tmp/own.yaml" --seed 1 --renderer cpu --log-level info
kill -STOP "$(pid_of jackd)"
stop_pid "$station" TERM $STOP_S
[ "$code" = 0 ] || fail "exit code $code"
wait_for 5 nobody || fail "left running: $(pgrep -l 'longwave|jackd')"
pass "stopped while its own server stands still"

# ---- metadata that are locked ------------------------------------------------

start_jackd 48000 256
# As another server of the user does when it stops; this one then has its own,
# which is not the clients', and goes on.
rm -rf /dev/shm/jack_db-*
start_station "$tmp/own.yaml" --seed 1 --renderer cpu --log-level info
wait_for 5 cables 4 || fail "not patched"
has_pretty() { # WORDS
    timeout 20 "$BIN/longwave" patch show --json >"$tmp/show.json" || fail "show: $?"
    jq -e --arg p "$1" '.ports | any(.pretty_name == $p)' \
        "$tmp/show.json" >/dev/null
}
wait_for 5 has_pretty "Live left" || fail "no names for people"
code=0
"$TOOLS/lock_props" 2>"$tmp/lock.log" || code=$?
[ "$code" = 137 ] || fail "the metadata were not locked"
timeout 2 jack_property -l >"$tmp/props" && fail "they are not locked for JACK's own tool"

! has_pretty "Live left" || fail "they are not locked for us"
jq -e '(.ports | length > 10) and (.cables | length == 4)' "$tmp/show.json" >/dev/null ||
    fail "show: $(cat "$tmp/show.json")"
timeout 20 "$BIN/longwave" patch apply "$tmp/own.yaml" >"$tmp/apply" || fail "apply"
grep -qx '0 joined, 0 parted, 4 were there, 0 waiting' "$tmp/apply" ||
    fail "apply: $(cat "$tmp/apply")"
pass "patch show and apply, metadata locked"

wait_for 10 said "JACK's metadata hang" || fail "it did not say so"
answers '^station.*, playing,' || fail "status: $(cat "$tmp/status.log")"
old=$(pid_of longwave-master)
kill -KILL "$old"
wait_for 10 is_new longwave-master "$old" || fail "the master was not started again"
wait_for 10 cables 4 || fail "not patched: $(timeout 2 jack_lsp -c)"
stop_pid "$station" TERM $STOP_S
[ "$code" = 0 ] || fail "exit code $code"
start_station "$tmp/own.yaml" --seed 1 --renderer cpu --log-level info
wait_for 5 cables 4 || fail "a station that starts with it is not patched"
stop_pid "$station" TERM $STOP_S
[ "$code" = 0 ] || fail "exit code $code"
pass "a station, metadata locked"
