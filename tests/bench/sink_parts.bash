# shellcheck shell=bash disable=SC2154 # the rest is of sink.sh, serve.bash, lib.sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The parts of ./dev bench sink that are no rows: first audio, listeners who
# leave, memory, a stall, the latency from JACK. Sourced by sink.sh; each is of
# one sink of its own and ends in verdicts.

FIRST_RATE=20    # connects per second, one after another
AT_ONCE=200      # connects at one instant
LEAVE=4000       # listeners; 99 % of them leave at one instant
COLD_MOUNTS=4    # with a ladder of rungs each that nobody listens to
COLD_RUNGS=(32 64 96 160)
COLD_ROUNDS=2    # sinks
RAMPS=10
RAMP=1000        # listeners
STALL_S=70
FORGOTTEN_S=80   # after that no session waits for its listener
GROWTH=0.05      # of the memory before, that may be left

# quietly NAME OPTIONS... URL: load's figures in $figures, no row.
quietly() {
    figures=$out/$1.json
    shift
    "$TOOLS/load" --json "$@" >"$figures" 2>"$tmp/load.log" ||
        { cat "$tmp/load.log" && return 1; }
}

# keep_warm: one who listens throughout; $keeper.
keep_warm() {
    "$TOOLS/load" --listeners 1 --seconds 3600 "http://$SINK/live.opus" \
        >"$tmp/keeper.log" 2>&1 &
    keeper=$!
    sleep 2
}

part_first() {
    start_sink
    keep_warm
    quietly first-warm --listeners "$connects" --ramp $FIRST_RATE --stay 0 \
        --warm-up 0 --seconds 1 "http://$SINK/live.opus" || return 1
    local heard p99
    heard=$(figure good.with_audio) p99=$(figure good.first_audio.p99_ms)
    verdict "first audio, warm rung, p99 of $heard connects: 10 ms" "$p99" ms \
        at_most "$p99" 10
    verdict "every one of $connects has audio" "$heard" listeners \
        at_least "$heard" "$connects"
    quietly first-at-once --listeners $AT_ONCE --ramp 0 --warm-up 0 --seconds 2 \
        "http://$SINK/live.opus" || return 1
    heard=$(figure good.with_audio)
    verdict "$AT_ONCE connects at one instant: all have audio" "$heard" \
        listeners at_least "$heard" $AT_ONCE
    verdict "$AT_ONCE connects at one instant: the last after 100 ms" \
        "$(figure good.first_audio.max_ms)" ms \
        at_most "$(figure good.first_audio.max_ms)" 100
    stop "$keeper" "$server"
}

# ports_of K: of mount coldK, without _L and _R; the first mount's are in_*.
ports_of() {
    local name=cold$1
    [ "$1" != 1 ] || name='(cold1|in)'
    jack_lsp | grep -Ex "longwave-sink:${name}_L" | sed 's/_L$//' | grep .
}

