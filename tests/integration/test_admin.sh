#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The operator of a running station: sees it, mutes, drops, sets, and is the
# only one who can. And what listeners get beside the streams.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"
url=http://127.0.0.1:8000
admin=http://127.0.0.1:8001

exits 2 "longwave-sink: --admin-host: found 'a b'; allowed: a name without" \
    "$BIN/longwave-sink" --admin-host 'a b'
printf 'short\n' >"$tmp/short"
exits 2 "--admin-token-file: found '$tmp/short'; allowed: a file whose first" \
    "$BIN/longwave-sink" --admin-token-file "$tmp/short"
exits 2 "longwave-sink: --admin-token-file: $tmp/none: No such file" \
    "$BIN/longwave-sink" --admin-token-file "$tmp/none"
exits 2 'LONGWAVE_ADMIN_TOKEN: allowed: 8 to 128' \
    env LONGWAVE_ADMIN_TOKEN='no good' "$BIN/longwave-sink"
exits 2 'LONGWAVE_ADMIN_TOKEN: allowed: 8 to 128' \
    env LONGWAVE_ADMIN_TOKEN='no good' "$BIN/longwave" run
pass "wrong wishes"

start_station --preset phase1 --seed 7
token=$(sed -n 's/^operate .*#token=//p' "$tmp/station.log")
[ ${#token} = 32 ] || fail "no token in the banner: $(cat "$tmp/station.log")"

# code CURL-ARGS...: the status, with the answer in $tmp/said.
code() { curl -s -o "$tmp/said" -w '%{http_code}' --max-time 5 "$@" || true; }
# is CODE REGEX CURL-ARGS...
is() {
    local want=$1 regex=$2 got
    shift 2
    got=$(code "$@")
    [ "$got" = "$want" ] || fail "$*: $got, not $want: $(head -c 300 "$tmp/said")"
    grep -Eq -- "$regex" "$tmp/said" ||
        fail "$*: no /$regex/ in $(head -c 300 "$tmp/said")"
}
json='Content-Type: application/json'
order() {
    local want=$1 regex=$2 what=$3
    shift 3
    is "$want" "$regex" -H "$json" -H "Authorization: Bearer $token" \
        --data-binary "$1" "${@:2}" "$admin/control/$what"
}

# Who may look: not a page whose name was made to mean this machine.
for path in / /style.css /status.json /metrics /health /listeners.json /history.json; do
    is 200 '' "$admin$path"
    is 421 'admin-host' -H 'Host: evil.example' "$admin$path"
    is 200 '' -H 'Host: localhost:8001' "$admin$path"
    is 405 '' -X PUT "$admin$path"
done
is 421 '' -H 'Host: evil.example' "$admin/events"
is 200 '"series"' "$admin/history.json"
is 400 'sort: allowed' "$admin/listeners.json?sort=name"
is 400 'limit: ' "$admin/listeners.json?limit=0"
is 404 '' "$admin/live.opus"
is 404 '' "$url/control/mute" -d x
is 404 '' "$url/history.json"
pass "who may look"

# Who may give orders.
body='{"mount":"live","muted":true}'
is 401 'token' -H "$json" -d "$body" "$admin/control/mute"
is 401 'token' -H "$json" -H 'Authorization: Bearer wrong-token' -d "$body" "$admin/control/mute"
order 403 'elsewhere' mute "$body" -H 'Origin: http://evil.example'
order 403 'elsewhere' mute "$body" -H 'Sec-Fetch-Site: cross-site'
order 421 'admin-host' mute "$body" -H 'Host: evil.example'
is 415 'application/json' -H "Authorization: Bearer $token" -d "$body" "$admin/control/mute"
is 405 '' -H "Authorization: Bearer $token" "$admin/control/mute"
order 400 'JSON object' mute '{"mount"'
order 400 'allowed' mute '{"mount":"live"}'
order 404 'allowed: live' mute '{"mount":"nowhere","muted":true}'
order 404 'listeners.json' drop '{"id":4711}'
order 404 'control/set' dance '{}'
head -c 5000 /dev/zero | tr '\0' ' ' >"$tmp/large"
order 413 '4096' mute "@$tmp/large"
head -c 100000 /dev/zero | tr '\0' ' ' >"$tmp/huge"
order 413 '' mute "@$tmp/huge"
curl -sf "$admin/status.json" >"$tmp/status.json"
! grep -q '"muted": true' "$tmp/status.json" || fail "one of them muted it"
pass "who may give orders"

# Links open in players of others.
for kind in m3u pls xspf; do
    is 200 "$url/live.opus\?latency=low(&|&amp;)bitrate=64" \
        "$url/live.$kind?bitrate=64&latency=low"
done
[ "$(ffprobe -v error -show_entries stream=codec_name -of csv=p=0 \
    "$(sed -n 's/^File1=//p;/^http/p' "$tmp/said" | head -1; \
    curl -s "$url/live.m3u" | grep -v '^#')")" = opus ] ||
    fail "ffprobe does not find Opus behind a link"
if command -v mpv >/dev/null; then
    for kind in m3u pls; do
        timeout 20 mpv --no-config --ao=null --vo=null --length=1 \
            --msg-level=all=info "$url/live.$kind" >"$tmp/mpv.log" 2>&1 ||
            fail "mpv does not play live.$kind: $(tail -5 "$tmp/mpv.log")"
        grep -q 'opus' "$tmp/mpv.log" || fail "mpv: $(tail -5 "$tmp/mpv.log")"
    done
fi
is 400 'Host' -H 'Host: a/b' "$url/live.m3u"
is 400 'bitrate: ' "$url/live.m3u?bitrate=95"
pass "playlists"

# Events begin with all that is known.
curl -sN --max-time 30 "$url/events?mount=live" >"$tmp/events" &
events=$!
wait_for 5 grep -q '"edge_seq"' "$tmp/events" || fail "no events"
grep -q '^retry: 2000' "$tmp/events" || fail "no retry"
is 200 '"usual":96' "$url/now.json"
is 404 '' "$url/events?mount=nowhere"

# Mute is heard, and ends; the listener stays.
curl -s --max-time 9 -o "$tmp/mute.opus" "$url/live.opus?latency=live" &
listener=$!
sleep 3
order 200 '"ok":true' mute '{"mount":"live","muted":true}'
sleep 2
order 200 '"ok":true' mute '{"mount":"live","muted":false}'
wait $listener || [ $? = 28 ]
grep -q '"muted":true' "$tmp/events" || fail "listeners are not told of mute"
ffmpeg -nostats -i "$tmp/mute.opus" -af silencedetect=noise=-75dB:d=1 -f null - \
    >"$tmp/ffmpeg.log" 2>&1 || fail "FFmpeg can't decode"
silence=$(sed -n 's/.*silence_duration: \([0-9.]*\).*/\1/p' "$tmp/ffmpeg.log")
awk -v s="${silence:-0}" 'BEGIN { exit !(s > 1.4 && s < 3) }' ||
    fail "silence of '$silence' s, not of 2"
pass "mute: $silence s of silence"

# The operator's word for what plays, and the generator's own again.
order 200 '' now '{"mount":"live","title":"Tea at five","detail":"<b>"}'
is 200 '"title":"Tea at five"' "$url/now.json"
wait_for 5 grep -q '"title":"Tea at five"' "$tmp/events" || fail "no now event"
order 200 '' now '{"mount":"live","title":null}'
! grep -q '"title":"Tea at five"' <(curl -s "$url/now.json" | sed 's/"recent".*//') ||
    fail "the operator's word stays"

# A dropped player's stream has an end: curl calls that a success.
code=0
curl -s -A victim -o "$tmp/drop.opus" --max-time 20 "$url/live.opus" &
listener=$!
victim() {
    id=$(curl -sf "$admin/listeners.json" |
        sed -n 's/.*"id":\([0-9]*\),"address":"[^"]*","agent":"victim".*/\1/p')
    [ -n "$id" ]
}
wait_for 5 victim || fail "no listener: $(curl -s "$admin/listeners.json")"
order 200 '' drop "{\"id\":$id}"
wait $listener || code=$?
[ $code = 0 ] || fail "the dropped stream ended with $code"
valid_opus "$tmp/drop.opus"
pass "drop"

# The generator obeys, and says what it doesn't like.
order 200 '"ok":true' set '{"name":"brightness","value":1}'
"$BIN/longwave" status >"$tmp/state"
grep -q '^set .*brightness 1' "$tmp/state" || fail "not set: $(cat "$tmp/state")"
order 400 'brightness' set '{"name":"brightness","value":99}'
order 400 "found 'sparkle', allowed are root" set '{"name":"sparkle","value":1}'
pass "set"

# The operator's events have the station, and not the token.
curl -sN --max-time 4 "$admin/events" >"$tmp/watched" || true
for what in 'event: status' 'event: levels' 'event: log' '"desk":{' 'longwave-gen:mix_L'; do
    grep -q "$what" "$tmp/watched" || fail "no $what in the events"
done
! grep -q "$token" "$tmp/watched" || fail "the token is in the events"
! grep -q "$token" "$tmp/station-err.log" || fail "the token is in the log"
pass "events"

# Someone who subscribes and never reads costs nothing: others hear on, and it
# is cut.
exec 8<>/dev/tcp/127.0.0.1/8001
printf 'GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' >&8
curl -s --max-time 4 -o "$tmp/on.opus" "$url/live.opus" || true
curl -sN --max-time 2 -o "$tmp/others" "$admin/events" || true
grep -q 'event: status' "$tmp/others" ||
    fail "one who does not read keeps the others from events"
exec 8>&-
valid_opus "$tmp/on.opus"
pass "a slow reader"

# `longwave status` tells the same user; the token stays when the sink is made
# again.
grep -qx "operate    $admin/#token=$token" "$tmp/state" || fail "status: $(cat "$tmp/state")"
kill -KILL "$(sed -n 's/^  longwave-sink *[a-z]* *\([0-9]*\).*/\1/p' "$tmp/state")"
sleep 0.2
wait_for 10 curl -sf "$admin/health" || fail "the sink did not come back"
order 200 '' mute '{"mount":"live","muted":false}'
pass "the token stays"

# Wrong tokens are slowed, and told of.
n=0
while [ "$(code -H "$json" -H 'Authorization: Bearer wrong-token' -d "$body" "$admin/control/mute")" = 401 ]; do
    n=$((n + 1))
    [ $n -lt 50 ] || fail "wrong tokens have no end"
done
order 429 'too many' mute "$body"
grep -q 'an order with a wrong token, from 127.0.0.1' "$tmp/station-err.log" ||
    fail "nobody was told of wrong tokens"
sleep 1.2
order 200 '' mute '{"mount":"live","muted":false}'
kill $events 2>/dev/null || true
pass "wrong tokens"

# Others may read the journal: the token is not for it.
stop_pid "$station" TERM 10
# journaled PROGRAM ARGS...: its stdout, $tmp/journal, is the journal
journaled() {
    : >"$tmp/journal"
    JOURNAL_STREAM=$(stat -c %d:%i "$tmp/journal") "$@" >"$tmp/journal" 2>"$tmp/station-err.log" &
    station=$!
    wait_for 90 grep -q '^operate' "$tmp/journal" || fail "not announced"
    ! grep -q 'token=' "$tmp/journal" || fail "the token is in the journal"
}
journaled "$BIN/longwave" run --preset phase1 --seed 7
grep -Eq "^operate  $admin/   orders: .*longwave status\$" "$tmp/journal" ||
    fail "it does not say where the token is: $(cat "$tmp/journal")"
"$BIN/longwave" status | grep -Eq '^operate .*#token=[0-9a-f]{32}$' ||
    fail "longwave status does not have it"
stop_pid "$station" TERM 10
start_jackd 48000 256
journaled "$BIN/longwave-sink"
grep -qx "operate  $admin/   orders need --admin-token-file" "$tmp/journal" ||
    fail "the sink does not say how to get a token: $(cat "$tmp/journal")"
stop_pid "$station" TERM 10
pass "no token in the journal"
