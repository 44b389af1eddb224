#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Ten listeners at once for 15 s, and an eleventh that reads nothing: each of the
# ten has a valid stream of its own of what the generator renders.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

start_station --preset phase1 --seed 77
"$BIN/longwave-gen" --render "$tmp/render.wav" --preset phase1 --seed 77 \
    --seconds 60 --renderer cpu --log-level error

# A listener that connects and never reads.
exec 9<>/dev/tcp/127.0.0.1/8000
printf 'GET /live.opus HTTP/1.1\r\nHost: x\r\n\r\n' >&9

pids=()
for i in 1 2 3 4 5 6 7 8 9 10; do
    curl -sS --max-time 15 -o "$tmp/$i.opus" http://127.0.0.1:8000/live.opus \
        2>"$tmp/curl-$i.log" &
    pids+=($!)
done
sleep 8
curl -sf http://127.0.0.1:8001/status.json >"$tmp/status.json"
n=$(json_figure "$tmp/status.json" totals.listeners)
[ "$n" = 11 ] || fail "status.json shows $n listeners, not 11"
for pid in "${pids[@]}"; do
    code=0
    wait "$pid" || code=$?
    [ $code = 28 ] || fail "a listener was cut off: curl exited with $code"
done
exec 9>&-

for i in 1 2 3 4 5 6 7 8 9 10; do
    valid_opus "$tmp/$i.opus"
    # 15 s of listening bring 15 s and what was there before: at least 14.9 s.
    heard_as_rendered "$tmp/$i.opus" "$tmp/render.wav" 7 7.9
done
serials=$(for i in 1 2 3 4 5 6 7 8 9 10; do
    od -An -tx4 -j14 -N4 "$tmp/$i.opus"
done | sort -u | wc -l)
[ "$serials" = 10 ] || fail "streams share serial numbers"
pass "ten listeners"
stop_pid "$station" TERM 12
[ "$code" = 0 ] || fail "exit code $code after SIGTERM"
