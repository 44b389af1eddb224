#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench: what a listener costs the sink and how well each is served, from 1 to 10,000, beside a bare writev() and Icecast
# builds: longwave-gen longwave-sink load floor marker hear cutter
# Called by ./dev bench sink, which builds what it needs; see --help.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"

# shellcheck source=tests/bench/serve.bash
. "$(dirname "${BASH_SOURCE[0]}")/serve.bash"
# shellcheck source=tests/bench/sink_parts.bash
. "$(dirname "${BASH_SOURCE[0]}")/sink_parts.bash"

FLOOR=127.0.0.1:8002
ICECAST=127.0.0.1:8003
SPARE_FDS=64   # of a server or the load generator, besides one per listener
RATIO_FROM=100 # listeners: with fewer what is fixed rules
NAP_MS=2       # and from there on the load generator looks so often
HISTORY_S=12   # until there is a whole burst
LADDER=1,10,100,1000,4000,10000
PLAN='safe:1 safe:10 safe:100 safe:1000 safe:4000 safe:10000 normal:1000
    low:1000 live:10 live:1000'
PARTS=rows,first,cold,leave,memory,latency

usage() {
    cat <<'END'
usage: ./dev bench sink [OPTIONS]

For each latency class and number of listeners a sink, in a JACK world of its
own, is fed by longwave-gen and listened to by tests/bench/load, which says what
each listener got; then so is a bare writev() of as many bytes as often (the
floor), and, in the class safe, Icecast with the same packets where icecast2 and
ffmpeg are installed. Then come first audio on warm and cold rungs, thousands who
leave at one instant, memory after ten ramps, a stall of 70 s, and the latency
from JACK. All on this machine: the load generator's share is printed too. At the
end each target, what was measured, and whether it holds.

  --listeners N,N..  how many, in each class (1,10,100,1000,4000,10000 in safe,
                     1000 in the others, 10 in live too)
  --classes C,C..    live, low, normal, safe (with --listeners: safe)
  --parts P,P..      rows, first, cold, leave, memory, latency (all)
  --connects N       one after another, for the first audio (400)
  --quick            rows of 1,10,100 in safe for 5 s each, and 40 connects
  --seconds N        judged, s (15)
  --warm-up N        not judged, after the last connect, s (3)
  --ramp N           connects per second (1000); 0: all at one instant
  --query TEXT       for the sink, as in bitrate=96
  --page-ms MS       the floor's and Icecast's pages (as often as the sink sends)
  --threads N        of the load generator (1)
  --json DIR         keep all figures there
  --no-icecast       even where it is installed

From 100 listeners on the load generator looks every 2 ms instead of being woken
by what comes: a server would be charged for waking it, and the more the slower
it is. Deviation and jitter are by so much less exact there.

Columns: conn, first: ms from connect() to the connection and to the first page
of audio. dev: how far chunks are from the listener's own schedule, its median
taken out. jitter: between successive chunks. holes, dry: listeners with missing
samples, and whose player would have run dry. wrong: checksums, order, serials.
wrong is 1 for each of Icecast's, who join a stream in its midst.
CPU: us of the server per second and listener, in all, and the fan-out: what the
encoder doesn't use, nor the server without listeners. RSS: over that without.
Exit 1 when a target is missed, or a listener of the sink was refused or ended,
or heard a hole.
END
}

wrong() {
    printf 'bench sink: %s\n' "$*" >&2
    usage >&2
    exit 2
}

counts='' classes='' seconds=15 warm_up=3 ramp=1000 query='' page_ms='' threads=1
json='' quick='' icecast=1 parts='' connects=400
options=("$@")
while [ $# -gt 0 ]; do
    case $1 in
    --listeners | --seconds | --warm-up | --ramp | --query | --page-ms | \
        --threads | --json | --classes | --parts | --connects)
        [ $# -gt 1 ] || wrong "$1 needs a value"
        name=${1#--} name=${name//-/_}
        [ "$name" != listeners ] || name=counts
        declare "$name=$2"
        shift
        ;;
    --quick) quick=1 ;;
    --no-icecast) icecast='' ;;
    -h | --help)
        usage
        exit 0
        ;;
    *) wrong "unknown option '$1'" ;;
    esac
    shift
done
if [ -n "$quick" ]; then
    counts=${counts:-1,10,100} seconds=5 warm_up=2 connects=40
    parts=${parts:-rows,first}
