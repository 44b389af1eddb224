#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench: every music preset rendered, measured, and judged by gates
# builds: longwave-gen measure
# Called by ./dev bench music, which builds what it needs; see --help. One WAV
# file exists at a time, and none is left.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/bench/presets.bash
. "$here/presets.bash"
BIN=${BIN:-$top/build/bin}
TOOLS=${TOOLS:-$top/build/tests}
out=$top/build/bench/music
rate=48000 # Hz
# A start that is a multiple of it lies on the 1024-frame grid at this rate,
# where the measures look for faults of blocks.
grid=8          # s
most=14400      # s; what is kept of a piece and its WAV grow with it
frame_bytes=8   # of the renders

usage() {
    cat <<'END'
usage: ./dev bench music [PRESET...] [OPTIONS]

Renders each music preset (or those named: names or YAML files) on the CPU,
measures it and prints a row of figures; exit 1 when a gate failed.

  --seconds N     how long each render is, s (600, which most gates need)
  --seeds A,B     hexadecimal, as longwave-gen takes them (1,2)
  --starts S,T    where in the piece to begin, s, multiples of 8 (0,18000)
  --sizes A,B     full, thin or both: all partials, or as few as the preset
                  allows on the CPU, many times faster (thin)
  --quick         120 s, seed 1, from 0, where not said otherwise
END
}

wrong() {
    printf 'bench music: %s\n' "$*" >&2
    usage >&2
    exit 2
}

# What measure is told of gates that a preset is allowed to fail.
waive_args() {
    waive=()
    case $1 in
    ember) waive=(--waive sim_mean_2min) ;; # the score's notes exempt the fire
    esac
}

seconds='' seeds='' starts='' sizes=thin quick='' presets=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds | --seeds | --starts | --sizes)
        [ $# -gt 1 ] || wrong "$1 needs a value"
        declare "${1#--}=$2"
        shift
        ;;
    --seconds=* | --seeds=* | --starts=* | --sizes=*)
        name=${1%%=*}
        declare "${name#--}=${1#*=}"
        ;;
    --quick) quick=1 ;;
    -h | --help)
        usage
        exit 0
        ;;
    -*) wrong "unknown option '$1'" ;;
    *) presets+=("$1") ;;
    esac
    shift
done
seconds=${seconds:-${quick:+120}}
seconds=${seconds:-600}
seeds=${seeds:-${quick:+1}}
seeds=${seeds:-1,2}
starts=${starts:-${quick:+0}}
starts=${starts:-0,18000}

if ! [[ $seconds =~ ^[1-9][0-9]{0,4}$ ]] || [ "$seconds" -gt $most ]; then
    wrong "--seconds: found '$seconds', allowed is a whole number from 1 to $most"
fi
[[ $seeds =~ ^[0-9a-fA-F]{1,16}(,[0-9a-fA-F]{1,16})*$ ]] ||
    wrong "--seeds: found '$seeds', allowed are hexadecimal numbers with commas"
[[ $starts =~ ^[0-9]{1,9}(,[0-9]{1,9})*$ ]] ||
    wrong "--starts: found '$starts', allowed are whole seconds with commas"
[[ $sizes =~ ^(full|thin)(,(full|thin))?$ ]] ||
    wrong "--sizes: found '$sizes', allowed are full, thin"
IFS=, read -ra sizes <<<"$sizes"
IFS=, read -ra seeds <<<"$seeds"
IFS=, read -ra starts <<<"$starts"
for start in "${starts[@]}"; do
    [ $((10#$start % grid)) = 0 ] ||
        wrong "--starts: found '$start', allowed are multiples of $grid s"
done

preset_files "$top" "${presets[@]}"

mkdir -p "$out"
need=$((seconds * rate * frame_bytes))
free=$(df --output=avail -B1 "$out" | tail -n 1)
[ "$free" -gt $((need + need / 8)) ] || {
    printf 'bench music: %s has %d MB free, a render takes %d MB\n' \
        "$out" $((free / 1000000)) $((need / 1000000)) >&2
    exit 1
}

tmp=$(mktemp -d "$out/.render.XXXXXX")
child=''
leave() {
    [ -z "$child" ] || kill "$child" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$tmp"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# In the background, so that a signal is answered at once.
run() {
    "$@" &
    child=$!
    local code=0
    wait "$child" || code=$?
    child=''
    return $code
}

failed=0 rows=0
# bench_one FILE SEED START SIZE: one row.
bench_one() {
    local file=$1 seed=$2 start=$3 size=$4 name label kept waive code=0
    local thin=()
    [ "$size" = full ] || thin=(--thin)
    name=$(basename "$file" .yaml)
    label="$name $seed $start $size"
    kept=$out/$name-$seed-$start-$size
    rm -f "$kept.json" "$kept.png"
    rows=$((rows + 1))
    if ! run "$BIN/longwave-gen" --render "$tmp/piece.wav" --preset "$file" \
        --seed "$seed" --start "$start" --seconds "$seconds" --rate $rate \
        --renderer cpu "${thin[@]}" >"$tmp/log" 2>&1 </dev/null; then
        printf '%-28s  not rendered: %s\n' "$label" "$(tail -n 1 "$tmp/log")"
        failed=$((failed + 1))
        return
    fi
    waive_args "$name"
    run "$TOOLS/measure" "$tmp/piece.wav" --row "$label" --gates "${waive[@]}" \
        --save "$kept.json" --png "$kept.png" 2>>"$tmp/failed" || code=$?
    rm -f "$tmp/piece.wav"
    [ -s "$kept.json" ] || printf '%-28s  not measured\n' "$label"
    [ $code = 0 ] || failed=$((failed + 1))
}

printf 'Longwave %s, %s s at %d Hz each, CPU renderer, %s\n\n' \
    "$(git -C "$top" describe --always --dirty 2>/dev/null || echo '?')" \
    "$seconds" $rate "$(date -u +%Y-%m-%dT%H:%MZ)"
"$TOOLS/measure" --head
: >"$tmp/failed"
for file in "${files[@]}"; do
    for seed in "${seeds[@]}"; do
        for start in "${starts[@]}"; do
            for size in "${sizes[@]}"; do
                bench_one "$file" "$seed" "$start" "$size"
            done
        done
    done
done

if [ -s "$tmp/failed" ]; then
    printf '\n'
    cat "$tmp/failed"
fi
printf '\n%d of %d renders failed a gate. JSON and spectrograms: %s\n' \
    $failed $rows "$out"
[ "$seconds" -ge 600 ] ||
    printf 'Gates that need ten minutes were not judged.\n'
[ $failed = 0 ]
