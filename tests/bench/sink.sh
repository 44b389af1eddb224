#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench: what a listener costs the sink and how well each is served, from 1 to 10,000, beside a bare writev() and Icecast
# builds: longwave-gen longwave-sink load floor
# Called by ./dev bench sink, which builds what it needs; see --help.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"

PRESET=phase1
SINK=127.0.0.1:8000
FLOOR=127.0.0.1:8002
ICECAST=127.0.0.1:8003
KBPS=96
SPARE_FDS=64 # of a server or the load generator, besides one per listener
RATIO_FROM=100 # listeners: with fewer what is fixed rules

usage() {
    cat <<'END'
usage: ./dev bench sink [OPTIONS]

For each number of listeners a sink of its own, in a JACK world of its own, is
fed by longwave-gen and listened to by tests/bench/load, which says what each
listener got; then so is a bare writev() of as many bytes as often (the floor),
and Icecast with the same packets where icecast2 and ffmpeg are installed. All
on this machine: the load generator's share is printed too.

  --listeners N,N..  how many (1,10,100,1000,4000,10000)
  --quick            1,10,100 for 5 s each
  --seconds N        judged, s (20)
  --warm-up N        not judged, after the last connect, s (5)
  --ramp N           connects per second (1000); 0: all at one instant
  --query TEXT       for the sink, as in latency=live&bitrate=96
  --page-ms MS       the floor's and Icecast's pages (as often as the sink sends)
  --threads N        of the load generator (1)
  --json DIR         keep all figures there
  --no-icecast       even where it is installed

Columns: conn, first: ms from connect() to the connection and to the first page
of audio. dev: how far chunks are from the listener's own schedule, its median
taken out. jitter: between successive chunks. holes, dry: listeners with missing
samples, and whose player would have run dry. wrong: checksums, order, serials.
wrong is 1 for each of Icecast's, who join a stream in its midst.
CPU: us of the server per second and listener, in all, and the fan-out: what the
encoder doesn't use, nor the server without listeners. RSS: over that without.
Exit 1 when a listener of the sink was refused or ended, or heard a hole.
END
}

wrong() {
    printf 'bench sink: %s\n' "$*" >&2
    usage >&2
    exit 2
}

counts='' seconds=20 warm_up=5 ramp=1000 query='' page_ms='' threads=1 json=''
quick='' icecast=1
options=("$@")
while [ $# -gt 0 ]; do
    case $1 in
    --listeners | --seconds | --warm-up | --ramp | --query | --page-ms | \
        --threads | --json)
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
    counts=${counts:-1,10,100} seconds=5 warm_up=2
fi
counts=${counts:-1,10,100,1000,4000,10000}
[[ $counts =~ ^[1-9][0-9]*(,[1-9][0-9]*)*$ ]] ||
    wrong "--listeners: found '$counts', allowed are numbers with commas"
for n in "$seconds" "$warm_up" "$ramp"; do
    [[ $n =~ ^[0-9]+(\.[0-9]+)?$ ]] || wrong "found '$n', allowed are numbers"
done
[[ ${page_ms:-20}$threads =~ ^[0-9]+$ ]] ||
    wrong "found '$page_ms' and '$threads', allowed are whole numbers"
[ -z "$json" ] || mkdir -p "$json"

enter_world "${options[@]}"
out=${json:-$tmp}
IFS=, read -ra counts <<<"$counts"

calc() { awk "BEGIN { printf \"%.${2:-0}f\", ($1) }"; }
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

start_sink() {
    "$BIN/longwave-sink" --listen $SINK --max-listeners 100000 --bitrate $KBPS \
        --log-level error >"$tmp/sink.log" 2>&1 &
    server=$!
    connects longwave-gen:mix_L longwave-sink:in_L
    connects longwave-gen:mix_R longwave-sink:in_R
    wait_for 10 answers $SINK || fail "the sink does not listen"
    sleep 12 # until there is a whole burst
}

# start_floor PAGE_MS BURST_S
start_floor() {
    "$TOOLS/floor" --listen $FLOOR --page-ms "$1" --bitrate $KBPS --burst "$2" \
        >"$tmp/floor.log" 2>&1 &
    server=$!
    wait_for 5 answers $FLOOR || fail "the floor does not listen"
}

