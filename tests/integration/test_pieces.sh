#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A day of music can be rendered in pieces: wherever they are cut, they join to
# what one piece would have been, room and all, at the start of a day and at its
# end; and its last second can be rendered alone.
#   test_pieces.sh PRESET...
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

LIMIT=-100 # dBFS
# s after the start; frames 0, 81600, 108003, 196800 and 336000: none but the
# first on the grid of 64 or 1024 frames, one odd
cuts=(0 1.7 2.2500625 4.1 7)
calc() { awk "BEGIN { printf \"%.7f\", ($1) }"; }

# render FILE START SECONDS
render() {
    "$BIN/longwave-gen" --preset "$preset" --seed 5 --renderer cpu --thin \
        --render "$tmp/$1.wav" --start "$2" --seconds "$3" 2>"$tmp/$1.log" ||
        fail "$preset: $(tail -n 1 "$tmp/$1.log")"
}

# same A B WHAT
same() {
    local said
    said=$("$TOOLS/differ" "$tmp/$1.wav" "$tmp/$2.wav" $LIMIT) ||
        fail "$preset: $3: $said"
    printf '%s: %s: %s\n' "$preset" "$3" "$said"
}

# pieces START: as one and cut.
pieces() {
    local i from to inputs=()
    render whole "$1" "${cuts[-1]}"
    for ((i = 0; i + 1 < ${#cuts[@]}; i++)); do
        from=${cuts[i]} to=${cuts[i + 1]}
        render "piece$i" "$(calc "$1 + $from")" "$(calc "$to - $from")"
        inputs+=(-i "$tmp/piece$i.wav")
    done
    ffmpeg -v error -y "${inputs[@]}" -c:a pcm_f32le -filter_complex \
        "concat=n=$i:v=0:a=1" "$tmp/joined.wav" || fail "FFmpeg can't join"
    same joined whole "$i pieces from $1 s"
}

for preset in "$@"; do
    pieces 0
    pieces 86393
    ffmpeg -v error -y -i "$tmp/whole.wav" -c:a pcm_f32le \
        -af atrim=start_sample=$((6 * 48000)) "$tmp/end.wav" ||
        fail "FFmpeg can't cut"
    render last 86399 1
    same last end "the last second of a day"
done
pass "pieces join"
