#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The Vulkan worker is killed, stopped and aborted while it renders: every sample
# is the CPU renderer's, and the GPU is taken back each time.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
enter_world "$@"

LIMIT=-80 # dBFS
export XDG_CACHE_HOME=$tmp/cache
what=(--preset phase1 --seed 7 --seconds 80)

said() { [ "$(grep -Ec -- "$1" "$tmp/vulkan.log")" -ge "$2" ]; }
worker() { pgrep -x -P "$gen" longwave-vulkan; }

# strike SIGNAL REGEX BACKOFF TIMES: the worker gets it, that is noticed, and
# after the back-off the GPU renders again, for the TIMES-th time. The generator
# sleeps meanwhile: the CPU alone would be through with the file.
strike() {
    kill "-$1" "$(worker)"
    wait_for 10 said "$2" 1 || fail "SIG$1 was not noticed"
    kill -STOP "$gen"
    sleep "$3.2"
    kill -CONT "$gen"
    wait_for 30 said 'the GPU renders again' "$4" || fail "not back after SIG$1"
    pass "SIG$1"
}

"$BIN/longwave-gen" "${what[@]}" --renderer cpu --render "$tmp/cpu.wav" \
    2>"$tmp/cpu.log"
"$BIN/longwave-gen" "${what[@]}" --renderer vulkan --render "$tmp/vulkan.wav" \
    2>"$tmp/vulkan.log" &
gen=$!
if ! wait_for 60 said 'GPU renders: per chunk' 1; then
    said 'no usable Vulkan device' 1 && skip "no Vulkan device"
    fail "the GPU never rendered"
fi
strike KILL 'killed by signal 9' 1 1
strike STOP 'GPU: no (sign of life|chunk)' 2 2
strike ABRT 'killed by signal 6' 4 3

wait "$gen" || fail "the generator ended with $?"
! pgrep longwave || fail "left running: $(pgrep -l longwave)"
"$TOOLS/differ" "$tmp/vulkan.wav" "$tmp/cpu.wav" $LIMIT ||
    fail "it was heard"
pass "every sample"
