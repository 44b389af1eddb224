# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034,SC2120
# For integration tests. Each test is a script that begins with
#     . "$(dirname "$0")/lib.sh"; enter_world "$@"
# and from then on has a world of its own: an empty /dev/shm (so its own JACK
# servers), a network of its own with only loopback, processes of its own that
# all end with it. Needs BIN (the programs) and TOOLS (the test tools).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
BIN=${BIN:-$top/build/bin}
TOOLS=${TOOLS:-$top/build/tests}
SKIP=77

fail() {
    printf 'FAIL: %s\n' "$*"
    exit 1
}
skip() {
    printf 'skipped: %s\n' "$*"
    exit $SKIP
}
pass() { printf 'ok: %s\n' "$*"; }

enter_world() {
    if [ -z "${LONGWAVE_WORLD:-}" ]; then
        local flags=(-m -i -n -p -f --mount-proc --kill-child)
        [ "$(id -u)" = 0 ] || flags+=(-r)
        # In a chroot / is no mount point and its propagation can't be changed.
        if ! unshare "${flags[@]}" true 2>/dev/null; then
            flags+=(--propagation unchanged)
            unshare "${flags[@]}" true 2>/dev/null || skip "no namespaces here"
        fi
        LONGWAVE_WORLD=1 exec unshare "${flags[@]}" bash "$0" "$@"
    fi
    mount -t tmpfs -o size=256m tmpfs /dev/shm
    ip link set lo up
    export JACK_NO_AUDIO_RESERVATION=1 JACK_NO_START_SERVER=1
    unset JACK_DEFAULT_SERVER NOTIFY_SOCKET NSM_URL
    tmp=$(mktemp -d)
    trap leave_world EXIT
}

# The world's processes die with it; what a failed test printed is shown.
leave_world() {
    local code=$?
    if [ $code != 0 ] && [ $code != $SKIP ]; then
        local f
        for f in "$tmp"/*.log; do
            [ -s "$f" ] || continue
            printf -- '--- %s\n' "$(basename "$f")"
            tail -n 30 "$f"
        done
    fi
    rm -rf "$tmp"
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

# start_jackd RATE PERIOD: a server 'default'; its pid in $jackd.
start_jackd() {
    # realtime where it is permitted: other programs of the machine then don't
    # make xruns
    jackd -p 64 -d dummy -r "$1" -p "$2" >"$tmp/jackd.log" 2>&1 &
    jackd=$!
    wait_for 10 jack_lsp || fail "jackd did not start"
}

# start_station OPTIONS...: 'longwave run' in the background, until it has
# announced itself; its pid in $station, its words in $tmp/station.log.
start_station() {
    rm -f "$tmp/station.log" # of a station before this one
    "$BIN/longwave" run "$@" >"$tmp/station.log" 2>"$tmp/station-err.log" &
    station=$!
    wait_for 90 grep -q '^Ctrl-C stops' "$tmp/station.log" ||
        fail "the station did not start"
}

# stop_pid PID SIGNAL SECONDS: its exit code in $code.
stop_pid() {
    kill "-$2" "$1"
    local end=$((SECONDS + $3))
    while kill -0 "$1" 2>/dev/null; do
        [ $SECONDS -lt $end ] || fail "process $1 still runs $3 s after SIG$2"
        sleep 0.05
    done
    code=0
    wait "$1" || code=$?
}

# shm_left: what is in shared memory, but for libjack's registry of servers. Any
# JACK program makes that on first use and all of the machine's servers share it:
# it is nobody's to delete.
shm_left() { find /dev/shm -mindepth 1 ! -name jack-shm-registry; }

# exits CODE REGEX COMMAND...: it ends so, and says that on stderr.
exits() {
    local want=$1 regex=$2 got=0
    shift 2
    timeout 60 "$@" >"$tmp/out" 2>"$tmp/err" || got=$?
    [ $got = "$want" ] || {
        cat "$tmp/out" "$tmp/err"
        fail "'$*' exited with $got, not $want"
    }
    grep -Eq -- "$regex" "$tmp/err" || {
        cat "$tmp/err"
        fail "'$*' did not say /$regex/"
    }
}

# valid_opus FILE: for two independent readers.
valid_opus() {
    oggz-validate "$1" >"$tmp/oggz" 2>&1 || {
        # A live stream has no end-of-stream page; nothing else may be wrong.
        grep -v -e 'missing \*\*\* eos' -e "^$1" -e '^[[:space:]]*$' "$tmp/oggz" &&
            fail "oggz-validate $1"
        true
    }
    opusinfo "$1" >"$tmp/opusinfo" 2>&1 || true
    grep -q 'Opus stream 1' "$tmp/opusinfo" || fail "opusinfo: no stream in $1"
    if grep -i -e warning -e error -e corrupt -e hole "$tmp/opusinfo" |
        grep -v -i -e 'no end-of-stream' -e 'EOS'; then
        fail "opusinfo $1"
    fi
}

# heard_as_rendered FILE.opus RENDERED.wav SKIP TAKE: correlation above 0.9.
heard_as_rendered() {
    ffmpeg -v error -y -i "$1" -f wav -c:a pcm_f32le -ar 48000 "$tmp/heard.wav" ||
        fail "FFmpeg can't decode $1"
    local said
    said=$("$TOOLS/compare" "$tmp/heard.wav" "$2" "$3" "$4") ||
        fail "compare $1"
    printf '%s: %s\n' "$(basename "$1")" "$said"
    awk -v s="$said" 'BEGIN { split(s, w, " "); exit !(w[2] > 0.9) }' ||
        fail "$1 is not what was rendered: $said"
}

# json_figure FILE PATH: one value of indented JSON of objects, as in good.ends.open.
json_figure() {
    awk -v want="$2" '
        /^ *}/ { depth-- }
        match($0, /"[^"]*": /) {
            key[depth] = substr($0, RSTART + 1, RLENGTH - 4)
            value = substr($0, RSTART + RLENGTH)
            path = key[1]
            for (i = 2; i <= depth; i++)
                path = path "." key[i]
            if (path == want) {
                sub(/,$/, "", value)
                gsub(/"/, "", value)
                print value
                exit
            }
        }
        /{$/ { depth++ }' "$1"
}
