#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The user's unit under a real user manager of systemd: it is told when the station
# plays, hears that it lives, starts it again when it is killed or hangs, and stops
# it; nothing is left behind.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"
manager=/lib/systemd/systemd
[ -x $manager ] || skip "systemd is not here"
build=$(cd "$BIN/.." && pwd)

mkdir -m 700 "$tmp/run" "$tmp/home"
export XDG_RUNTIME_DIR=$tmp/run HOME=$tmp/home XDG_CONFIG_HOME=$tmp/home/.config
unset DBUS_SESSION_BUS_ADDRESS
cmake --install "$build" --prefix "$tmp/own" >"$tmp/install.log" 2>&1 || fail "cmake --install"
units=$XDG_CONFIG_HOME/systemd/user
mkdir -p "$units/longwave.service.d" "$XDG_CONFIG_HOME/longwave"
cp "$tmp/own/lib/systemd/user/longwave.service" "$units/"
printf '[Service]\nWatchdogSec=4\n' >"$units/longwave.service.d/soon.conf" # as we can't wait
echo 'LONGWAVE_OPTIONS=--preset phase1 --renderer cpu --seed 1f3a9c' >"$XDG_CONFIG_HOME/longwave/environment"

# It asks whether the machine is run by systemd.
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
$manager --user --log-target=console >"$tmp/systemd.log" 2>&1 &
wait_for 10 systemctl --user is-system-running || skip "no manager of a user can run here"

property() { systemctl --user show longwave -p "$1" --value; }
has() { [ "$(property "$1")" = "$2" ]; } # PROPERTY VALUE
plays() { has ActiveState active && has StatusText playing; }
hears() { # without an end, so that curl is never content
    curl -s -m 2 http://127.0.0.1:8000/live.opus >"$tmp/live.opus" || true
    [ "$(head -c 4 "$tmp/live.opus")" = OggS ]
}
nobody() { ! pgrep 'longwave|jackd'; }
restarted() { # OLD-PID
    plays && ! has MainPID "$1" && ! has MainPID 0
}

timeout 60 systemctl --user start longwave || fail "it was not started"
plays || fail "started, but it did not say that it plays: $(property StatusText)"
hears || fail "nothing is heard"
tr '\0' ' ' <"/proc/$(property MainPID)/cmdline" | grep -q -- '--seed 1f3a9c' ||
    fail "its options do not come from the environment file"
pass "starts, and is ready when it plays"

pid=$(property MainPID)
sleep 6
has NRestarts 0 || fail "it did not say that it lives"
timeout 10 systemctl --user reload longwave || fail "reload"
has MainPID "$pid" || fail "reload started it again"
pass "lives, and is reloaded"

kill -KILL "$pid"
wait_for 20 restarted "$pid" || fail "killed, and not started again: $(property ActiveState)"
[ "$(pgrep -c -x jackd)$(pgrep -c -x longwave-sink)" = 11 ] ||
    fail "somebody of the station before it is still there: $(pgrep -l 'longwave|jackd')"
hears || fail "nothing is heard after it was killed"
pass "killed, and started again"

pid=$(property MainPID)
kill -STOP "$pid"
wait_for 30 restarted "$pid" || fail "it hung, and was not started again: $(property ActiveState)"
has NRestarts 2 || fail "started again $(property NRestarts) times"
hears || fail "nothing is heard after it hung"
pass "hung, and started again"

timeout 60 systemctl --user stop longwave || fail "it was not stopped"
has ActiveState inactive || fail "it is $(property ActiveState)"
has Result success || fail "it ended by $(property Result)"
nobody || fail "left running: $(pgrep -l 'longwave|jackd')"
left=$(shm_left)
left=$(printf '%s' "$left" | grep -v '/jack_db-' || true) # libjack's, of the killed ones
[ -z "$left" ] || fail "left in shared memory: $left"
pass "stopped, and nothing is left"

# Wrong options don't get better by themselves.
echo 'LONGWAVE_OPTIONS=--seed melody' >"$XDG_CONFIG_HOME/longwave/environment"
! timeout 60 systemctl --user start longwave 2>"$tmp/start.log" || fail "it starts with a wrong option"
sleep 3
has ActiveState failed || fail "a wrong option: it is $(property ActiveState)"
has ExecMainStatus 2 || fail "a wrong option: exit code $(property ExecMainStatus)"
pass "wrong options are not tried again"