# start_icecast PAGE_MS: fed with the packets of a sink, which is $source.
start_icecast() {
    start_sink
    source=$server
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

stop() {
    local pid
    for pid in "$@"; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in "$@"; do
        wait "$pid" 2>/dev/null || true
    done
}

# load LABEL N URL: a row; its figures in $figures.
load() {
    figures=$out/$1-$2.json
    "$TOOLS/load" --listeners "$2" --ramp "$ramp" --warm-up "$warm_up" \
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
    ! more "$(figure load_busiest_core)" 0.9 ||
        printf '    limit: the load generator used its whole core (--threads)\n'
    ! more "$(figure server.cores)" 0.9 ||
        printf '    limit: the server used a whole core\n'
}
more() { [ "$(calc "$1 > $2")" = 1 ]; }

costs=() failed=0
# bench_sink N: its cadence is then $page, its burst $burst, its cost $cost.
bench_sink() {
    start_sink
    local idle after
    idle=$(rss $server)
    load sink "$1" "http://$SINK/live.opus${query:+?$query}" || {
        stop "$server"
        return 1
    }
    limits "$1"
    [ "$(figure good.ends.open)" = "$1" ] && [ "$(figure good.holes)" = 0 ] ||
        failed=1
    sleep 1
    after=$(rss $server)
    cost=$(figure server.fan_out_us_per_listener_s)
    burst=$(calc "$(figure good.burst.p50_ms) / 1000" 2)
    page=${page_ms:-$(calc "20 * int($(figure good.chunk_ms) / 20 + 0.5)")}
    [ "$page" -ge 20 ] || page=20
    costs+=("$(printf '%9s | %7.4f %7.4f %7.4f | %7.4f | %7s %7s %7s' "$1" \
        "$(figure server.cores)" "$(figure server.apart_cores)" \
        "$(calc "$(figure server.cores) - $(figure server.apart_cores)" 5)" \
        "$(figure load_cores)" "$idle" \
        "$(calc "$(figure server.rss_bytes) / 1024")" "$after")")
    stop "$server"
}

# ratio N WHAT: the sink's cost to that of the figures.
ratio() {
    local other
    other=$(figure server.fan_out_us_per_listener_s)
    if [ "$1" -ge $RATIO_FROM ] && more "$other" 0; then
        printf '    sink / %s: fan-out %s\n' "$2" "$(calc "$cost / $other" 2)"
    fi
}

bench_floor() {
    start_floor "$page" "$burst"
    if load floor "$1" "http://$FLOOR/"; then
        limits "$1"
        ratio "$1" floor
    fi
    stop "$server"
}

bench_icecast() {
    local source feeder
    start_icecast "$page"
    if load icecast "$1" "http://$ICECAST/live.opus"; then
        limits "$1"
        ratio "$1" icecast
    fi
    stop "$feeder" "$server" "$source"
}

start_jackd 48000 256
start_generator

printf 'Longwave %s, %s s judged each, %s, %s\n' \
    "$(git -C "$top" describe --always --dirty 2>/dev/null || echo '?')" \
    "$seconds" "$(nproc) cores, Linux $(uname -r)" "$(date -u +%Y-%m-%dT%H:%MZ)"
if [ -z "$icecast" ]; then
    :
elif ! command -v icecast2 >/dev/null || ! command -v ffmpeg >/dev/null; then
    printf 'Icecast: icecast2 or ffmpeg not installed, skipped\n'
    icecast=''
fi
printf '\n'
"$TOOLS/load" --head
allowed=$(ulimit -Hn)
for n in "${counts[@]}"; do
    if [ "$allowed" != unlimited ] && [ "$allowed" -lt $((n + SPARE_FDS)) ]; then
        printf '%s listeners: not run: %s open files are allowed (ulimit -Hn)\n' \
            "$n" "$allowed"
        failed=1
        continue
    fi
    bench_sink "$n" || {
        failed=1
        continue
    }
    bench_floor "$n"
    [ -z "$icecast" ] || bench_icecast "$n"
done

printf '\nThe sink by its number of listeners: cores used, and memory, KB\n\n'
printf '%9s | %7s %7s %7s | %7s | %7s %7s %7s\n' listeners sink encoder 'the rest' \
    'load' idle with after
printf '%s\n' "${costs[@]}"
[ -z "$json" ] || printf '\nAll figures: %s\n' "$json"
rm -f "$tmp"/*.log # a verdict needs no logs, as a failure does
exit $failed
