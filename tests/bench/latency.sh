#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench: how long a sound is on its way from JACK to a listener, by marks in the audio, per latency class
# builds: longwave-sink marker hear load cutter
# Called by ./dev bench latency, which builds what it needs; see --help.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"
# shellcheck source=tests/bench/serve.bash
. "$(dirname "${BASH_SOURCE[0]}")/serve.bash"

HELD=127.0.0.1:8010 # the sink, by way of a proxy that is late
HELD_MS=50
MARK_S=0.371 # a little more than one takes

usage() {
    cat <<'END'
usage: ./dev bench latency [OPTIONS]

tests/bench/load/marker plays bursts into JACK (256 frames at 48 kHz) and notes
when each one's first frame entered the graph; tests/bench/load/hear listens,
decodes, and says when the page that holds it was there. One listener of each
class, all at once, and one of the first class behind a proxy that holds
everything back 50 ms: its row has to say so, else the measure is wrong.

  --marks N          at least so many bursts each (300)
  --classes C,C..    live, low, normal, safe (live,low)
  --beside N         so many other listeners, in the default class (0)
  --json DIR         keep all figures there

onset: of a burst; page: of the first sample of the page that holds it, which a
listener who plays at once hears so late. Exit 1 when a mark is missing, the
delay is not found, or live is over 40 ms at p99.
END
}

wrong() {
    printf 'bench latency: %s\n' "$*" >&2
    usage >&2
    exit 2
}

marks=300 classes=live,low beside=0 json=''
options=("$@")
while [ $# -gt 0 ]; do
    case $1 in
    --marks | --classes | --beside | --json)
        [ $# -gt 1 ] || wrong "$1 needs a value"
        declare "${1#--}=$2"
        shift
        ;;
    -h | --help)
        usage
        exit 0
        ;;
    *) wrong "unknown option '$1'" ;;
    esac
    shift
done
[[ $marks =~ ^[1-9][0-9]*$ && $beside =~ ^[0-9]+$ ]] ||
    wrong "--marks, --beside: found '$marks', '$beside', allowed are whole numbers"
IFS=, read -ra classes <<<"$classes"
for class in "${classes[@]}"; do
    [[ $class =~ ^(live|low|normal|safe)$ ]] ||
        wrong "--classes: found '$class', allowed are live, low, normal, safe"
done
[ -z "$json" ] || mkdir -p "$json"

enter_world "${options[@]}"
out=${json:-$tmp}
seconds=$(calc "$marks * $MARK_S + 1")

start_jackd 48000 256
run_sink --log-level error
"$TOOLS/marker" "$tmp/marks" longwave-sink:in_L longwave-sink:in_R \
    2>"$tmp/marker.log" &
marker=$!
wait_for 5 test -s "$tmp/marks" || fail "no marks"
"$TOOLS/cutter" --delay $HELD_MS $HELD $SINK >"$tmp/cutter.log" 2>&1 &
sleep 12 # until there is a whole burst

if [ "$beside" -gt 0 ]; then
    "$TOOLS/load" --listeners "$beside" --seconds "$(calc "$seconds + 5")" \
        "http://$SINK/live.opus" >"$tmp/beside.log" 2>&1 &
    sleep "$(calc "$beside / 1000 + 3")"
fi

# hear NAME ADDR CLASS
hear() {
    "$TOOLS/hear" --marks "$tmp/marks" --seconds "$seconds" --row "$1" \
        --save "$out/hear-$1.json" "http://$2/live.opus?latency=$3&bitrate=$KBPS" \
        >"$tmp/row-$1" 2>"$tmp/hear-$1.log"
}

pids=()
for class in "${classes[@]}"; do
    hear "$class" $SINK "$class" &
    pids+=($!)
done
held=${classes[0]}-held-back
hear "$held" $HELD "${classes[0]}" &
pids+=($!)
for pid in "${pids[@]}"; do
    wait "$pid" || fail "a listener heard no marks"
done
stop $marker

printf 'JACK to listener, %s marks each, %s others beside, %s\n\n' "$marks" \
    "$beside" "$(nproc) cores, Linux $(uname -r), $(date -u +%Y-%m-%dT%H:%MZ)"
"$TOOLS/hear" --head
for name in "${classes[@]}" "$held"; do
    cat "$tmp/row-$name"
done

# of NAME FIGURE
of() { json_figure "$out/hear-$1.json" "$2"; }

for name in "${classes[@]}" "$held"; do
    missing=$(calc "$(of "$name" lost) + $(of "$name" strange)")
    verdict "every mark is heard, $name" "$missing" missing at_most "$missing" 0
    got=$(of "$name" marks)
    verdict "enough marks for a p99, $name" "$got" marks at_least "$got" "$marks"
done
added=$(calc "$(of "$held" onset.p50_ms) - $(of "${classes[0]}" onset.p50_ms)" 1)
off=$(calc "$added > $HELD_MS ? $added - $HELD_MS : $HELD_MS - $added" 1)
verdict "a delay of $HELD_MS ms put in is found to within 3 ms" "$added" ms \
    at_most "$off" 3
for class in "${classes[@]}"; do
    [ "$class" = live ] || continue
    p99=$(of live onset.p99_ms)
    verdict "JACK to listener, class live: 40 ms at p99" "$p99" ms \
        at_most "$p99" 40
done
show_verdicts
rm -f "$tmp"/*.log # a verdict needs no logs, as a failure does
exit "$failed"
