#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench: how far Vulkan and the CPU are apart on every music preset
# builds: longwave-gen differ
# Called by ./dev bench agree, which builds what it needs; see --help.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/bench/presets.bash
. "$here/presets.bash"
BIN=${BIN:-$top/build/bin}
TOOLS=${TOOLS:-$top/build/tests}
PEAK=-80 # dBFS, DESIGN 3
RMS=-90
# s that the GPU is on trial, and what is heard is the CPU's: 25 chunks.
TRIAL=0.6
SKIP=77

usage() {
    cat <<'END'
usage: ./dev bench agree [PRESET...] [OPTIONS]

Renders each music preset (or those named: names or YAML files) in full by
--renderer cpu and by --renderer vulkan, the sum of its dry buses, and prints
how far apart they are. Exit 1 over -80 dBFS at most or -90 dBFS RMS, or where
more than a quarter could not be measured; 77 where no Vulkan device is.

  --seconds N     how long each render is, s (1)
  --starts S,T    where in the piece to begin, s (0,3600,86400)
  --once          each preset at one of the starts only, in turn
  --seed HEX      which piece (1)
END
}

wrong() {
    printf 'bench agree: %s\n' "$*" >&2
    usage >&2
    exit 2
}

seconds=1 starts=0,3600,86400 seed=1 once='' presets=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds | --starts | --seed)
        [ $# -gt 1 ] || wrong "$1 needs a value"
        declare "${1#--}=$2"
        shift
        ;;
    --once) once=1 ;;
    -h | --help)
        usage
        exit 0
        ;;
    -*) wrong "unknown option '$1'" ;;
    *) presets+=("$1") ;;
    esac
    shift
done
[[ $starts =~ ^[0-9.]+(,[0-9.]+)*$ ]] ||
    wrong "--starts: found '$starts', allowed are seconds with commas"
IFS=, read -ra starts <<<"$starts"

preset_files "$top" "${presets[@]}"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# render RENDERER FILE START: into $tmp/RENDERER.wav, what is on trial first.
render() {
    "$BIN/longwave-gen" --render "$tmp/$1.wav" --preset "$2" --seed "$seed" \
        --start "$(calc "$3 > $TRIAL ? $3 - $TRIAL : 0")" \
        --seconds "$(calc "$seconds + $TRIAL")" --renderer "$1" --stem dry \
        >"$tmp/$1.log" 2>&1 </dev/null
}
calc() { awk "BEGIN { printf \"%.3f\", ($1) }"; }

# Which blocks are the same to the bit: those that the CPU rendered both times,
# since the GPU was too slow for its watchdog. Too many say nothing.
mostly_gpu() {
    [[ $said =~ ([0-9]+)\ of\ ([0-9]+)\ blocks ]] &&
        [ $((2 * BASH_REMATCH[1])) -lt "${BASH_REMATCH[2]}" ]
}

# measure FILE START: what differ says in $said, its verdict in $code.
measure() {
    local try
    render cpu "$1" "$2" || wrong "$(tail -n 1 "$tmp/cpu.log")"
    for try in 1 2 3; do
        code=0
        if ! render vulkan "$1" "$2"; then
            said=$(tail -n 1 "$tmp/vulkan.log") code=1
            return
        fi
        said=$("$TOOLS/differ" --rms $RMS --skip $TRIAL "$tmp/vulkan.wav" \
            "$tmp/cpu.wav" $PEAK) || code=1
        ! mostly_gpu || return 0
    done
    said="not measured in $try tries: $(grep 'GPU:' "$tmp/vulkan.log" |
        head -n 1)" code=2
}

failed=0 missing=0 rows=0
# agree FILE START: one row.
agree() {
    local said code
    measure "$1" "$2"
    if [[ $said == *'no usable Vulkan device'* ]]; then
        printf 'not measured here: no Vulkan device\n'
        exit $SKIP
    fi
    rows=$((rows + 1))
    case $code in
    1) failed=$((failed + 1)) said="FAIL: $said" ;;
    2) missing=$((missing + 1)) ;;
    esac
    printf '%-10s %7s  %s\n' "$(basename "$1" .yaml)" "$2" "$said"
}

printf 'Longwave %s, %s s each, seed %s; at most %s dBFS RMS, %s dBFS\n\n' \
    "$(git -C "$top" describe --always --dirty 2>/dev/null || echo '?')" \
    "$seconds" "$seed" $RMS $PEAK
printf '%-10s %7s\n' preset start
i=0
for file in "${files[@]}"; do
    if [ -n "$once" ]; then
        agree "$file" "${starts[i % ${#starts[@]}]}"
    else
        for start in "${starts[@]}"; do
            agree "$file" "$start"
        done
    fi
    i=$((i + 1))
done
[ $failed = 0 ] && [ $((4 * missing)) -le $rows ]
