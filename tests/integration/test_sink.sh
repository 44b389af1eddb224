#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The sink alone, with two mounts: every container holds what was patched in;
# nothing is encoded that nobody listens to; and a listener stays while the JACK
# server is killed, comes back at another rate, and runs freely for a while.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"
url=http://127.0.0.1:8000

# patch FROM TO: cables, once both ends are there; the sink may have made it again
# by itself, which jack_connect calls a failure.
joined() {
    jack_connect "$1" "$2" ||
        jack_lsp -c | awk -v from="$1" -v to="   $2" '!/^ / { on = $0 == from }
            on && $0 == to { found = 1 } END { exit !found }'
}
patch() { wait_for 20 joined "$1" "$2" || fail "no cable from $1 to $2"; }

start_generator() {
    "$BIN/longwave-gen" --preset phase1 --seed 77 --thin --renderer cpu \
        --osc none >"$tmp/gen.log" 2>&1 &
    gen=$!
    patch longwave-gen:mix_L longwave-sink:in_L
    patch longwave-gen:mix_R longwave-sink:in_R
}

status() { curl -sf http://127.0.0.1:8001/status.json >"$tmp/status.json"; }

# listen SECONDS FILE URL
listen() { curl -s --max-time "$1" -o "$2" "$3" || [ $? = 28 ]; }

start_jackd 48000 256
exits 2 "longwave-sink: --mount: found 'Live'; allowed: NAME or NAME:1" \
    "$BIN/longwave-sink" --mount Live
exits 2 "longwave-sink: --mount: found 'in:1'; allowed: .* not 'in' beside" \
    "$BIN/longwave-sink" --mount live --mount in:1
exits 2 "longwave-sink: --ladder: found '64,32'; allowed: up to 8 ascending" \
    "$BIN/longwave-sink" --ladder 64,32
exits 2 "longwave-sink: --bitrate: found '96'; allowed: 48, 72 \(the ladder\)" \
    "$BIN/longwave-sink" --ladder 48,72
exits 2 "longwave-sink: --memory: found '3'; allowed: at least 7 \(a minute" \
    "$BIN/longwave-sink" --memory 3 --mount live --mount quiet
# shellcheck disable=SC2016
few_files='ulimit -n "$1"; exec "$2"' # N PROGRAM
exits 1 "only 40 open files are allowed .* that leaves none for a listener" \
    bash -c "$few_files" - 40 "$BIN/longwave-sink"
bash -c "$few_files" - 100 "$BIN/longwave-sink" 2>"$tmp/few.log" &
sink=$!
wait_for 10 curl -sf http://127.0.0.1:8001/health || fail "the sink did not start"
grep -q 'only 100 open files are allowed .* that is enough for' "$tmp/few.log" ||
    fail "it did not say how many it can serve"
code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 1 $url/live.opus) || true
[ "$code" = 200 ] ||
    fail "where few files are allowed nobody is served"
stop_pid "$sink" TERM 5
pass "wrong wishes, few files"

# The page without scripts names a mount that there is.
"$BIN/longwave-sink" --mount night --mount day:1 2>"$tmp/sink.log" &
sink=$!
wait_for 10 curl -sf http://127.0.0.1:8001/health || fail "the sink did not start"
curl -sS --compressed -D "$tmp/head" -o "$tmp/page" "$url/" || fail "no page"
! grep -q '/live\.' "$tmp/page" || fail "the page names a mount that isn't"
mapfile -t links < <(grep -o '\(href\|src\)="/night[^"]*' "$tmp/page" |
    cut -d'"' -f2 | sort -u)
[ "${links[*]}" = "/night.m3u /night.opus /night.pls /night.xspf" ] ||
    fail "the page's links are ${links[*]}"
for link in "${links[@]}"; do
    curl -sSfI "$url$link" >"$tmp/link" || fail "$link: $(cat "$tmp/link")"
done
etag=$(tr -d '\r' <"$tmp/head" | awk 'tolower($1) == "etag:" { print $2 }')
said=$(curl -sS -o "$tmp/page" -w '%{http_code}' -H "If-None-Match: $etag" "$url/")
[ "$said" = 304 ] || fail "the page with $etag is $said"
stop_pid "$sink" TERM 5
pass "a page for other mounts"

