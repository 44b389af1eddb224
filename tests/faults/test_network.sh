#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the network does to listeners and what they hear of it, with the sink as
# it is, fed by longwave-gen, and an emulated network (lib-wan.sh). All cases run
# at once, each on a link of its own, beside 50 listeners without trouble:
#   outage  nothing gets through for 5 s, with 10, 100 and 200 ms there and back
#   limit   one listener's link carries 40 kbit/s for a while
#   reset   a connection is reset while playing, and its session resumed
#   stall   a listener reads nothing for 70 s
#   pause   a listener reads nothing for 5 s
# Judged are gaps and counts, never how late something was: tests/bench/load
# reads what a player would, finds missing samples by granule positions, and
# says for how long a player that began with the first page had been dry.
#
# By hand: tests/faults/test_network.sh [--long] [CASE...]
# --long: the limit lasts 200 s instead of 60. The figures that are printed are
# for people. BIN and TOOLS say where the programs are (build/bin, build/tests).
# Needs /dev/net/tun; as a user, one that may be opened by users, as is usual.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
enter_world "$@"
# shellcheck source=tests/integration/lib-wan.sh
. "$here/lib-wan.sh"

LEAD=10           # s: of the class safe, which is the default
RUNG=96           # kbit/s: where listeners begin
LIMIT=40          # kbit/s
LINK_LIMIT=4 LINK_RESET=5 LINK_STALL=6 LINK_PAUSE=7 # 1 to 3: outages
OUTAGE_RTT=(10 100 200)                             # ms

hold=60 cases=()
for arg in "$@"; do
    case $arg in
    --long) hold=200 ;;
    outage | limit | reset | stall | pause) cases+=("$arg") ;;
    *)
        printf '%s: found %s, allowed are --long, outage, limit, reset, stall and pause\n' \
            "$0" "'$arg'" >&2
        exit 2
        ;;
    esac
