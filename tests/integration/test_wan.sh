#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The long way between two networks itself: what is asked of it is what packets
# and a stream over TCP meet. Judged by counters and by how long something took
# at least, never by how fast it was.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"
# shellcheck source=tests/integration/lib-wan.sh
. "$here/lib-wan.sh"

start_wan --seed 5
exits 2 "found '1x', allowed is a process id" "$TOOLS/wan" --far 1x
exits 2 "found '', allowed is a process id" "$TOOLS/wan"
exits 69 '/proc/4194304/ns/net: No such' "$TOOLS/wan" --far 4194304 --device x
exits 69 "can't make the device wan" "$TOOLS/wan" --far $far
for n in 1 2 3; do
    add_link $n 0
done

# send N COUNT: datagrams of 128 bytes to where link N leads and nobody is,
# so that nothing comes back.
send() {
    local i text
    text=$(printf '%0100d' 0)
    for ((i = 0; i < $2; i++)); do
        printf '%s' "$text" >&7
    done 7>"/dev/udp/10.9.$1.9/9"
}
# figures N PASSED LOST OUTAGE FULL: of the address that send() sends to.
figures() {
    wan_show
    local got
    got=$(grep "^to 10.9.$1.9 " "$tmp/wan.log" | tail -n 1)
    [ "$got" = "to 10.9.$1.9 passed=$2 bytes=$(($2 * 128)) lost=$3 outage=$4 full=$5" ] ||
        fail "not $*: $got"
}
# counted N COUNT: so many packets have been seen, lost or not.
# shellcheck disable=SC2317 # wait_for calls it
counted() {
    wan_show
    [ "$(grep "^to 10.9.$1.9 " "$tmp/wan.log" | tail -n 1 |
        awk '{ gsub(/[a-z]+=/, ""); print $3 + $5 + $6 + $7 }')" = "$2" ]
}

wan_do loss 10.9.1.9 10
send 1 500
wait_for 5 counted 1 500 || fail "not all of 500 were counted"
lost=$(grep '^to 10.9.1.9 ' "$tmp/wan.log" | tail -n 1 | sed 's/.*lost=//; s/ .*//')
if [ "$lost" -le 20 ] || [ "$lost" -ge 90 ]; then
    fail "$lost of 500 lost, not 10 %"
fi
figures 1 $((500 - lost)) "$lost" 0 0
pass "loss"

wan_do outage 10.9.2.9 1000
send 2 50
wait_for 5 counted 2 50 || fail "not all of 50 were counted"
figures 2 0 0 50 0
wan_do outage 10.9.2.9 0
send 2 20
wait_for 5 counted 2 70 || fail "not all of 20 were counted"
figures 2 20 0 50 0
pass "outage"

# TCP: a stream of 256 kbit/s with 200 ms there and back.
"$TOOLS/floor" --listen 0.0.0.0:8002 --bitrate 256 --burst 2 >"$tmp/floor.log" 2>&1 &
wait_for 5 grep -q 'listens on' "$tmp/floor.log" || fail "no floor"
wan_do delay 10.9.1.2 100
in_far "$TOOLS/load" --json --listeners 2 --warm-up 1 --seconds 3 \
    http://10.9.1.1:8002/ >"$tmp/load.json" 2>"$tmp/load.log"
[ "$(json_figure "$tmp/load.json" good.with_audio)" = 2 ] || fail "no audio"
[ "$(json_figure "$tmp/load.json" good.holes)" = 0 ] || fail "holes"
awk -v ms="$(json_figure "$tmp/load.json" good.connect.p1_ms)" \
    'BEGIN { exit !(ms >= 200) }' || fail "connected in less than a round trip"
pass "delay"

# The same at 40 kbit/s: what passes in 6 s once it is busy.
wan_do rate 10.9.3.2 40
in_far "$TOOLS/load" --json --listeners 1 --warm-up 0 --seconds 10 \
    http://10.9.3.1:8002/ >"$tmp/load.json" 2>"$tmp/load.log" &
sleep 2
wan_show
from=$(wan_time) bytes=$(wan_figure to 3 bytes)
sleep 6
wan_show
awk -v t="$(wan_time)" -v from="$from" -v n="$(wan_figure to 3 bytes)" \
    -v before="$bytes" 'BEGIN {
        kbps = (n - before) / (t - from) / 125
        printf "%.1f kbit/s\n", kbps
        exit !(kbps > 36 && kbps < 44)
    }' || fail "that is not 40 kbit/s"
wait $!
pass "rate"

wan_do nonsense 5
code=0
wait "$wan" || code=$?
[ $code = 2 ] || fail "exit code $code after a wrong command"
grep -q "command 'nonsense 5': allowed are" "$tmp/wan-err.log" ||
    fail "a wrong command is not named"
