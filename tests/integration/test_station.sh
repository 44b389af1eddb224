#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `longwave run` where no JACK server runs: from nothing to music, and back to
# nothing.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

start_station --preset phase1 --seed 1f3a9c

# What it says is true and tells a newcomer everything.
cat "$tmp/station.log"
check_line() { grep -Eqx -- "$1" "$tmp/station.log" || fail "no line /$1/"; }
check_line 'Longwave [0-9.]+   phase1, seed 1f3a9c'
check_line 'sound    (Vulkan|CPU) \([^)]+\), up to [0-9,]+ partials, 250 ms ahead'
check_line 'graph    longwave-gen -> longwave-master -> longwave-sink   jackd dummy, 48000 Hz, 256 frames'
check_line 'listen   http://127.0.0.1:8000/   mpv http://127.0.0.1:8000/live.opus'
check_line 'operate  http://127.0.0.1:8001/#token=[0-9a-f]{32}'
check_line 'control  (/[^ ]*/)?longwave set brightness 1   OSC 127.0.0.1:7770'
[ ! -s "$tmp/station-err.log" ] || fail "it complained"
pass "announced"

# The graph is as it says.
jack_lsp -c >"$tmp/graph"
for side in L R; do
    grep -A1 "^longwave-gen:mix_$side" "$tmp/graph" |
        grep -q "   longwave-master:in_$side" || fail "mix_$side is not connected"
    grep -A1 "^longwave-master:out_$side" "$tmp/graph" |
        grep -q "   longwave-sink:in_$side" || fail "out_$side is not connected"
done
pass "connected"

# The page, and the operator's addresses.
curl -sf http://127.0.0.1:8000/ | grep '<audio[^>]*src="/live.opus"' >/dev/null ||
    fail "no audio element on the page"
curl -sf http://127.0.0.1:8000/style.css >/dev/null || fail "no style.css"
[ "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8000/nothing)" = 404 ] ||
    fail "an unknown path is not 404"
wait_for 5 curl -sf http://127.0.0.1:8001/health || fail "not healthy"
curl -sf http://127.0.0.1:8001/status.json >"$tmp/status.json"
jq_like() { grep -q "$1" "$tmp/status.json" || fail "status.json lacks $1"; }
jq_like '"rate_hz": *48000'
jq_like '"name": *"live"'
curl -sfI http://127.0.0.1:8000/live.opus | grep -i '^content-type: audio/ogg' >/dev/null ||
    fail "HEAD on the stream"
pass "pages"

# Twenty seconds by FFmpeg, as in the README.
timeout 60 ffmpeg -v error -y -i http://127.0.0.1:8000/live.opus -t 20 \
    "$tmp/out.wav" || fail "ffmpeg could not listen"
"$BIN/longwave-gen" --render "$tmp/render.wav" --preset phase1 --seed 1f3a9c \
    --seconds 60 --renderer cpu --log-level error
said=$("$TOOLS/compare" "$tmp/out.wav" "$tmp/render.wav" 8 11) || fail "compare"
echo "$said"
awk -v s="$said" 'BEGIN { split(s, w, " "); exit !(w[2] > 0.9) }' ||
    fail "what FFmpeg heard is not what the generator renders"
pass "20 s heard"

# Ctrl-C: all of it stops, nothing is left behind.
stop_pid "$station" INT 12
[ "$code" = 0 ] || fail "exit code $code after Ctrl-C"
left=$(pgrep -l 'longwave|jackd' || true)
[ -z "$left" ] || fail "left running: $left"
left=$(shm_left)
[ -z "$left" ] || fail "left in shared memory: $left"
left=$(ss -lntuH)
[ -z "$left" ] || fail "left listening: $left"
[ ! -s "$tmp/station-err.log" ] || fail "it complained while stopping"
pass "gone"
