#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A station whose parts die, hang, or get other orders: it mends itself, and a
# listener stays.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

own_station() { # YAML...: a station of our own, with more lines
    {
        cat "$top/presets/stations/default.yaml"
        printf '%s\n' "$@"
    } | sed 's/^music:.*/music: phase1/' >"$tmp/own.yaml"
}
# a server that is killed can leave jack_lsp hanging
cables() { timeout 2 jack_lsp -c 2>/dev/null | grep -c '^   ' || true; }
all_patched() { [ "$(cables)" = 8 ]; } # four, seen from both ends
pid_of() { pgrep -o -x "$1"; }
# "longwave-gen running": a client's state, by `longwave status`.
state_of() {
    "$BIN/longwave" status | awk -v name="$1" '$1 == name { print $2 }'
}
is_new() { # NAME OLD-PID: it runs, as another process
    local now
    now=$(pid_of "$1") && [ "$now" != "$2" ]
}
now_ms() { date +%s%3N; }

# mends NAME SIGNAL MS: killed, it is there again and patched within that.
mends() {
    local old begun took
    old=$(pid_of "$1")
    begun=$(now_ms)
    kill "-$2" "$old"
    wait_for 20 is_new "$1" "$old" || fail "$1 was not started again"
    wait_for 20 all_patched || fail "$1 was not patched again: $(timeout 2 jack_lsp -c)"
    took=$(($(now_ms) - begun))
    printf '%s: %d ms\n' "$1" "$took"
    # A machine that does something else as well gets three times as long.
    [ "$took" -lt $((3 * $3)) ] || fail "$1 took $took ms, not $3"
}

own_station "watchdog: 3"
start_station "$tmp/own.yaml" --seed 1f3a9c --renderer cpu --log-level info
wait_for 5 all_patched || fail "not patched"

# ---- one listener through it all ---------------------------------------------
curl -sN http://127.0.0.1:8000/live.opus >"$tmp/heard.opus" &
listener=$!
sleep 12 # what is heard before, to be compared
mends longwave-gen KILL 2000
sleep 12 # and after
mends longwave-master KILL 2000
for _ in 1 2 3; do
    server=$(pid_of jackd)
    begun=$(now_ms)
    kill -KILL "$server"
    wait_for 20 is_new jackd "$server" || fail "jackd was not started again"
    wait_for 20 all_patched || fail "the graph was not restored"
    printf 'jackd: %d ms\n' $(($(now_ms) - begun))
done
kill -0 "$listener" 2>/dev/null || fail "the listener was lost"
kill "$listener"
wait "$listener" || true
valid_opus "$tmp/heard.opus"
pass "gen, master and jackd killed; the listener stayed"

# The music went on at the sample it would have reached.
"$BIN/longwave-gen" --render "$tmp/render.wav" --preset phase1 --seed 1f3a9c \
    --seconds 60 --renderer cpu --log-level error
ffmpeg -v error -y -i "$tmp/heard.opus" -f wav -c:a pcm_f32le -ar 48000 \
    "$tmp/heard.wav" || fail "FFmpeg can't decode it"
frame_at() { # SKIP: where in the music the 4 s are that were heard after that
    "$TOOLS/compare" "$tmp/heard.wav" "$tmp/render.wav" "$1" 4 |
        tee "$tmp/said" | awk '$2 > 0.9 { print $7 }'
}
before=$(frame_at 4)
[ -n "$before" ] || fail "before: $(cat "$tmp/said")"
after=$(frame_at 18)
[ -n "$after" ] || fail "after: $(cat "$tmp/said")"
off=$((after - before - 14 * 48000))
printf 'off by %d frames\n' "$off"
[ "${off#-}" -lt 480 ] || fail "the music goes on $off frames elsewhere"
pass "resumed in time"

# What was set is set again.
"$BIN/longwave" set brightness 1.5 >"$tmp/set.log"
"$BIN/longwave" set level -3 >"$tmp/set.log"
sleep 1
mends longwave-gen KILL 2000
wait_for 10 sh -c "$BIN/longwave set brightness | grep -q '^brightness 1.5'" ||
    fail "brightness is $("$BIN/longwave" set brightness)"
"$BIN/longwave" set level | grep -q '^level -3' || fail "level was lost"
pass "what was set is set"

mends longwave-sink KILL 1000
wait_for 5 curl -sf http://127.0.0.1:8000/ || fail "the sink does not serve"
pass "sink killed"

# ---- hung --------------------------------------------------------------------
# Three seconds until it is found; a jackd that was at that moment waiting for it
# can take some more to come to itself.
for client in longwave-gen longwave-sink; do
    mends "$client" STOP 7000
    grep -q "$client has not been heard of for 3 s: killed" \
        "$tmp/station-err.log" || fail "it did not say that $client hung"
    [ "$(grep -c "$client has not been heard" "$tmp/station-err.log")" = 1 ] ||
        fail "it said so too often"
done
pass "hung clients"

# ---- status ------------------------------------------------------------------
plays() { "$BIN/longwave" status | grep -q '^station.*, playing,'; }
wait_for 10 plays || fail "not playing: $("$BIN/longwave" status)"
"$BIN/longwave" status >"$tmp/status.log"
cat "$tmp/status.log"
grep -Eq '^station +Longwave \(.*own.yaml\), playing, pid [0-9]+' "$tmp/status.log" ||
    fail "no station"
grep -Eq "^server +JACK 'default', our own, 48000 Hz, 256 frames, .*, 3 restarts" \
    "$tmp/status.log" || fail "no server"
