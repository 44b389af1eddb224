#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The desk: what an operator is shown of a graph, whoever started it and whatever
# the clients are called: their levels against the sound itself, cables, figures,
# logs; parameters that are set; a generator that hangs.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

export LONGWAVE_ADMIN_TOKEN=0123456789abcdef0123456789abcdef
admin=http://127.0.0.1:8001

# events SECONDS: the operator's, as they come, in $tmp/events.
events() {
    timeout "$1" curl -sN "$admin/events" >"$tmp/events" || [ $? = 124 ] ||
        fail "no events"
}
# datas EVENT: what those events had, one a line.
datas() {
    awk -v want="event: $1" '
        /^event: / { of = $0 }
        /^data: / && of == want { print substr($0, 7) }' "$tmp/events"
}
desk() { datas status | tail -n 1 | jq -e "$@"; }
# shown JQ: within some seconds the desk has that.
shown() {
    local end=$((SECONDS + 20))
    until events 2 && desk ".desk | $1" >/dev/null; do
        if [ $SECONDS -ge $end ]; then
            desk .desk
            fail "the desk does not show: $1"
        fi
    done
}
# post PATH JSON: the answer's code in $code, its body in $tmp/body.
post() {
    code=$(curl -s -o "$tmp/body" -w '%{http_code}' -X POST "$admin$1" \
        -H "Authorization: Bearer $LONGWAVE_ADMIN_TOKEN" \
        -H 'Content-Type: application/json' -d "$2")
}
# near PORT RMS PEAK: of all levels, 0.3 dB at most.
near() {
    datas levels | tail -n +3 | jq -se --arg port "$1" --argjson rms "$2" \
        --argjson peak "$3" 'length > 5 and all(.[$port] as $l |
            ($l[0] - $rms | fabs) < 0.3 and ($l[1] - $peak | fabs) < 0.3)' \
        >"$tmp/near" || {
        datas levels | tail -n 1
        fail "$1 is not at $2 and $3 dBFS"
    }
}
connect() { wait_for 10 jack_connect "$1" "$2" || fail "no cable $1 $2"; }

# ---- without a station ------------------------------------------------------

start_jackd 48000 512
"$TOOLS/tone" test-tone -12 >"$tmp/tone.log" &
"$BIN/longwave-gen" --name tape --seed 2b --renderer cpu --preset phase1 \
    --osc 127.0.0.1:0 2>"$tmp/gen.log" &
gen=$!
"$BIN/longwave-master" --name buss --bypass 2>"$tmp/master.log" &
"$BIN/longwave-sink" --name air --mount live --mount talk:1 2>"$tmp/sink.log" &
wait_for 30 grep -q 'playing as tape' "$tmp/gen.log" || fail "no generator"
wait_for 10 grep -q 'client buss' "$tmp/master.log" || fail "no master"
wait_for 10 grep -q 'operator on' "$tmp/sink.log" || fail "no sink"
wait_for 10 grep -q ready "$tmp/tone.log" || fail "no tone"
connect test-tone:out_L buss:in_L
connect test-tone:out_R buss:in_R
connect buss:out_L air:in_L
connect buss:out_R air:in_R

shown '.clients | map(.name) | sort == ["air", "buss", "tape"]'
shown '.clients | all(.answers and .pid > 0 and .rss_kb > 1000 and
                      .threads > 1 and .cpu_share >= 0)'
shown '.clients | any(.name == "tape" and .program == "longwave-gen" and
                      .told.preset == "phase1" and .told.seed == "00002b")'
shown '.clients | any(.name == "buss" and .told.bypass)'
shown '.station == null'
shown '.processes | map(.name) | contains(["longwave-gen", "longwave-master",
                                           "longwave-sink"])'
pass "who is there, by whatever name"

shown '.graph.links | sort == [["buss:out_L", "air:in_L"],
    ["buss:out_R", "air:in_R"], ["test-tone:out_L", "buss:in_L"],
    ["test-tone:out_R", "buss:in_R"]]'
shown '.graph.clients | any(.name == "air" and (.ports | map(.name) | sort ==
    ["in_L", "in_R", "talk_mono"]))'
shown '.graph.clients | any(.name == "system" and (.ports | any(.physical)))'
jack_disconnect buss:out_R air:in_R
shown '.graph.links | length == 3'
connect buss:out_R air:in_R
pass "the graph as it is"

# The tone's stand still, the generator's don't: events come as they change. A
# sine's RMS is 3.01 dB under its peak; the right one is half as loud.
events 4
near buss:in_L -15.01 -12
near buss:in_R -21.03 -18.02
near buss:out_L -15.01 -12
near air:in_L -15.01 -12
near air:in_R -21.03 -18.02
datas levels | tail -n 1 | jq -e '.["air:talk_mono"] == null and
    has("air:talk_mono")' >/dev/null || fail "silence has a level"
n=$(datas levels | wc -l)
[ "$n" -ge 20 ] || fail "$n levels in 4 s"
pass "levels of a tone that is known, $n in 4 s"

# The generator's against what its ports were recorded playing meanwhile.
"$TOOLS/record" 4 "$tmp/mix.wav" tape:mix_L tape:mix_R &
record=$!
events 4
wait $record || fail "nothing recorded"
real=$(ffmpeg -v info -i "$tmp/mix.wav" -af astats -f null - 2>&1 |
    awk '/Overall/ { all = 1 } all && /RMS level/ { print $NF; exit }')
