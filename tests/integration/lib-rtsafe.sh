# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034
# For tests of what runs in process callbacks: lib.sh, and programs that are
# checked, by librtcheck.so (tests/tools/rtcheck.c) or by the RealtimeSanitizer.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# needs_checker rtcheck|rtsan: sets $checker, and "${check[@]}" to put before a
# program that is to be checked; skips where it isn't there.
needs_checker() {
    checker=$1 check=(env)
    case $checker in
    rtcheck)
        [ -e "$TOOLS/librtcheck.so" ] || skip "no librtcheck.so"
        check=(env "RTCHECK_DIR=$tmp/reports" "LD_PRELOAD=$TOOLS/librtcheck.so")
        ;;
    rtsan)
        grep -q __rtsan_realtime_enter "$TOOLS/rt_sins" ||
            skip "the RealtimeSanitizer's runtime (libclang-rt-19-dev) was not there"
        ;;
    *) fail "no checker '$checker'" ;;
    esac
    mkdir -p "$tmp/reports"
}

# findings PROGRAM LOG: what was found in its callbacks, one a line; fails where
# nothing was looked at. LOG is what it said on stderr.
findings() {
    local report
    if [ "$checker" = rtsan ]; then
        # shellcheck disable=SC2016
        sed -n 's/.*call to real-time unsafe function `\(.*\)` in.*/\1/p' "$2"
        return
    fi
    report=$(compgen -G "$tmp/reports/$1-*") ||
        fail "no report of $1" >&2
    grep -qx end "$report" || fail "half a report of $1" >&2
    awk '$1 == "callbacks" && $2 < 300 { print "only " $2 " callbacks" }
         $1 == "sin" { $1 = ""; print substr($0, 2) }
         $1 ~ /^(minor|major|waits|unwatched|lost)$/ && $2 > 0 { print $2, $1 }
         ' "$report"
}
