#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The listeners' page in Chromium: one press, and it plays; an outage of 5 s and
# a reset connection aren't heard; another quality and another delay; a sink that
# is killed; and what it says of all that. What it played is compared with what
# another listener got, whom nothing happened to, and that with what the
# generator renders.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"
# shellcheck source=tests/integration/lib-page.sh
. "$here/lib-page.sh"
need_chromium

OUTAGE=5     # s
FAR=-80      # dBFS: one decoder's work, by way of 16 bits, is at -90
FIRST=1      # s, at most, from the press to the first sound
WEIGHT=102400 # bytes: all of the page
GAP=960      # frames: 20 ms
export LONGWAVE_ADMIN_TOKEN=0123456789abcdef0123456789abcdef

# listen NAME SECONDS QUERY: another listener, straight at the sink, from long
# enough ago on.
listen() {
    local edge
    edge=$(curl -sSI "http://127.0.0.1:8000/live.mp4?latency=live" |
        awk 'tolower($1) == "x-stream-seq:" { print $2 + 0 }')
    curl -sS --max-time "$2" -D "$tmp/$1.head" -o "$tmp/$1.opus" \
        "http://127.0.0.1:8000/live.opus?$3&from=$((edge > 1250 ? edge - 1250 : 0))" 2>"$tmp/curl.log" &
    listeners+=($!)
}

# heard NAME: what the page played since the last one, as NAME.wav.
heard() {
    page_do save "$tmp/$1.f32" >/dev/null
    ffmpeg -v error -y -f f32le -ar 48000 -ac 2 -i "$tmp/$1.f32" \
        -c:a pcm_f32le "$tmp/$1.wav" || fail "nothing was saved"
}

decode() {
    ffmpeg -v error -y -c:a libopus -i "$tmp/$1.opus" -c:a pcm_f32le \
        "$tmp/$1.wav" || fail "FFmpeg can't decode $1"
}

start_station --preset phase1 --seed 77
"$BIN/longwave-gen" --render "$tmp/render.wav" --preset phase1 --seed 77 \
    --seconds 120 --renderer cpu --log-level error &
render=$!
"$TOOLS/cutter" --times 0 127.0.0.1:8101 127.0.0.1:8000 >"$tmp/cutter.log" 2>&1 &
cutter=$!
wait_for 5 grep -q 'listens on' "$tmp/cutter.log" || fail "no cutter"
url=http://127.0.0.1:8101/
sleep 11 # until there is a whole burst
wait $render

# One press.
open_page $url --size 390x844 --steady
want '.label == "Play" and .time == 0' "it plays before it is told to"
page_do press >/dev/null
want_in 5 '.start > 0 and .power > 1e-9 and .label == "Stop"' "no sound"
first=$(jq .start <<<"$figures")
awk -v s="$first" -v most=$FIRST 'BEGIN { exit !(s < most) }' ||
    fail "first sound after $first s"
pass "first sound $first s after the press"
time=$(jq .time <<<"$figures")
sleep 1.5
want ".time > $time + 1.4" "the time does not go on"
want '.ahead > 7 and .ahead < 12 and .behind > 8 and .behind < 13' \
    "it isn't where it ought to be"
want '.engine == "Media Source, Opus in MP4"' "another engine plays"

# The network stands still; then the connection is cut.
outage() {
    local n said
    listeners=()
    listen reference 24 bitrate=96
    sleep 0.5
    page_do save /dev/null >/dev/null # from here on
    sleep 1
    kill -STOP $cutter
    sleep $((OUTAGE - 1))
    want '(.says | test("Nothing has come")) and .quiet < 960' \
        "it doesn't say that nothing comes"
    want '.told | test("^Nothing comes[^0-9]*$")' "it is not told, or counts"
    sleep 1
    kill -CONT $cutter
    want_in 8 '.says == ""' "it does not go on after the outage"
    n=$(jq .reconnects <<<"$figures")
    kill -USR1 $cutter
    want_in 5 ".reconnects > $n and .says == \"\"" "it does not go on after a reset"
    sleep 4
    want '.ahead > 5' "what it holds has become less"
    heard outage
    wait "${listeners[@]}" || true
    decode reference
    said=$("$TOOLS/seam" --skip 0 --least 10 --difference $FAR \
        "$tmp/outage.wav" "$tmp/reference.wav" 2>&1) || {
        printf 'the outage is heard: %s\n' "$said"
        return 1
    }
    jq -e '.outages | test("none was heard")' <<<"$figures" >/dev/null || {
        printf 'the page says: %s\n' "$(jq .outages <<<"$figures")"
        return 1
    }
    pass "outages ridden out: $(jq -r .outages <<<"$figures"); $said"
}
# A browser is much for a small machine with other work: it has a second try.
outage || outage || fail "the outage is heard"
valid_opus "$tmp/reference.opus"
heard_as_rendered "$tmp/reference.opus" "$tmp/render.wav" 7 7.9