done
[ ${#cases[@]} -gt 0 ] || cases=(outage limit reset stall pause)

url() { printf 'http://10.9.%d.1:8000/live.opus' "$1"; }

# listen LINK NAME OPTIONS...: tests/bench/load there; figures in NAME.json.
listen() {
    local link=$1 name=$2
    shift 2
    in_far "$TOOLS/load" --json --crc 1 "$@" "$(url "$link")" \
        >"$tmp/$name.json" 2>"$tmp/$name.log" || fail "$name: load exited with $?"
}

figure() { json_figure "$tmp/$1.json" "$2"; }

# unharmed NAME POOL N: N listeners without a gap, still on air.
unharmed() {
    local key
    [ "$(figure "$1" "$2.ends.open")" = "$3" ] ||
        fail "$1: only $(figure "$1" "$2.ends.open") of $3 are still on air"
    for key in holes overlaps bad_sums bad_order bad_granules new_serials \
        lost_sync listeners_dry; do
        [ "$(figure "$1" "$2.$key")" = 0 ] ||
            fail "$1: $key is $(figure "$1" "$2.$key")" \
                "(dry: $(figure "$1" "$2.dry_s") s)"
    done
}

# status_of LINK KEY: of the listener there, from /status.json; nothing if there
# is none.
status_of() {
    curl -sf http://127.0.0.1:8001/status.json | awk -v link="10.9.$1.2" -v key="$2" '
        /^  "listeners": \[/ { on = 1 }
        /^  \]/ { on = 0 }
        on && /^    \{/ { value = ""; mine = 0 }
        on && match($0, /"[^"]*": /) {
            k = substr($0, RSTART + 1, RLENGTH - 4)
            v = substr($0, RSTART + RLENGTH)
            gsub(/[",]/, "", v)
            if (k == "address" && (v == link || index(v, link ":") == 1))
                mine = 1
            if (k == key && value == "")
                value = v
        }
        # Not to the end at once: curl would fail for want of a reader.
        on && /^    \}/ && mine && !shown { print value; shown = 1 }'
}
# shellcheck disable=SC2317 # wait_for calls it
status_is() { [ "$(status_of "$1" "$2")" = "$3" ]; }
# shellcheck disable=SC2317 # wait_for calls it
status_under() { holds "$(status_of "$1" "$2")" '<' "$3"; }

# holds A OP B: of numbers; one that isn't there holds nothing.
holds() { awk -v a="$1" -v b="$3" "BEGIN { exit a == \"\" || !(a + 0 $2 b + 0) }"; }

case_outage() {
    local i pids=()
    for i in 0 1 2; do
        # 8 s until all have their lead, and then 27 that count
        listen $((i + 1)) "outage_${OUTAGE_RTT[i]}" --listeners 10 --ramp 20 \
            --warm-up 8 --seconds 27 &
        pids+=($!)
    done
    sleep 12
    for i in 1 2 3; do
        wan_do outage 10.9.$i.2 5
    done
    for i in 0 1 2; do
        wait "${pids[i]}" || exit 1
        unharmed "outage_${OUTAGE_RTT[i]}" good 10
        pass "outage of 5 s, round trip ${OUTAGE_RTT[i]} ms: 10 listeners, at" \
            "least $(figure "outage_${OUTAGE_RTT[i]}" good.least_lead.p1_ms) ms" \
            "in hand"
    done
}

case_limit() {
    local n=$LINK_LIMIT began fell rung switches
    # as long as hold and the way back up may take
    listen "$n" limit --listeners 1 --warm-up 5 --seconds $((hold + 62)) &
    local pid=$!
    sleep 8
    rung=$(status_of "$n" rung_kbps)
    [ "$rung" = $RUNG ] || fail "limit: began on rung '$rung', not $RUNG"
    wan_do rate "10.9.$n.2" $LIMIT
    began=$SECONDS
    wait_for 20 status_under "$n" rung_kbps $LIMIT ||
        fail "limit: on rung $(status_of "$n" rung_kbps), where $LIMIT kbit/s fit"
    fell=$((SECONDS - began))
    sleep $((hold - fell))
    rung=$(status_of "$n" rung_kbps) switches=$(status_of "$n" switches)
    holds "$rung" '<' $LIMIT || fail "limit: on rung $rung at the end"
    holds "$switches" '<=' 2 || fail "limit: $switches switches in $hold s"
    wan_do rate "10.9.$n.2" off
    began=$SECONDS
    wait_for 55 status_is "$n" rung_kbps $RUNG ||
        fail "limit: on rung $(status_of "$n" rung_kbps) when it was lifted"
    local back=$((SECONDS - began))
    wait $pid || exit 1
    unharmed limit good 1
    pass "limit of $LIMIT kbit/s for $hold s: on rung $rung after $fell s," \
        "$switches switches; back on $RUNG $back s after it"
}

# resets: sent by the far side so far.
resets() {
    in_far cat /proc/net/snmp | awk '
        /^Tcp:/ && column { print $column }
        /^Tcp:/ { for (i = 1; i <= NF; i++) if ($i == "OutRsts") column = i }'
}

# Part 1 is cut, part 2 is what a player asks for then: the rest, by the session's
# cookie. A process that is killed while there is something to read resets its
# connection; nsenter itself, since a function's process would be bash's.
case_reset() {
    local n=$LINK_RESET pid cookie at before code=0
    nsenter -t "$far" -n curl -sN -D "$tmp/reset.head" -o "$tmp/reset.opus" \
        "$(url "$n")" &
    pid=$!
    sleep 5
    before=$(resets)
    kill -STOP $pid
    sleep 2.5
    kill -KILL $pid
    { wait $pid || true; } 2>/dev/null
    sleep 0.5
    holds "$(resets)" '>' "$before" || fail "reset: the connection was not reset"
    cookie=$(tr -d '\r' <"$tmp/reset.head" | sed -n 's/^[Ss]et-[Cc]ookie: *\([^;]*\).*/\1/p')
    [ -n "$cookie" ] || fail "reset: no session: $(cat "$tmp/reset.head")"
    at=$(stat -c %s "$tmp/reset.opus")
    in_far curl -sN --max-time 8 -D "$tmp/resume.head" -H "Cookie: $cookie" \
        -H "Range: bytes=$at-" -o "$tmp/resume.opus" "$(url "$n")" || code=$?
    [ $code = 28 ] || fail "reset: resumed, curl exited with $code"
    grep -q '^HTTP/1.1 206' "$tmp/resume.head" ||
        fail "reset: not resumed: $(head -n 1 "$tmp/resume.head")"
    cat "$tmp/resume.opus" >>"$tmp/reset.opus"
    valid_opus "$tmp/reset.opus"
    # 7.5 s, 8 more, and what was there before, less the last chunks of both
    local s
    s=$(sed -n 's/.*Playback length: \([0-9]*\)m:\([0-9.]*\)s.*/\1 \2/p' "$tmp/opusinfo" |
        awk '{ print 60 * $1 + $2 }')
    holds "$s" '>=' $((LEAD + 13)) || fail "reset: only $s s in all"
    pass "reset: resumed at byte $at, $s s in one stream"
}

# What a player would have in hand at the end: it began with the first page, was
# dry for a while, and has heard the rest of the time. No more than its lead, the
# second that the cadence may be ahead, and what had been sent when it stopped
# reading: 36 KB, or 3 s, in the server's queue, and 1 s in its own small buffer.
# Without the skip it would be 70 s.
case_stall() {
    local n=$LINK_STALL seconds=90 warm_up=5 hand skips lag
    listen "$n" stall --listeners 1 --warm-up $warm_up --seconds $seconds \
        --fault stop --fault-at 1 --fault-for 70 --rcvbuf 8192 &
    local pid=$!
    sleep 88
    skips=$(status_of "$n" skips) lag=$(status_of "$n" lag_s)
    wait $pid || exit 1
    [ "$skips" = 1 ] || fail "stall: $skips skips, not 1"
    holds "$lag" '<' 2 || fail "stall: still $lag s behind its schedule"
    [ "$(figure stall faulty.ends.open)" = 1 ] || fail "stall: ended"
    for key in holes overlaps bad_order new_serials lost_sync; do
        [ "$(figure stall faulty.$key)" = 0 ] || fail "stall: $key"
    done
    hand=$(awk -v t=$((warm_up + seconds)) \
        -v first="$(figure stall faulty.first_audio.max_ms)" \
        -v packets="$(figure stall faulty.packets)" \
        -v dry="$(figure stall faulty.dry_s)" \
        'BEGIN { printf "%.1f", packets / 50 + dry - (t - first / 1000) }')
    holds "$hand" '<=' $((LEAD + 5)) || fail "stall: a player is $hand s behind"
    holds "$hand" '>=' $((LEAD - 2)) || fail "stall: a player has only $hand s"
    pass "stall of 70 s: skipped once, then $hand s behind"
}

case_pause() {
    listen $LINK_PAUSE pause --listeners 5 --warm-up 5 --seconds 20 \
        --fault stop --fault-at 3 --fault-for 5 --rcvbuf 8192 &
    local pid=$!
    sleep 20
    local skips
    skips=$(status_of $LINK_PAUSE skips)
    [ "$skips" = 0 ] || fail "pause: $skips skips"
    wait $pid || exit 1
    unharmed pause faulty 5
    pass "pause of 5 s: 5 listeners lost nothing"
}

# Those beside, on loopback, from before the first trouble on.
case_beside() {
    "$TOOLS/load" --json --listeners 50 --sources 10 --warm-up 3 \
        --seconds "$1" http://127.0.0.1:8000/live.opus >"$tmp/beside.json" \
        2>"$tmp/beside.log" || fail "beside: load exited with $?"
    unharmed beside good 50
    pass "50 listeners beside for $1 s: deviation p99" \
        "$(figure beside good.deviation.p99_ms) ms, at least" \
        "$(figure beside good.least_lead.p1_ms) ms in hand"
}

start_wan --seed 1
for i in 0 1 2; do
    add_link $((i + 1)) $((OUTAGE_RTT[i] / 2))
done
for n in $LINK_LIMIT $LINK_RESET $LINK_STALL $LINK_PAUSE; do
    add_link "$n" 20
done

start_jackd 48000 256
"$BIN/longwave-sink" --listen 0.0.0.0:8000 --bitrate $RUNG --log-level warn \
    >"$tmp/sink.log" 2>&1 &
sink=$!
# One after the other: two clients that join at one moment may miss each other
# in jackd 1.9.21, and are then never run.
wait_for 20 curl -sf http://127.0.0.1:8001/health || fail "the sink did not start"
"$BIN/longwave-gen" --preset phase1 --thin --renderer cpu --osc none \
    --log-level warn >"$tmp/gen.log" 2>&1 &
wait_for 30 jack_lsp longwave-gen:mix_R || fail "the generator did not start"
for side in L R; do
    wait_for 20 jack_connect longwave-gen:mix_$side longwave-sink:in_$side ||
        fail "the sink did not start"
done
sleep $((LEAD + 2)) # until there is a whole lead

beside=30
[[ " ${cases[*]} " != *' stall '* ]] || beside=92
pids=()
for name in beside "${cases[@]}"; do
    "case_$name" $beside >"$tmp/$name.txt" 2>&1 &
    pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
done
for name in "${cases[@]}" beside; do
    cat "$tmp/$name.txt"
done

# What was asked of the network has happened.
wan_show
for i in 1 2 3; do
    [[ " ${cases[*]} " != *' outage '* ]] || [ "$(wan_figure to $i outage)" -gt 10 ] ||
        fail "there was no outage on link $i"
    [ "$(wan_figure to $i full)" = 0 ] || fail "link $i was full"
done
[ $failed = 0 ] || fail "see above"
stop_pid $sink TERM 12
[ "$code" = 0 ] || fail "exit code $code after SIGTERM"