grep -Eq "^ +longwave-gen +running +$(pid_of longwave-gen) +3 " "$tmp/status.log" ||
    fail "the generator's restarts"
grep -q '^patch      4 cables made, 0 to make, 0 waiting' "$tmp/status.log" ||
    fail "no patch"
grep -q '^listeners  0' "$tmp/status.log" || fail "no listeners"
grep -q '^music      phase1' "$tmp/status.log" || fail "no music"
"$BIN/longwave" status --json >"$tmp/status.json"
[ "$(json_figure "$tmp/status.json" station.server.restarts)" = 3 ] ||
    fail "status --json: $(cat "$tmp/status.json")"
timeout 3 "$BIN/longwave" status --watch >"$tmp/watch.log" || true
[ "$(grep -c '^station' "$tmp/watch.log")" -ge 2 ] || fail "it does not watch"
pass "status"

# ---- SIGHUP ------------------------------------------------------------------
gen=$(pid_of longwave-gen) sink=$(pid_of longwave-sink)
own_station "watchdog: 3" "musik: nave"
kill -HUP "$station"
wait_for 5 grep -q "own.yaml:[0-9]*: unknown key 'musik'; did you mean 'music'" \
    "$tmp/station-err.log" || fail "the wrong file was not told"
grep -q 'the station goes on as it was' "$tmp/station-err.log" || fail "nor that it goes on"
[ "$(pid_of longwave-gen)" = "$gen" ] || fail "the generator was started again"

# other music by crossfade, other options of the master, another program, a rule
own_station "watchdog: 3" 'master: {target: -20}' \
    'clients: [{name: sleeper, run: [sleep, "1000"]}]' \
    'exclusive: [longwave-sink]'
sed -i 's/^music:.*/music: nave/' "$tmp/own.yaml"
master=$(pid_of longwave-master)
kill -HUP "$station"
wait_for 10 is_new longwave-master "$master" || fail "the master has the old options"
tr '\0' ' ' <"/proc/$(pid_of longwave-master)/cmdline" | grep -q -- '--target -20' ||
    fail "the master's options"
wait_for 10 sh -c "$BIN/longwave status | grep -q '^music      nave'" ||
    fail "the music is the old one"
wait_for 5 pgrep -x sleep || fail "the other program was not started"
wait_for 10 all_patched || fail "not patched"
[ "$(pid_of longwave-gen)" = "$gen" ] || fail "the generator was started again"
[ "$(pid_of longwave-sink)" = "$sink" ] || fail "the sink was started again"
kill -KILL "$(pid_of sleep)"
wait_for 5 pgrep -x sleep || fail "the other program was not started again"
pass "SIGHUP"

# ---- SIGKILL of longwave itself ------------------------------------------------
nobody() { ! pgrep 'longwave|jackd' && ! pgrep -x sleep; }
kill -KILL "$station"
wait "$station" 2>/dev/null || true
wait_for 20 nobody || fail "left running: $(pgrep -l .; true)"
left=$(shm_left)
[ -z "$left" ] || fail "left in shared memory: $left"
pass "killed, and nothing is left"

# ---- giving up -----------------------------------------------------------------
sed 's/^music:.*/music: phase1/' "$top/presets/stations/default.yaml" >"$tmp/own.yaml"
printf 'clients:\n  - {name: broken, run: [sh, -c, "echo no luck >&2; exit 7"], required: true}\n' \
    >>"$tmp/own.yaml"
code=0
timeout 60 "$BIN/longwave" run "$tmp/own.yaml" >"$tmp/out" 2>"$tmp/err" || code=$?
[ "$code" = 7 ] || { cat "$tmp/err"; fail "exit code $code, not the client's"; }
grep -q "broken can't be started: it ended with code 7; its last words: no luck" \
    "$tmp/err" || { cat "$tmp/err"; fail "it did not say who"; }
nobody || fail "left running: $(pgrep -l 'longwave|jackd')"
pass "gave up"

# Without it the station goes on where it isn't required.
sed -i 's/, required: true//' "$tmp/own.yaml"
start_station "$tmp/own.yaml" --seed 1
wait_for 20 sh -c "$BIN/longwave status | grep -q 'broken  *given up'" ||
    fail "broken is $(state_of broken)"
stop_pid "$station" INT 12
[ "$code" = 0 ] || fail "exit code $code"
pass "went on"

# ---- no clients of ours, somebody else's server ----------------------------------
start_jackd 48000 512
printf '%s\n' 'title: Studio' 'generator: none' 'master: none' 'sink: none' \
    'connect: [[system:capture_1, system:playback_2]]' >"$tmp/studio.yaml"
start_station "$tmp/studio.yaml"
wait_for 5 sh -c "timeout 2 jack_lsp -c system:capture_1 | grep -q system:playback_2" ||
    fail "the studio is not patched"
kill -KILL "$jackd"
wait "$jackd" 2>/dev/null || true
wait_for 10 grep -q "JACK server 'default' has gone: waiting for its return" \
    "$tmp/station-err.log" || fail "it did not say that the server has gone"
start_jackd 48000 512
wait_for 5 sh -c "timeout 2 jack_lsp -c system:capture_1 | grep -q system:playback_2" ||
    fail "the studio is not patched again"
stop_pid "$station" TERM 12
[ "$code" = 0 ] || fail "exit code $code"
kill -0 "$jackd" || fail "somebody else's server was stopped"
pass "a graph without clients of ours"
