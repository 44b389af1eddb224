#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A JACK server that runs already, at the rate given as the argument: the station
# uses it, the stream is 48 kHz and sounds as rendered, the server is left alone.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"
rate=$1

start_jackd "$rate" 512
start_station --preset phase1 --seed 5eed
grep -Eqx "graph    longwave-gen -> longwave-master -> longwave-sink   JACK server 'default', $rate Hz, 512 frames" \
    "$tmp/station.log" || fail "the server in use is not named"
curl -sS --max-time 15 -o "$tmp/heard.opus" http://127.0.0.1:8000/live.opus \
    2>/dev/null || true
stop_pid "$station" INT 12
[ "$code" = 0 ] || fail "exit code $code"
kill -0 "$jackd" || fail "the user's JACK server was stopped"
jack_lsp >"$tmp/graph"
! grep longwave "$tmp/graph" || fail "ports were left in the graph"
[ ! -s "$tmp/station-err.log" ] || fail "it complained"

"$BIN/longwave-gen" --render "$tmp/render.wav" --preset phase1 --seed 5eed \
    --seconds 60 --renderer cpu --log-level error
valid_opus "$tmp/heard.opus"
heard_as_rendered "$tmp/heard.opus" "$tmp/render.wav" 7 7.9
pass "JACK at $rate Hz"
