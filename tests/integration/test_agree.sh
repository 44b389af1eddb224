#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Either renderer makes the same music of every preset: a moment of each, at the
# start, after an hour or after a day. ./dev bench agree does all three.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

export BIN TOOLS XDG_CACHE_HOME=$tmp/cache
"$top/tests/bench/agree.sh" --once --seconds 0.2 || {
    code=$?
    [ $code != $SKIP ] || skip "no Vulkan device"
    fail "they are not the same"
}
pass "Vulkan and the CPU agree"
