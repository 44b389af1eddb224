# shellcheck shell=bash disable=SC2034,SC2119,SC2120,SC2154 # what is set here is read elsewhere
# SPDX-License-Identifier: GPL-3.0-or-later
# What the benches of the sink share; sourced after tests/integration/lib.sh:
# servers in this world, arithmetic, figures, verdicts.

PRESET=phase1
SINK=127.0.0.1:8000
KBPS=96

calc() { awk "BEGIN { printf \"%.${2:-0}f\", ($1) }"; }
more() { [ "$(calc "$1 > $2")" = 1 ]; }
rss() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# connects FROM TO: once both are there.
connects() { wait_for 20 jack_connect "$1" "$2" || fail "no $1 or $2"; }

start_generator() {
    "$BIN/longwave-gen" --preset $PRESET --thin --renderer cpu --osc none \
        --log-level warn >"$tmp/gen.log" 2>&1 &
    wait_for 30 jack_lsp longwave-gen:mix_R || fail "the generator did not start"
}

# answers ADDR: something listens there.
# shellcheck disable=SC2317 # wait_for calls it
answers() { (exec 9<>"/dev/tcp/${1%:*}/${1#*:}"); }

# run_sink OPTIONS...: it is $server, and listens; nothing is connected to it.
run_sink() {
    "$BIN/longwave-sink" --listen $SINK --max-listeners 100000 "$@" \
        >"$tmp/sink.log" 2>&1 &
    server=$!
    wait_for 10 answers $SINK || fail "the sink does not listen"
}

stop() {
    local pid
    for pid in "$@"; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in "$@"; do
        wait "$pid" 2>/dev/null || true
    done
}

# verdict TARGET MEASURED UNIT HOLDS...: a line of the table; HOLDS is a command
# that succeeds where the target is met. In $verdicts, and in $failed.
verdicts=() failed=0
verdict() {
    local target=$1 measured=$2 unit=$3 word=pass
    shift 3
    "$@" || word=FAIL failed=1
    [[ $measured != *.* ]] || measured=$(calc "$measured" 2)
    verdicts+=("$(printf '%-62s | %10s %-10s | %s' "$target" "$measured" \
        "$unit" $word)")
}
# not_measured TARGET WHY
not_measured() {
    verdicts+=("$(printf '%-62s | %s' "$1" "not measured: $2")")
}
at_most() { ! more "$1" "$2"; }
at_least() { ! more "$2" "$1"; }

show_verdicts() {
    [ ${#verdicts[@]} -gt 0 ] || return 0
    printf '\n%-62s | %21s | %s\n' target measured verdict
    printf '%s\n' "${verdicts[@]}"
}