# Another quality: the one before up to a key packet, then the other one, and
# both where they were in the music.
listeners=()
listen high 28 bitrate=96
listen low 28 bitrate=64
sleep 0.5
page_has . # zeros till now
zeros=$(jq .zeros <<<"$figures")
page_do save /dev/null >/dev/null # from here on
sleep 2
page_do choose quality 64 >/dev/null
want_in 10 '.quality == "64 kbit/s, chosen"' "the quality is not another"
sleep 21 # until it is heard
want ".longest <= $GAP" "another quality is heard as a gap"
# A browser that is starved puts in zeros by itself, a few at a time.
zeros=$(jq ".zeros - $zeros" <<<"$figures")
heard quality
wait "${listeners[@]}" || true
length=$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$tmp/quality.wav")
starts=$(awk -v l="$length" 'BEGIN { print l - 6 }')
at() { # FROM LISTENER: where in the timeline the page's sound began, in s
    decode "$2"
    ffmpeg -v error -y -ss "$1" -t 6 -i "$tmp/quality.wav" -c:a pcm_f32le \
        "$tmp/part.wav"
    said=$("$TOOLS/seam" --skip 0 --least 5 --difference $FAR "$tmp/part.wav" \
        "$tmp/$2.wav" 2>&1) || fail "what is heard is not $2: $said"
    pass "$2: $said"
    began=$(awk -v said="$said" -v from="$1" '
        tolower($1) == "x-stream-seq:" { seq = $2 + 0 }
        END { sub(/.*from /, "", said); printf "%.3f", seq / 50 + said - from }' \
        "$tmp/$2.head")
}
at 0 high
before=$began
at "$starts" low
awk -v a="$before" -v b="$began" -v z="$zeros" \
    'BEGIN { d = a - b - z / 48000; exit !(d * d < .002 ^ 2) }' ||
    fail "another quality: from $before s on, then from $began s, and $zeros zeros"
pass "another quality: both from $before s on, less $zeros zeros"

# Another delay.
page_do choose latency low >/dev/null
want_in 8 '.behind > 0.8 and .behind < 2.5 and .says == ""' "it comes no nearer"
sleep 2
want '.quiet == 0 and .ahead > 0.3' "it does not play on, near to live"
near=$(jq .behind <<<"$figures")
page_do choose latency safe >/dev/null
want_in 8 '.behind > 9 and .behind < 12.5 and .says == ""' "it goes no farther"
pass "behind live: $near s in 'low', $(jq .behind <<<"$figures") s in 'safe'"

# What plays, when it is heard.
curl -sS -o "$tmp/told" -X POST http://127.0.0.1:8001/control/now \
    -H "Authorization: Bearer $LONGWAVE_ADMIN_TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{"mount":"live","title":"<b>A test & more</b>","detail":"by hand"}' ||
    fail "the operator isn't heard"
grep -q '"ok"' "$tmp/told" || fail "the operator isn't heard: $(cat "$tmp/told")"
told=$EPOCHREALTIME
want_in 20 '.title == "<b>A test & more</b>"' "the title does not come"
delay=$(jq .behind <<<"$figures")
late=$(awk -v a="$told" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
awk -v late="$late" -v delay="$delay" \
    'BEGIN { exit !(late > delay - 1 && late < delay + 2) }' ||
    fail "the title came after $late s, the sound after $delay s"
pass "the title came after $late s, the sound after $delay s"

# The sink is killed; the station starts another one.
marker=$(jq .marker <<<"$figures")
n=$(jq .reconnects <<<"$figures")
sink=$(pidof longwave-sink)
page_do save /dev/null >/dev/null
kill -KILL "$sink"
want_in 15 ".reconnects > $n and .says == \"\"" "it does not find the new sink"
time=$(jq .time <<<"$figures")
sleep 12 # until only the new sink's packets are left
want ".time > $time + 11 and .quiet == 0 and .marker == $marker" \
    "it does not play on, or it was loaded anew"
want ".longest <= $GAP" "a killed sink is heard as a gap"
pass "the sink was killed; nothing was silent; $(jq .ahead <<<"$figures") s in hand"

weight=$(page_do weight)
jq -e ".requests > 20 and .bytes > 20000 and .bytes < $WEIGHT and .elsewhere == []" <<<"$weight" >/dev/null ||
    fail "the page is heavy, or asks elsewhere: $weight"
pass "the page: $weight"
axe=$(page_do axe)
if [ "$axe" = none ]; then
    pass "axe-core: skipped, it is not found (NODE_PATH)"
else
    [ "$axe" = '[]' ] || fail "axe-core: $axe"
    pass "axe-core finds nothing"
fi
page_do press Space >/dev/null
want_in 5 '.paused and .label == "Play"' "it does not stop"
close_page

# A link's wish that the station hasn't: none is made, and none is kept.
open_page "$url?bitrate=128" --size 390x844
want_in 5 '.chosen == "" and .stored == null' "a bitrate that isn't is chosen"
page_do choose quality 64 >/dev/null
want_in 5 '.chosen == "64" and .stored == "64"' "what a hand chose is not kept"
close_page
stop_pid "$station" TERM 12
[ "$code" = 0 ] || fail "exit code $code after SIGTERM"
