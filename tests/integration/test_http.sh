#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The sink alone, as a studio uses it, and what it answers to the well-behaved,
# the odd and the hostile.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

start_jackd 48000 512
"$BIN/longwave-sink" --max-listeners 3 2>"$tmp/sink.log" &
sink=$!
wait_for 10 curl -sf http://127.0.0.1:8001/health || fail "the sink did not start"
url=http://127.0.0.1:8000

# head_of CURL-ARGS...: status line and headers, in lower case, without CRs.
head_of() { curl -s -o /dev/null -D - --max-time 2 "$@" | tr -d '\r' | tr '[:upper:]' '[:lower:]'; }
# answers REGEX CURL-ARGS...: one line of the head matches.
answers() {
    local regex=$1
    shift
    head_of "$@" >"$tmp/head" || true
    grep -Eqx -- "$regex" "$tmp/head" || {
        cat "$tmp/head"
        fail "no /$regex/ in the answer to $*"
    }
}

# The page: security headers, cache by ETag.
answers "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'.*" $url/
answers 'x-content-type-options: nosniff' $url/
etag=$(head_of $url/style.css | sed -n 's/^etag: //p')
answers 'http/1.1 304 .*' -H "If-None-Match: $etag" $url/style.css
answers 'http/1.1 200 .*' -H 'If-None-Match: "other"' $url/style.css
pass "page"

# The stream's head, by version and method; browsers ask for a range first.
answers 'http/1.1 200 .*' $url/live.opus
answers 'transfer-encoding: chunked' $url/live.opus
answers 'content-type: audio/ogg' $url/live.opus
answers 'access-control-allow-origin: \*' $url/live.opus
answers 'http/1.1 200 .*' -H 'Range: bytes=0-' $url/live.opus
answers 'content-type: audio/ogg' -I $url/live.opus
answers 'http/1.[01] 200 .*' -0 $url/live.opus
! grep -q chunked "$tmp/head" || fail "HTTP/1.0 got chunks"
! grep -q content-length "$tmp/head" || fail "HTTP/1.0 got a length"
answers 'http/1.1 200 .*' "$url/live.opus?whatever=1"
answers 'accept-ranges: bytes' $url/live.opus
answers 'set-cookie: lw_[0-9a-f]{16}=[0-9]+\.[0-9]+; path=/; .*' $url/live.opus
answers 'x-stream-seq: [0-9]+' "$url/live.opus?latency=low&bitrate=32"
answers 'content-type: audio/mp4; codecs="opus"' $url/live.mp4
answers 'content-type: audio/wav' "$url/live.wav?rate=96000&format=f32&channels=1"
answers 'http/1.1 204 .*' -X OPTIONS -H 'Origin: http://x' \
    -H 'Access-Control-Request-Method: GET' $url/live.mp4
# A session nobody knows goes on where the player says it is.
answers 'content-range: bytes 5000-999999999999/1000000000000' \
    -H 'Range: bytes=5000-' $url/live.opus
pass "stream"

# says REGEX URL: an answer of 400 that says what is wrong and what is allowed.
says() {
    [ "$(curl -s -o "$tmp/said" -w '%{http_code}' --max-time 2 "$2")" = 400 ] ||
        fail "$2 was not refused"
    grep -Eq -- "$1" "$tmp/said" || fail "$2: $(cat "$tmp/said")"
}
says 'latency: allowed are live, low, normal and safe' "$url/live.opus?latency=now"
says 'bitrate: .*32, 64, 96.* 160' "$url/live.opus?bitrate=95"
says 'rate: .*44100, 48000.* 96000' "$url/live.wav?rate=22050"
says 'format: .*s16, s24.* f32' "$url/live.wav?format=mp3"
says 'from: ' "$url/live.opus?from=yesterday"
says 'from: ' "$url/live.opus?from=99999999"
pass "queries"

# What is not there, and what is not allowed.
for path in /nothing /live.opus/ /live.opusx /live.opus%00 /..%2f /status.json; do
    answers 'http/1.1 (404|400) .*' --path-as-is "$url$path"
done
[ -z "$(curl -s "$url/%3Cscript%3E" | grep -i script || true)" ] ||
    fail "the error page reflects the path"
answers 'http/1.1 405 .*' -X POST -d x=1 $url/live.opus
answers 'allow: get, head, options' -X POST -d x=1 $url/live.opus
answers 'http/1.1 (400|405|501) .*' -X BREW $url/
answers 'http/1.1 400 .*' -H "X-Long: $(head -c 20000 /dev/zero | tr '\0' x)" $url/
answers 'http/1.1 413 .*' -X POST --data-binary "@$BIN/longwave-sink" -H 'Expect:' $url/
answers 'http/1.1 405 .*' -X DELETE http://127.0.0.1:8001/status.json
pass "refusals"

# A full house: 503, and a time to come back. The operator still gets in.
listeners() {
    curl -sf http://127.0.0.1:8001/status.json >"$tmp/status.json"
    json_figure "$tmp/status.json" totals.listeners
}
none() { [ "$(listeners)" = 0 ]; }
wait_for 10 none || fail "$(listeners) listeners are left over"
pids=()
for i in 1 2 3; do
    curl -s -o "$tmp/$i.opus" --max-time 30 $url/live.opus &
    pids+=($!)
done
three() { [ "$(listeners)" = 3 ]; }
wait_for 5 three || fail "three listeners are not three: $(listeners)"
answers 'http/1.1 503 .*' $url/live.opus
answers 'retry-after: [0-9]+' $url/live.opus
answers 'http/1.1 503 .*' -I $url/live.opus
answers 'http/1.1 200 .*' $url/
pass "full house"

# One leaves, its seat is free again.
kill "${pids[0]}"
two() { [ "$(listeners)" = 2 ]; }
wait_for 5 two || fail "a listener who left is still counted"
answers 'http/1.1 200 .*' $url/live.opus

# A listener that talks: megabytes are not kept. RSS in KiB.
rss() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$sink/status"; }
# Not of who is answered with an error, either: evhttp reads on meanwhile.
for path in /live.opus /nothing /; do
    before=$(rss)
    exec 9<>/dev/tcp/127.0.0.1/8000
    printf 'GET %s HTTP/1.1\r\nHost: x\r\n\r\n' $path >&9
    { timeout 3 head -c 50000000 /dev/zero >&9; } 2>/dev/null || true
    after=$(rss)
    exec 9>&-
    [ $((after - before)) -lt 8192 ] ||
        fail "$path: memory grew by $((after - before)) KiB"
done
pass "a talking listener"

# Strangers' names are made safe, in the log and in the status.
curl -s -o /dev/null --max-time 1 -A "$(printf 'evil\033[31m"},{\\x')" $url/live.opus || true
! grep -q "$(printf '\033')" "$tmp/sink.log" || fail "an escape sequence in the log"
wait_for 5 two || fail "listeners are left over"

# The end: listeners are cut off by a reset, so that players come back.
stop_pid "$sink" TERM 5
[ "$code" = 0 ] || fail "exit code $code"
code=0
wait "${pids[1]}" || code=$?
[ $code = 56 ] || fail "curl ended with $code, not 56 (reset)"
valid_opus "$tmp/2.opus"
pass "the end"
