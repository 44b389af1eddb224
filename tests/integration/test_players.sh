#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A connection cut by reset while playing: each player that is installed goes on
# without a gap, a repeat or a click. What it played is compared with what
# another listener of the same rung got, whom nothing happened to, and that with
# what the generator renders. 'uncut' as argument: the same without the cut,
# which is to show that capture and comparison are right.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

CUT_AFTER=5 # s of streaming
PLAY_S=18
QUERY='bitrate=96'

cut=(--after $CUT_AFTER --times 1)
[ "${1:-}" != uncut ] || cut=()

players=() pids=()
port=8100

# behind_cutter NAME: its own way to the sink, in $url; what it is told of.
behind_cutter() {
    port=$((port + 1))
    "$TOOLS/cutter" "${cut[@]}" 127.0.0.1:$port 127.0.0.1:8000 \
        >"$tmp/cutter-$1.log" 2>&1 &
    wait_for 5 grep -q 'listens on' "$tmp/cutter-$1.log" || fail "no cutter"
    url="http://127.0.0.1:$port/live.opus?$QUERY"
}

# plays NAME COMMAND...: in the background, for the time of the test.
plays() {
    local name=$1
    shift
    timeout -k 2 $PLAY_S "$@" </dev/null >"$tmp/$name.log" 2>&1 &
    players+=("$name") pids+=($!)
}

has() {
    local program
    for program in "${@:2}"; do
        command -v "$program" >/dev/null || {
            pass "$1: $program is not installed, skipped"
            return 1
        }
    done
}

# Each leaves NAME.f32 or NAME.s16, stereo at 48 kHz, or NAME.wav.
play_ffplay() { # its audio device is a file, at the pace of a device
    behind_cutter ffplay
    plays ffplay env SDL_AUDIODRIVER=disk SDL_VIDEODRIVER=dummy \
        SDL_DISKAUDIOFILE="$tmp/ffplay.s16" ffplay -nodisp -hide_banner \
        -loglevel warning -reconnect 1 "$url"
}
play_mpv() {
    behind_cutter mpv
    plays mpv mpv --no-config --no-video --no-terminal --ao=pcm \
        --ao-pcm-waveheader=no --ao-pcm-file="$tmp/mpv.f32" \
        --audio-format=float --audio-samplerate=48000 --audio-channels=stereo \
        "$url"
}
play_vlc() {
    behind_cutter vlc
    mkdir -m 777 "$tmp/vlc"
    chmod 755 "$tmp"
    local as=()
    if [ "$(id -u)" = 0 ]; then # it refuses to be root
        has vlc setpriv || return 0
        as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    fi
    plays vlc "${as[@]}" env HOME="$tmp/vlc" vlc -I dummy --no-video \
        --aout=afile --audiofile-file="$tmp/vlc/vlc.f32" \
        --audiofile-format=float32 --no-audiofile-wav --no-audio-time-stretch \
        "$url"
}
play_gst() {
    behind_cutter gst
    plays gst gst-launch-1.0 -q playbin3 uri="$url" flags=0x2 \
        audio-sink="audioconvert ! audioresample ! audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved ! filesink location=$tmp/gst.f32 sync=true"
}
play_chromium() {
    behind_cutter chromium
    plays chromium node "$here/../tools/chromium.cjs" \
        "$(command -v chromium)" "$url" $((PLAY_S - 6)) "$tmp/chromium.f32"
}

start_station --preset phase1 --seed 77
"$BIN/longwave-gen" --render "$tmp/render.wav" --preset phase1 --seed 77 \
    --seconds 60 --renderer cpu --log-level error &
render=$!
sleep 11 # until there is a whole burst
curl -sS --max-time $((PLAY_S + 3)) -o "$tmp/reference.opus" \
    "http://127.0.0.1:8000/live.opus?$QUERY" 2>"$tmp/curl.log" &
reference=$!
sleep 0.5

! has ffplay ffplay || play_ffplay
! has mpv mpv || play_mpv
! has vlc vlc || play_vlc
! has gstreamer gst-launch-1.0 || play_gst
if has chromium chromium node; then
    if (cd "$here/../tools" && node -e 'require("playwright-core")') 2>/dev/null; then
        play_chromium
    else
        pass "chromium: playwright-core is not installed (NODE_PATH), skipped"
    fi
fi
pass "firefox: not driven here, skipped"
[ ${#players[@]} -gt 0 ] || skip "no player is installed"

for i in "${!pids[@]}"; do
    code=0
    wait "${pids[$i]}" || code=$?
    # 124: it played until it was told to end
    [ $code = 124 ] || [ $code = 0 ] || [ $code = 137 ] ||
        printf '%s ended with %s\n' "${players[$i]}" $code
done
wait $reference || true
wait $render

valid_opus "$tmp/reference.opus"
heard_as_rendered "$tmp/reference.opus" "$tmp/render.wav" 7 7.9
ffmpeg -v error -y -c:a libopus -i "$tmp/reference.opus" -c:a pcm_f32le \
    "$tmp/reference.wav" || fail "FFmpeg can't decode the reference"

# as_wav NAME: what it played.
as_wav() {
    local from
    for from in "$tmp/$1.f32" "$tmp/$1/$1.f32"; do
        [ ! -s "$from" ] || ffmpeg -v error -y -f f32le -ar 48000 -ac 2 \
            -i "$from" -c:a pcm_f32le "$tmp/$1.wav"
    done
    [ ! -s "$tmp/$1.s16" ] || ffmpeg -v error -y -f s16le -ar 48000 -ac 2 \
        -i "$tmp/$1.s16" -c:a pcm_f32le "$tmp/$1.wav"
    [ -s "$tmp/$1.wav" ]
}

bad=()
for name in "${players[@]}"; do
    if [ ${#cut[@]} -gt 0 ] && ! grep -q '^reset after' "$tmp/cutter-$name.log"; then
        printf '%s: was not cut\n' "$name"
        bad+=("$name")
    elif ! as_wav "$name"; then
        printf '%s: played nothing\n' "$name"
        bad+=("$name")
    elif said=$("$TOOLS/seam" --least $((CUT_AFTER + 4)) "$tmp/$name.wav" \
        "$tmp/reference.wav" 2>&1); then
        pass "$name: $said"
    else
        printf '%s: %s\n' "$name" "$said"
        bad+=("$name")
    fi
done
[ ${#bad[@]} = 0 ] || fail "not one piece: ${bad[*]}"
stop_pid "$station" TERM 12
[ "$code" = 0 ] || fail "exit code $code after SIGTERM"