exits 2 "longwave-sink: --resample: found 'good'; allowed: one of fastest" \
    "$BIN/longwave-sink" --resample good
"$BIN/longwave-sink" --mount live --mount quiet:1 --resample best 2>"$tmp/sink.log" &
sink=$!
wait_for 10 curl -sf http://127.0.0.1:8001/health || fail "the sink did not start"
[ "$(jack_lsp longwave-sink | sort | tr '\n' ' ')" = \
    "longwave-sink:in_L longwave-sink:in_R longwave-sink:quiet_mono " ] ||
    fail "ports: $(jack_lsp longwave-sink)"
start_generator
patch longwave-gen:mix_L longwave-sink:quiet_mono
sleep 2

status
! grep -q '"warm": true' "$tmp/status.json" || fail "something is encoded for nobody"
pass "nobody listens, nothing is encoded"

"$BIN/longwave-gen" --render "$tmp/render.wav" --preset phase1 --seed 77 --thin \
    --seconds 40 --renderer cpu --log-level error
pids=()
# take FILE URL: in the background
take() {
    listen 12 "$tmp/$1" "$url/$2" &
    pids+=($!)
}
take live.mp4 live.mp4
take low.opus 'live.opus?latency=live&bitrate=160'
take s16.wav 'live.wav?latency=low'
take f32.wav 'live.wav?rate=44100&format=f32'
take s24.wav 'live.wav?rate=96000&format=s24'
take quiet.opus quiet.opus
for pid in "${pids[@]}"; do
    wait "$pid" || fail "a listener was cut off"
done
for f in live.mp4 low.opus s16.wav f32.wav s24.wav; do
    heard_as_rendered "$tmp/$f" "$tmp/render.wav" 3 6
done
valid_opus "$tmp/low.opus"
valid_opus "$tmp/quiet.opus"
grep -q 'Channels: 1' "$tmp/opusinfo" || fail "quiet is not mono"
for f in f32.wav:pcm_f32le,44100,2 s24.wav:pcm_s24le,96000,2 s16.wav:pcm_s16le,48000,2; do
    is=$(ffprobe -v error -show_entries stream=codec_name,sample_rate,channels \
        -of csv=p=0 "$tmp/${f%:*}")
    [ "$is" = "${f#*:}" ] || fail "${f%:*} is $is"
done
pass "two mounts, three containers"

# The server goes, and comes back at another rate and period.
begun=$(date +%s%N)
listen 22 "$tmp/through.opus" "$url/live.opus?latency=low" &
listener=$!
sleep 3
kill -KILL "$gen" # it would linger on a dead server
stop_pid "$jackd" KILL 5
wait_for 10 grep -q 'the JACK server has gone' "$tmp/sink.log" ||
    fail "the sink did not say that the server has gone"
sleep 2
rm -rf /dev/shm/jack* /dev/shm/*jack* # as a new server's start would
start_jackd 44100 512
wait_for 10 grep -q 'the JACK server is back: client longwave-sink, 44100 Hz' \
    "$tmp/sink.log" || fail "the sink did not come back"
start_generator
sleep 2
jack_freewheel y >/dev/null
sleep 2
jack_freewheel n >/dev/null
wait "$listener" || fail "the listener was cut off"
took=$((($(date +%s%N) - begun) / 1000000))
valid_opus "$tmp/through.opus"
# As long as it listened, and a second ahead, whatever the graph did.
ffmpeg -v error -y -i "$tmp/through.opus" -f f32le -ac 1 -ar 48000 "$tmp/through.raw"
heard=$(($(stat -c %s "$tmp/through.raw") / 192))
if [ "$heard" -lt $((took - 1500)) ] || [ "$heard" -gt $((took + 2500)) ]; then
    fail "$heard ms were heard in $took ms"
fi
status
[ "$(json_figure "$tmp/status.json" jack.rate_hz)" = 44100 ] || fail "not at 44100 Hz"
kill -0 "$sink" || fail "the sink ended"
pass "a listener through the server's death, another rate, and freewheel"

stop_pid "$sink" TERM 5
[ "$code" = 0 ] || fail "exit code $code"
[ -z "$(grep -i -e error -e warning "$tmp/sink.log" | grep -v 'has gone' || true)" ] ||
    fail "it complained"