# Rungs of mounts to which nobody has listened since the sink began.
part_cold() {
    local round k kbps slowest=0 n=0
    if ! "$BIN/longwave-sink" --help | grep -q -e --mount; then
        not_measured "first audio, cold rung: 10 ms" "this sink has no --mount"
        return 0
    fi
    for ((round = 1; round <= COLD_ROUNDS; round++)); do
        local mounts=()
        for ((k = 1; k <= COLD_MOUNTS; k++)); do
            mounts+=(--mount "cold$k")
        done
        run_sink --log-level error "${mounts[@]}"
        for ((k = 1; k <= COLD_MOUNTS; k++)); do
            wait_for 10 ports_of $k || fail "mount cold$k has no ports"
            feed "$(ports_of $k)"
        done
        sleep "$HISTORY_S"
        for ((k = 1; k <= COLD_MOUNTS; k++)); do
            for kbps in "${COLD_RUNGS[@]}"; do
                quietly first-cold --listeners 1 --stay 0 --warm-up 0 \
                    --seconds 0.3 "http://$SINK/cold$k.opus?bitrate=$kbps" ||
                    return 1
                [ "$(figure good.with_audio)" = 1 ] || continue
                n=$((n + 1))
                ! more "$(figure good.first_audio.max_ms)" "$slowest" ||
                    slowest=$(figure good.first_audio.max_ms)
            done
        done
        stop "$server"
    done
    local all=$((COLD_ROUNDS * COLD_MOUNTS * ${#COLD_RUNGS[@]}))
    verdict "every one of $all cold connects has audio" "$n" listeners \
        at_least "$n" $all
    verdict "first audio, cold rung, the slowest of $n connects: 10 ms" \
        "$slowest" ms at_most "$slowest" 10
}

part_leave() {
    if ! enough_fds $LEAVE; then
        not_measured "$LEAVE leave at one instant" "too few open files allowed"
        return 0
    fi
    start_sink
    quietly leave --listeners $LEAVE --ramp "$ramp" --warm-up 2 --seconds 5 \
        --fault leave --faulty 99 --fault-at 1 "http://$SINK/live.opus" ||
        return 1
    local stayed hurt
    stayed=$(figure good.ends.open)
    hurt=$(calc "$(figure good.holes) + $(figure good.listeners_dry)")
    verdict "$(figure faulty.ends.left) of $LEAVE leave at one instant: the others stay" \
        "$stayed" listeners at_least "$stayed" "$(figure good.listeners)"
    verdict "... and hear no gap" "$hurt" gaps at_most "$hurt" 0
    verdict "... and the sink runs" "$(kill -0 "$server" && echo yes || echo no)" \
        "" kill -0 "$server"
    stop "$server"
}

# Ten ramps up and down, all leaving at one instant; then, while sessions are
# forgotten, one who reads nothing for 70 s.
part_memory() {
    start_sink
    keep_warm
    sleep 5
    local before after i each=()
    before=$(rss "$server")
    for ((i = 1; i <= RAMPS; i++)); do
        quietly "ramp-$i" --listeners $RAMP --ramp "$ramp" --warm-up 0.5 \
            --seconds 0.5 "http://$SINK/live.opus" || return 1
        sleep 0.5
        each+=("$(rss "$server")")
    done
    quietly stall --listeners 1 --warm-up 2 --seconds $((STALL_S + 12)) \
        --fault stop --fault-at 1 --fault-for $STALL_S \
        "http://$SINK/live.opus" || return 1
    [ $((STALL_S + 12)) -ge $FORGOTTEN_S ] || sleep $FORGOTTEN_S
    after=$(rss "$server")
    printf '\nMemory, KB: %s before; after each ramp of %s: %s; %s in the end\n' \
        "$before" $RAMP "${each[*]}" "$after"
    local grown
    grown=$(calc "100 * ($after - $before) / $before" 1)
    verdict "memory after $RAMPS ramps of $RAMP: at most $(calc "100 * $GROWTH") % more than before" \
        "$grown" % at_most "$grown" "$(calc "100 * $GROWTH")"
    verdict "after a stall of $STALL_S s a listener stays" \
        "$(figure faulty.ends.open)" "of 1" [ "$(figure faulty.ends.open)" = 1 ]
    verdict "... and is at most 1 s later than before it" \
        "$(figure faulty.behind.max_ms)" ms \
        at_most "$(figure faulty.behind.max_ms)" 1000
    printf 'Stall of %s s: %s holes of %s s in all\n' $STALL_S \
        "$(figure faulty.holes)" "$(figure faulty.hole_s)"
    stop "$keeper" "$server"
}

# In a world of its own, with 300 marks.
part_latency() {
    local target="JACK to listener, class live, p99 of 300 marks: 40 ms"
    mkdir -p "$out/latency"
    printf '\n'
    env -u LONGWAVE_WORLD BIN="$BIN" TOOLS="$TOOLS" \
        "$top/tests/bench/latency.sh" --json "$out/latency" \
        >"$tmp/latency.txt" 2>&1 || true # its verdict is ours to give
    sed '/^$/,$!d; /^target /,$d' "$tmp/latency.txt"
    local of=$out/latency/hear-live.json
    if [ -s "$of" ]; then
        verdict "$target" "$(json_figure "$of" onset.p99_ms)" ms \
            at_most "$(json_figure "$of" onset.p99_ms)" 40
    else
        cat "$tmp/latency.txt"
        verdict "$target" none "" false
    fi
}
