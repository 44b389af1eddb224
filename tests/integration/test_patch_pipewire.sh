#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The patchbay on PipeWire's libjack, whose ports and words come later than
# jackd's.
# test_patch_pipewire.sh [ROUNDS [SEED]]
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
for p in pw-jack pipewire wireplumber; do
    command -v $p >/dev/null ||
        skip "no $p here (packages pipewire, pipewire-jack, wireplumber)"
done
enter_world "$@"
rounds=${1:-20} seed=${2:-7}

export HOME=$tmp XDG_RUNTIME_DIR=$tmp/run XDG_CONFIG_HOME=$tmp/config
export PIPEWIRE_LATENCY=256/48000
unset DBUS_SESSION_BUS_ADDRESS
mkdir -m 700 "$XDG_RUNTIME_DIR"

start_server() {
    pipewire >"$tmp/pipewire.log" 2>&1 &
    server=$!
    wait_for 10 test -S "$XDG_RUNTIME_DIR/pipewire-0" || fail "no PipeWire"
    wireplumber >"$tmp/wireplumber.log" 2>&1 &
    manager=$!
}
start_studio() {
    coproc STUDIO { exec pw-jack "$TOOLS/studio" 2>>"$tmp/studio.log"; }
    studio=$STUDIO_PID
    exec 7<&"${STUDIO[0]}" 8>&"${STUDIO[1]}"
    for c in "gen 0 2" "master 2 2" "sink 2 0"; do say client "$c"; done
}
say() {
    echo "$*" >&8
    read -r -t 120 answer <&7 || fail "the studio can't: $*"
}
joined() {
    pw-jack jack_lsp -c 2>/dev/null |
        awk '/^[^ ]/ { port = $0 } /^ / { sub(/^ +/, ""); print port, $0 }' |
        grep -qxF "$1 $2"
}
apart() { ! joined "$1" "$2"; }
comes() { wait_for 5 joined "$1" "$2" || fail "$1 is not joined to $2: $3"; }

cat >"$tmp/band.yaml" <<'END'
connect:
  - [gen:out_1, master:in_1]
  - [gen:out_2, master:in_2]
  - {from: master, to: sink}
END
start_server
start_studio
for i in 1 2; do
    say cable gen:out_$i master:in_$i
    say cable master:out_$i sink:in_$i
done
pw-jack "$BIN/longwave" patch apply "$tmp/band.yaml" --watch \
    --log-level debug 2>"$tmp/watch.log" &
watch=$!
wait_for 5 grep -q 'in the graph of' "$tmp/watch.log" || fail "no watch"
say rounds "$rounds" "$seed"
echo "$answer"
awk -v n="$rounds" '{ exit !($2 == n && $4 == 4 && $6 < 200) }' <<<"$answer" ||
    fail "half of the rounds took longer than 200 ms"
! grep 'pulled by hand' "$tmp/watch.log" || fail "a closing counts as pulled"
pass "$rounds random orders"

pw-jack jack_disconnect gen:out_1 master:in_1
sleep 2.5 # until it is no client's doing
apart gen:out_1 master:in_1 || fail "what was pulled was joined again"
grep -q 'gen:out_1 to master:in_1 was pulled by hand' "$tmp/watch.log" ||
    fail "not told that it was pulled"
say close gen
say open gen
comes gen:out_2 master:in_2 "gen is back"
sleep 1.3
apart gen:out_1 master:in_1 || fail "what was pulled is back with its client"
pw-jack "$BIN/longwave" patch apply "$tmp/band.yaml" >"$tmp/apply" || fail "apply"
grep -qx 'joined    gen:out_1 -> master:in_1' "$tmp/apply" || fail "not said"
comes gen:out_1 master:in_1 "it was applied"
pass "pulled by hand stays out, until apply"

kill -9 "$server" "$manager" "$studio"
wait "$server" "$manager" "$studio" 2>/dev/null || true
rm -f "$XDG_RUNTIME_DIR"/pipewire-0*
wait_for 10 grep -q 'has gone' "$tmp/watch.log" || fail "it did not notice"
start_server
start_studio
for c in sink master gen; do say open $c; done
comes gen:out_1 master:in_1 "PipeWire is back"
comes master:out_2 sink:in_2 "PipeWire is back"
pass "PipeWire killed, and back"
stop_pid "$watch" INT 5
[ "$code" = 0 ] || fail "--watch ended with $code after Ctrl-C"
