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

CUT_AFTER=2 # s of streaming: what was sent ahead is then still in hand
PLAY_S=22
BEYOND=2 # s: so much must be heard beyond what had been sent before the cut
KBPS=96
QUERY="bitrate=$KBPS"
FAR=-80       # dBFS: one decoder's work, by way of 16 bits, is at -90
FAR_LOOSE=-45 # some now and then come -55 near, cut or not; no click is
ALL=(ffplay mpv vlc gst chromium firefox)

cut=(--after "$CUT_AFTER" --times 1)
[ "${1:-}" != uncut ] || cut=()
port=8100 pulse=''
pids=() # of what plays, and then of what has to be stopped
helpers=()

# needs PLAYER PROGRAM...: or it is said that it is skipped.
needs() {
    local program
    for program in "${@:2}"; do
        command -v "$program" >/dev/null || {
            pass "$1: skipped, $program is not installed"
            return 1
        }
    done
}

installed() {
    case $1 in
    gst) needs gst gst-launch-1.0 ;;
    firefox) needs firefox firefox-esr pulseaudio parec ;;
    vlc)
        needs vlc vlc || return 1
        [ "$(id -u)" != 0 ] || needs vlc setpriv # it refuses to be root
        ;;
    chromium)
        needs chromium chromium node || return 1
        export NODE_PATH=${NODE_PATH:-$(npm root -g 2>/dev/null || true)}
        node -e 'require("playwright-core")' 2>/dev/null || {
            pass "chromium: skipped, no playwright-core is found (NODE_PATH)"
            return 1
        }
        ;;
    *) needs "$1" "$1" ;;
    esac
}

# behind_cutter NAME: its own way to the sink, in $url.
behind_cutter() {
    port=$((port + 1))
    "$TOOLS/cutter" "${cut[@]}" 127.0.0.1:$port 127.0.0.1:8000 \
        >"$tmp/cutter-$1.log" 2>&1 &
    helpers+=($!)
    wait_for 5 grep -q 'listens on' "$tmp/cutter-$1.log" || fail "no cutter"
    url="http://127.0.0.1:$port/live.opus?$QUERY"
}

# plays NAME COMMAND...: in the background, for the time of the test.
plays() {
    timeout -k 2 $PLAY_S "${@:2}" </dev/null >"$tmp/$1.log" 2>&1 &
    pids+=($!)
}

# Each leaves NAME.f32 or NAME.s16, stereo at 48 kHz.
play() {
    local name=$1 as=()
    behind_cutter "$name"
    rm -rf "${tmp:?}/$name" "$tmp/$name".[fs]*
    mkdir -m 777 "$tmp/$name"
    case $name in
    ffplay) # its device is a file, at the pace of a device
        plays ffplay env SDL_AUDIODRIVER=disk SDL_VIDEODRIVER=dummy \
            SDL_DISKAUDIOFILE="$tmp/ffplay.s16" ffplay -nodisp -hide_banner \
            -loglevel warning -reconnect 1 "$url"
        ;;
    mpv)
        plays mpv mpv --no-config --no-video --no-terminal --ao=pcm \
            --ao-pcm-waveheader=no --ao-pcm-file="$tmp/mpv.f32" \
            --audio-format=float --audio-samplerate=48000 \
            --audio-channels=stereo "$url"
        ;;
    vlc)
        chmod 755 "$tmp"
        [ "$(id -u)" != 0 ] ||
            as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        plays vlc "${as[@]}" env HOME="$tmp/vlc" vlc -I dummy --no-video \
            --aout=afile --audiofile-file="$tmp/vlc/vlc.f32" \
            --audiofile-format=float32 --no-audiofile-wav "$url"
        ;;
    gst)
        plays gst gst-launch-1.0 -q playbin3 uri="$url" flags=0x2 \
            audio-sink="audioconvert ! audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved ! filesink location=$tmp/gst.f32 sync=true"
        ;;
    chromium)
        plays chromium node "$here/../tools/chromium.cjs" \
            "$(command -v chromium)" "$url" $((PLAY_S - 6)) "$tmp/chromium.f32"
        ;;
    firefox) play_firefox ;;
    esac
}