said=$(datas levels | jq -s '[.[] | ."tape:mix_L", ."tape:mix_R" |
    select(. != null) | pow(10; .[0] / 10)] | 10 * (add / length | log10)')
awk -v a="$real" -v b="$said" 'BEGIN { exit !(a - b < 1.5 && b - a < 1.5) }' ||
    fail "the mix is at $real dBFS, the levels say $said"
pass "levels of the music: $said dBFS, recorded $real"

datas log | jq -se 'any(.who == "tape" and (.text | test("playing as tape"))) and
    any(.who == "longwave-sink" and (.text | test("operator on"))) and
    all(.who != "air")' >/dev/null || fail "logs"
pass "logs of all, once"

# ---- what plays --------------------------------------------------------------

now() {
    curl -s http://127.0.0.1:8000/now.json |
        jq -e --arg mount "$1" '.mounts[] | select(.name == $mount) | .now' \
            >"$tmp/now"
    jq -e "$2" "$tmp/now"
}
wait_for 5 now live '. == null' || wait_for 1 now live '. == null' ||
    fail "a tone has a title"
connect tape:mix_L buss:in_L
wait_for 10 now live '.title | length > 0' || fail "no title through the master"
connect tape:mix_L air:talk_mono
wait_for 10 now talk '.detail | test("phase1, seed 00002b")' || fail "no detail"
pass "what plays, by the cables"

post /control/set '{"name": "brightness", "value": "0.5"}'
[ "$code" = 200 ] || fail "set: $code $(cat "$tmp/body")"
shown '.clients | any(.told.parameters.brightness == 0.5)'
post /control/set '{"name": "brightness", "value": "99"}'
[[ $code = 4?? ]] || fail "a wrong value: $code"
grep -q "found 99, allowed" "$tmp/body" ||
    fail "a wrong value: $code $(cat "$tmp/body")"
post /control/set '{"name": "preset", "value": "lids", "fade_s": 1}'
[ "$code" = 200 ] || fail "preset: $code $(cat "$tmp/body")"
wait_for 10 now live '.title == "Lids"' || fail "the title stays"
"$BIN/longwave" status --json >"$tmp/status.json"
jq -e '.generator.preset == "lids" and .clients.buss.bypass and
    .clients.air.program == "longwave-sink"' "$tmp/status.json" >/dev/null ||
    fail "longwave status --json"
"$BIN/longwave" status | grep -q '^master     buss: .* LUFS' ||
    fail "longwave status"
pass "set, and status without a station or its OSC"

# ---- who hangs ---------------------------------------------------------------

# Without its cables: jackd 1.9.21 runs nobody downstream of who is stopped.
jack_disconnect tape:mix_L buss:in_L
jack_disconnect tape:mix_L air:talk_mono
kill -STOP "$gen"
shown '.clients | any(.name == "tape" and (.answers | not) and .told == null)'
shown '.clients | map(select(.name != "tape")) | length == 2 and all(.answers)'
events 3
n=$(datas status | wc -l)
[ "$n" -ge 2 ] || fail "$n figures in 3 s beside a generator that hangs"
datas levels | tail -n 1 | jq -e '."buss:in_L" as [$rms, $peak] |
    ($rms + 15 | fabs) < 0.3 and ($peak + 12 | fabs) < 0.3' >/dev/null ||
    fail "levels beside a generator that hangs"
datas levels | tail -n 1 | jq -e 'has("buss:in_L") and (has("tape:mix_L") | not)' \
    >/dev/null || fail "levels of who hangs"
[ "$(curl -s -o /dev/null -w '%{http_code}' "$admin/health")" = 200 ] ||
    fail "health"
kill -CONT "$gen"
shown '.clients | any(.name == "tape" and .answers)'
kill "$gen"
shown '.clients | map(.name) | sort == ["air", "buss"]'
wait_for 10 now live '. == null' || fail "the title of who has gone"
pass "a generator hangs, comes back, and goes"

# The server goes and comes back.
kill "$jackd"
shown '.graph == null'
start_jackd 48000 512
shown '.graph.clients | any(.name == "air")'
shown '.clients | any(.name == "buss" and .answers)'
pass "the server goes and comes back"
# shellcheck disable=SC2046
kill $(jobs -p) 2>/dev/null || true
wait

# ---- with one ---------------------------------------------------------------

start_station --seed 2b --renderer cpu --preset phase1 --log-level info
shown '.station.program == "longwave" and .station.playing'
shown '.clients | map(.program) | sort == ["longwave-gen", "longwave-master",
    "longwave-sink"]'
shown '.processes | map(.name) | contains(["jackd", "longwave"])'
events 3
datas levels | tail -n 1 | jq -e '."longwave-sink:in_L"[0] > -60' >/dev/null ||
    fail "levels of a station"
datas log | jq -se 'any(.who == "longwave")' >/dev/null || fail "its log"
"$BIN/longwave" status | grep -q '^master     longwave-master: ' ||
    fail "longwave status of a station"
stop_pid "$station" TERM 20
[ "$code" = 0 ] || fail "the station ended with $code"
pass "a station"