fi
[[ ${counts:-1} =~ ^[1-9][0-9]*(,[1-9][0-9]*)*$ ]] ||
    wrong "--listeners: found '$counts', allowed are numbers with commas"
[[ ${classes:-safe} =~ ^(live|low|normal|safe)(,(live|low|normal|safe))*$ ]] ||
    wrong "--classes: found '$classes', allowed are live, low, normal, safe"
parts=${parts:-$PARTS}
for part in ${parts//,/ }; do
    [[ ,$PARTS, = *,$part,* ]] ||
        wrong "--parts: found '$part', allowed are $PARTS"
done
plan=$PLAN
if [ -n "$counts$classes" ]; then
    plan=''
    for class in $(tr , ' ' <<<"${classes:-safe}"); do
        for n in $(tr , ' ' <<<"${counts:-$LADDER}"); do
            plan+="$class:$n "
        done
    done
fi
for n in "$seconds" "$warm_up" "$ramp"; do
    [[ $n =~ ^[0-9]+(\.[0-9]+)?$ ]] || wrong "found '$n', allowed are numbers"
done
[[ ${page_ms:-20}$threads$connects =~ ^[0-9]+$ ]] ||
    wrong "found '$page_ms', '$threads', '$connects', allowed are whole numbers"
[ -z "$json" ] || mkdir -p "$json"

enter_world "${options[@]}"
out=${json:-$tmp}

# feed PORT: the generator into PORT_L, PORT_R.
feed() {
    connects longwave-gen:mix_L "$1_L"
    connects longwave-gen:mix_R "$1_R"
}

start_sink() {
    run_sink --log-level error
    feed longwave-sink:in
    sleep $HISTORY_S
}

# start_floor PAGE_MS BURST_S
start_floor() {
    "$TOOLS/floor" --listen $FLOOR --page-ms "$1" --bitrate $KBPS --burst "$2" \
        >"$tmp/floor.log" 2>&1 &
    server=$!
    wait_for 5 answers $FLOOR || fail "the floor does not listen"
}

# start_icecast PAGE_MS: fed with the packets of the sink that runs.
start_icecast() {
    chmod 755 "$tmp"
    mkdir -p "$tmp/icecast"
    local owner='' share
    share=$(dirname "$(command -v icecast2)")/../share/icecast2
    if [ "$(id -u)" = 0 ]; then # it refuses to be root
        chmod 777 "$tmp/icecast"
        owner='<changeowner><user>nobody</user><group>nogroup</group></changeowner>'
    fi
    cat >"$tmp/icecast.xml" <<END
<icecast><hostname>localhost</hostname>
<limits><clients>100000</clients><sources>2</sources>
<queue-size>524288</queue-size><burst-size>65535</burst-size></limits>
<authentication><source-password>bench</source-password>
<admin-user>admin</admin-user><admin-password>bench</admin-password>
</authentication>
<listen-socket><bind-address>${ICECAST%:*}</bind-address>
<port>${ICECAST#*:}</port></listen-socket>
<paths><logdir>$tmp/icecast</logdir><webroot>$share/web</webroot>
<adminroot>$share/admin</adminroot></paths>
<logging><errorlog>error.log</errorlog><loglevel>2</loglevel></logging>
<security><chroot>0</chroot>$owner</security></icecast>
END
    icecast2 -c "$tmp/icecast.xml" >"$tmp/icecast.log" 2>&1 &
    server=$!
    wait_for 10 answers $ICECAST || fail "Icecast does not listen"
    ffmpeg -nostdin -v error -i "http://$SINK/live.opus" -c copy -f ogg \
        -page_duration $(($1 * 1000)) -flush_packets 1 -content_type audio/ogg \
        "icecast://source:bench@$ICECAST/live.opus" >"$tmp/ffmpeg.log" 2>&1 &
    feeder=$!
    sleep 8 # until its burst is full
}

# load LABEL N URL [NAME]: a row; its figures in $figures.
load() {
    local nap=0
    figures=$out/${4:-$1}-$2.json
    [ "$2" -lt $RATIO_FROM ] || nap=$NAP_MS
    "$TOOLS/load" --nap $nap --listeners "$2" --ramp "$ramp" --warm-up "$warm_up" \
        --seconds "$seconds" --threads "$threads" --pid "$server" --row "$1 $2" \
        --save "$figures" "$3" 2>"$tmp/load.log" ||
        { cat "$tmp/load.log" && return 1; }
}
figure() { json_figure "$figures" "$1"; }

# What kept listeners from being served, or may have made them late.
limits() {
    local asked=$1 audio refused lost ended
    audio=$(figure good.with_audio)
    refused=$(figure good.ends.refused)
    lost=$(figure good.ends.not_connected)
    ended=$(calc "$(figure good.ends.closed) + $(figure good.ends.reset) + \
        $(figure good.ends.done) + $(figure good.ends.not_http)")
    [ "$refused" = 0 ] ||
        printf '    limit: %s of %s were refused by a status (503: full)\n' \
            "$refused" "$asked"
    [ "$lost" = 0 ] || printf '    limit: %s of %s did not connect: %s\n' \
        "$lost" "$asked" "$(figure connect_error)"
    [ "$ended" = 0 ] ||
        printf '    limit: %s of %s were ended by the server\n' "$ended" "$asked"
    [ $((audio + refused + lost + ended)) -ge "$asked" ] ||
        printf '    limit: %s of %s had no audio in time\n' \
            $((asked - audio - refused - lost - ended)) "$asked"
    [ "$audio" = 0 ] || more "$(figure good.chunks)" 0 ||
        printf '    limit: nothing came in the judged time; jackd says: %s\n' \
            "$(tail -n 2 "$tmp/jackd.log" | tr '\n' ' ')"
    ! more "$(figure load_busiest_core)" 0.9 ||
        printf '    limit: the load generator used its whole core (--threads)\n'
    ! more "$(figure server.cores)" 0.9 ||
        printf '    limit: the server used a whole core\n'
}
# enough_fds N: so many listeners may be had.
enough_fds() {
    local allowed
    allowed=$(ulimit -Hn)
    [ "$allowed" = unlimited ] || [ "$allowed" -ge $(($1 + SPARE_FDS)) ]
}

# gaps: listeners of the figures that missed samples or had to wait.
gaps() { calc "$(figure good.listeners_with_hole) + $(figure good.listeners_dry)"; }

# share WHAT: of chunks, %.
share() { calc "100 * $(figure "good.within_$1_ms")" 3; }

# What issue and design ask of so many listeners in a class.
judge_row() {
    local class=$1 n=$2 least=99
    if [ "$n" = 10 ]; then
        verdict "10 listeners, $class: deviation p99 under 5 ms" \
            "$(figure good.deviation.p99_ms)" ms \
            at_most "$(figure good.deviation.p99_ms)" 5
        verdict "10 listeners, $class: jitter p95 under 1 ms" \
            "$(figure good.jitter.p95_ms)" ms \
            at_most "$(figure good.jitter.p95_ms)" 1
    elif [ "$n" -ge 1000 ]; then
        verdict "$n listeners, $class: no gap for any" "$(gaps)" listeners \
            at_most "$(gaps)" 0
        [ "$n" -ge 10000 ] || least=99.9
        verdict "$n listeners, $class: $least % of chunks within 50 ms" \
            "$(share 50)" % at_least "$(share 50)" $least
        verdict "$n listeners, $class: jitter p95 under 20 ms" \
            "$(figure good.jitter.p95_ms)" ms \
            at_most "$(figure good.jitter.p95_ms)" 20
    fi
    if [ "$n" = 4000 ] && [ "$class" = safe ]; then
        verdict "4000 listeners, safe: fan-out at most 14 us per s each" \
            "$(calc "$cost" 1)" us at_most "$cost" 14
        local each
        # The last minute of the rung is there for one listener as for all.
        each=$(calc "($(figure server.rss_bytes) - 1024 * $idle - $packets) / $n")
        verdict "4000 listeners, safe: under 8 KiB of our memory each" \
            "$each" bytes at_most "$each" 8192
    fi
}

# What the sink's rungs keep, bytes.
packet_bytes() {
    curl -s http://127.0.0.1:8001/metrics |
        awk '$1 ~ /_packet_memory_bytes$/ { print $2 }'
}

costs=()
# bench_sink CLASS N: of $server, whose RSS was $idle at first. Its cadence is
# then $page, its burst $burst, its cost $cost.
bench_sink() {
    local url
    url="http://$SINK/live.opus?latency=$1${query:+&$query}"
    load "$1" "$2" "$url" "sink-$1" || return 1
    packets=$(packet_bytes)
    limits "$2"
    [ "$(figure good.ends.open)" = "$2" ] && [ "$(figure good.holes)" = 0 ] ||
        failed=1
    cost=$(figure server.fan_out_us_per_listener_s)
    burst=$(calc "$(figure good.burst.p50_ms) / 1000" 2)
    page=${page_ms:-$(calc "20 * int($(figure good.chunk_ms) / 20 + 0.5)")}
    [ "$page" -ge 20 ] || page=20
    [ "$page" -le 4000 ] || page=4000
    judge_row "$1" "$2"
    sleep 1
    costs+=("$(printf '%-6s %9s | %7.4f %7.4f %7.4f | %7.4f | %7s %7s %7s' \
        "$1" "$2" "$(figure server.cores)" "$(figure server.apart_cores)" \
        "$(calc "$(figure server.cores) - $(figure server.apart_cores)" 5)" \
        "$(figure load_cores)" "$idle" \
        "$(calc "$(figure server.rss_bytes) / 1024")" "$(rss "$server")")")
}

# ratio N WHAT: the sink's cost to that of the figures.
ratio() {
    local other
    other=$(figure server.fan_out_us_per_listener_s)
    if [ "$1" -ge $RATIO_FROM ] && more "$other" 0; then
        printf '    sink / %s: fan-out %s\n' "$2" "$(calc "$cost / $other" 2)"
    fi
}

# bench_floor CLASS N: beside the sink, which nobody listens to then.
bench_floor() {
    local server
    start_floor "$page" "$burst"
    if load '  floor' "$2" "http://$FLOOR/" "floor-$1"; then
        limits "$2"
        ratio "$2" floor
        local floor times
        floor=$(figure server.fan_out_us_per_listener_s)
        if [ "$2" -ge 1000 ] && more "$floor" 0; then
            times=$(calc "$cost / $floor" 2)
            verdict "$2 listeners, $1: fan-out at most 1.15 x floor" "$times" x \
                at_most "$times" 1.15
        fi
    fi
    stop "$server"
}

bench_icecast() {
    local feeder server
    start_icecast "$page"
    if load '  icecast' "$1" "http://$ICECAST/live.opus" icecast; then
        limits "$1"
        ratio "$1" icecast
    fi
    stop "$feeder" "$server"
}

# rows CLASS: those of the plan.
rows() {
    local class=$1 n idle
    start_sink
    idle=$(rss "$server")
    for n in $(tr ' ' '\n' <<<"$plan" | sed -n "s/^$class://p"); do
        if ! enough_fds "$n"; then
            printf '%s listeners: not run: %s open files are allowed (%s)\n' \
                "$n" "$(ulimit -Hn)" 'ulimit -Hn'
            failed=1
            continue
        fi
        bench_sink "$class" "$n" || {
            failed=1
            continue
        }
        bench_floor "$class" "$n"
        [ -z "$icecast" ] || [ "$class" != safe ] || bench_icecast "$n"
    done
    stop "$server"
}

part_rows() {
    local class
    if [ -z "$icecast" ]; then
        :
    elif ! command -v icecast2 >/dev/null || ! command -v ffmpeg >/dev/null; then
        printf 'Icecast: icecast2 or ffmpeg not installed, skipped\n'
        icecast=''
    fi
    printf '\n'
    "$TOOLS/load" --head
    for class in safe normal low live; do
        [[ " $plan" != *[[:space:]]$class:* ]] || rows $class
    done
    printf '\nThe sink by its number of listeners: cores used, and memory, KB\n\n'
    printf '%-6s %9s | %7s %7s %7s | %7s | %7s %7s %7s\n' class listeners sink \
        encoder 'the rest' 'load' idle with after
    printf '%s\n' "${costs[@]}"
}

printf 'Longwave %s, %s s judged each, %s, %s\n' \
    "$(git -C "$top" describe --always --dirty 2>/dev/null || echo '?')" \
    "$seconds" "$(nproc) cores, Linux $(uname -r)" "$(date -u +%Y-%m-%dT%H:%MZ)"
start_jackd 48000 256
start_generator
for part in ${PARTS//,/ }; do
    [[ ,$parts, = *,$part,* ]] || continue
    case $part in
    rows) part_rows ;;
    first) part_first ;;
    cold) part_cold ;;
    leave) part_leave ;;
    memory) part_memory ;;
    latency) part_latency ;;
    esac || verdict "$part could be measured" no '' false
done
show_verdicts
printf '\nIt took %s min.\n' "$(calc "$SECONDS / 60" 1)"
[ -z "$json" ] || printf 'All figures: %s\n' "$json"
rm -f "$tmp"/*.log # a verdict needs no logs, as a failure does
exit "$failed"
