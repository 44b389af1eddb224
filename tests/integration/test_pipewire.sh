#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The three clients on PipeWire's libjack: patched by hand, heard by a listener, at
# another period of the server too, and after its death; then a whole station.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
for p in pw-jack pw-link pw-metadata pipewire wireplumber; do
    command -v $p >/dev/null || skip "no $p here (packages pipewire, pipewire-jack, pipewire-bin, wireplumber)"
done
enter_world "$@"

export HOME=$tmp XDG_RUNTIME_DIR=$tmp/run XDG_CONFIG_HOME=$tmp/config
unset DBUS_SESSION_BUS_ADDRESS
mkdir -m 700 "$XDG_RUNTIME_DIR"
ms() { echo $(($(date +%s%N) / 1000000)); }

start_server() {
    pipewire >"$tmp/pipewire.log" 2>&1 &
    server=$!
    wait_for 10 test -S "$XDG_RUNTIME_DIR/pipewire-0" || fail "PipeWire did not start"
    wireplumber >"$tmp/wireplumber.log" 2>&1 &
    manager=$!
}
cables=(
    "longwave-gen:mix_L longwave-master:in_L"
    "longwave-gen:mix_R longwave-master:in_R"
    "longwave-master:out_L longwave-sink:in_L"
    "longwave-master:out_R longwave-sink:in_R"
)
all_wired() {
    local now c
    now=$(pw-jack jack_lsp -c 2>/dev/null | awk '/^[^ ]/ { from = $0; next }
        { sub(/^ +/, ""); print from " " $0 }')
    for c in "${cables[@]}"; do
        grep -qxF "$c" <<<"$now" || return 1
    done
}
wire() {
    local c
    for c in "${cables[@]}"; do
        # shellcheck disable=SC2086
        pw-jack jack_connect $c 2>/dev/null || true
    done
    all_wired
}
heard() {
    curl -s -m 2 'http://127.0.0.1:8000/live.wav?latency=live' >"$tmp/heard" || true
    [ "$(tail -c +45 "$tmp/heard" | tr -d '\0' | wc -c)" -gt 100000 ]
}
figure() {
    curl -sf http://127.0.0.1:8001/status.json >"$tmp/status.json"
    json_figure "$tmp/status.json" "$1"
}
is() { [ "$(figure "$1")" = "$2" ]; }

start_server
export PIPEWIRE_LATENCY=256/48000
pw-jack "$BIN/longwave-gen" --preset lids --renderer cpu --ahead 100 2>"$tmp/gen.log" &
clients=($!)
pw-jack "$BIN/longwave-master" 2>"$tmp/master.log" &
clients+=($!)
pw-jack "$BIN/longwave-sink" 2>"$tmp/sink.log" &
clients+=($!)
wait_for 30 grep -q playing "$tmp/gen.log" || fail "the generator did not start"
wait_for 30 grep -q 'JACK client' "$tmp/master.log" || fail "the master did not start"
wait_for 30 grep -q operator "$tmp/sink.log" || fail "the sink did not start"
wait_for 10 wire || fail "no cables"
wait_for 15 heard || fail "no sound"
wait_for 5 is jack.period_frames 256 || fail "PIPEWIRE_LATENCY: $(figure jack.period_frames) frames"
curl -sN http://127.0.0.1:8000/live.opus >"$tmp/all.opus" &
listener=$!
pass "heard, $(figure jack.period_frames) frames at $(figure jack.rate_hz) Hz"

pw-metadata -n settings 0 clock.force-quantum 1024 >"$tmp/force.log"
wait_for 10 is jack.period_frames 1024 || fail "period: $(figure jack.period_frames)"
wait_for 20 heard || fail "no sound with another period: $(grep -A12 '"jack"' "$tmp/status.json")"
pass "another period while it runs"

# Each leaves once and comes back, with its cables.
left() { grep -c 'the sample rate has changed' "$1" || true; }
pw-metadata -n settings 0 clock.force-rate 44100 >>"$tmp/force.log"
wait_for 15 is jack.rate_hz 44100 || fail "rate: $(figure jack.rate_hz)"
wait_for 10 all_wired || fail "cables are missing at another rate"
wait_for 15 heard || fail "no sound at another rate"
kill -0 $listener 2>/dev/null || fail "the listener was lost at another rate"
sleep 3
for f in gen master sink; do
    n=$(left "$tmp/$f.log")
    [ "$n" = 1 ] || fail "the $f left $n times for another rate, not once"
done
{ all_wired && heard; } || fail "another rate did not last"
pass "another rate while it runs"

kill -KILL "$server"
kill "$manager" 2>/dev/null || true # it ends by itself
wait "$server" "$manager" 2>/dev/null || true
sleep 1
start_server
wait_for 15 all_wired || fail "cables are missing after the server's death"
wait_for 15 heard || fail "no sound after the server's death"
kill -0 $listener 2>/dev/null || fail "the listener was lost"
[ "$(figure jack.rejoins)" -ge 1 ] || fail "the rejoin was not counted"
pass "after the server's death"

# ---- a whole station ---------------------------------------------------------
kill "$listener" "${clients[@]}" # pw-jack is them by now
for pid in "${clients[@]}"; do
    wait "$pid" || fail "a client ended with $?"
done
PIPEWIRE_LATENCY=512/48000 pw-jack "$BIN/longwave" run --preset lids \
    --renderer cpu >"$tmp/station.log" 2>"$tmp/station-err.log" &
station=$!
wait_for 60 grep -q '^Ctrl-C stops' "$tmp/station.log" ||
    fail "the station did not start: $(cat "$tmp/station.log" "$tmp/station-err.log")"
wait_for 10 all_wired || fail "the station's cables are missing"
wait_for 15 heard || fail "the station is not heard"
curl -sN http://127.0.0.1:8000/live.opus >"$tmp/station.opus" &
listener=$!
gen=$(pgrep -o -x longwave-gen)
kill -KILL "$gen"
# Its cables may be back before anybody could see that they were out.
has_ended() { ! kill -0 "$1" 2>/dev/null; }
wait_for 5 has_ended "$gen" || fail "the generator lives on"
wait_for 20 all_wired || fail "the generator was not patched again"
kill -KILL "$server"
kill "$manager" 2>/dev/null || true
wait "$server" "$manager" 2>/dev/null || true
sleep 1
start_server
wait_for 20 all_wired || fail "cables of the station after the server's death"
wait_for 15 heard || fail "the station's sound after the server's death"
kill -0 $listener 2>/dev/null || fail "the station's listener was lost"
kill -INT "$station"
code=0
wait "$station" || code=$?
[ "$code" = 0 ] || fail "the station ended with $code"
pass "a station: the generator killed, the server too"