# Heard by way of a sound server of its own, whose device is nothing.
play_firefox() {
    if [ -z "$pulse" ]; then
        pulse=unix:$tmp/pulse.sock
        HOME=$tmp XDG_RUNTIME_DIR=$tmp pulseaudio -n --daemonize=no \
            --exit-idle-time=-1 --use-pid-file=no --disable-shm=yes -L \
            "module-native-protocol-unix socket=$tmp/pulse.sock auth-anonymous=1" \
            -L 'module-null-sink sink_name=nothing rate=48000 format=float32le' \
            >"$tmp/pulse.log" 2>&1 &
        wait_for 5 test -S "$tmp/pulse.sock" || fail "no pulseaudio"
    fi
    cat >"$tmp/firefox/user.js" <<'END'
user_pref("media.autoplay.default", 0);
user_pref("media.autoplay.blocking_policy", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
END
    PULSE_SERVER=$pulse parec -d nothing.monitor --raw --format=float32le \
        --rate=48000 --channels=2 --latency-msec=20 >"$tmp/firefox.f32" \
        2>"$tmp/parec.log" &
    helpers+=($!)
    plays firefox env HOME="$tmp/firefox" XDG_RUNTIME_DIR="$tmp" \
        PULSE_SERVER="$pulse" firefox-esr --headless --no-remote \
        --profile "$tmp/firefox" "$url"
}

# Two decoders, since players have one or the other: libopus, and FFmpeg's own.
decode_reference() {
    local decoder
    for decoder in libopus opus; do
        ffmpeg -v error -y -c:a $decoder -i "$tmp/reference.opus" \
            -c:a pcm_f32le "$tmp/by-$decoder.wav" ||
            fail "FFmpeg can't decode the reference"
    done
}

# least NAME: s that have to be judged, which is what was sent before the cut
# (the first second isn't judged) and what came after it.
least() {
    awk -v beyond=$BEYOND -v kbps=$KBPS '
        /^reset after/ && !sent { sent = $3 * 8 / kbps / 1000 }
        END { print (sent ? sent : 8) + beyond - 1 }' "$tmp/cutter-$1.log"
}

# one_piece NAME: or what is wrong is said.
one_piece() {
    local name=$1 said decoder=libopus far=$FAR from format
    case $name in
    ffplay | mpv) decoder=opus ;;
    vlc | gst) far=$FAR_LOOSE ;;
    esac
    if [ ${#cut[@]} -gt 0 ] &&
        ! grep -q '^reset after' "$tmp/cutter-$name.log"; then
        printf '%s: was not cut\n' "$name"
        return 1
    fi
    for from in "$tmp/$name.f32" "$tmp/$name/$name.f32" "$tmp/$name.s16"; do
        [ -s "$from" ] || continue
        format=${from##*.}le
        ffmpeg -v error -y -f "$format" -ar 48000 -ac 2 -i "$from" \
            -c:a pcm_f32le "$tmp/$name.wav"
    done
    if [ ! -s "$tmp/$name.wav" ]; then
        printf '%s: played nothing\n' "$name"
        return 1
    fi
    said=$("$TOOLS/seam" --least "$(least "$name")" --difference $far \
        "$tmp/$name.wav" "$tmp/by-$decoder.wav" 2>&1) || {
        printf '%s: %s\n' "$name" "$said"
        return 1
    }
    pass "$name: $said"
}

# round NAME...: all of these at once; those that are not one piece in $bad.
round() {
    local name pid reference
    pids=() helpers=() bad=()
    curl -sS --max-time $((PLAY_S + 3)) -o "$tmp/reference.opus" \
        "http://127.0.0.1:8000/live.opus?$QUERY" 2>"$tmp/curl.log" &
    reference=$!
    sleep 0.5
    for name in "$@"; do
        play "$name"
    done
    for pid in "${pids[@]}" $reference; do
        wait "$pid" || true # told to end, most of them
    done
    kill "${helpers[@]}" 2>/dev/null || true
    decode_reference
    for name in "$@"; do
        one_piece "$name" || bad+=("$name")
    done
}

players=()
for name in "${ALL[@]}"; do
    ! installed "$name" || players+=("$name")
done
[ ${#players[@]} -gt 0 ] || skip "no player is installed"

start_station --preset phase1 --seed 77
"$BIN/longwave-gen" --render "$tmp/render.wav" --preset phase1 --seed 77 \
    --seconds 60 --renderer cpu --log-level error &
render=$!
sleep 11 # until there is a whole burst
bad=()
round "${players[@]}"
wait $render
valid_opus "$tmp/reference.opus"
heard_as_rendered "$tmp/reference.opus" "$tmp/render.wav" 7 7.9

# Six players at once are much for a small machine, and some play in real time:
# those that were not one piece have to be in a second try, among themselves.
if [ ${#bad[@]} -gt 0 ]; then
    printf 'once more: %s\n' "${bad[*]}"
    round "${bad[@]}"
fi
[ ${#bad[@]} = 0 ] || fail "not one piece: ${bad[*]}"
stop_pid "$station" TERM 12
[ "$code" = 0 ] || fail "exit code $code after SIGTERM"
