#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What shows that our callbacks are realtime safe can see when they are not: a
# client that does one forbidden thing is found out, a clean one isn't. By
# default by librtcheck.so; with --by rtsan by LLVM's RealtimeSanitizer, which
# programs of the preset rtsan are linked with.
# shellcheck source=tests/integration/lib-rtsafe.sh
. "$(dirname "$0")/lib-rtsafe.sh"
enter_world "$@"
needs_checker "${2:-rtcheck}"
start_jackd 48000 128

# sins SIN: what is found in the callbacks of a client that does that, in $found.
sins() {
    rm -rf "$tmp/reports"
    mkdir "$tmp/reports"
    "${check[@]}" "$TOOLS/rt_sins" "$1" 2>"$tmp/sins.log" || [ "$checker" = rtsan ] ||
        fail "rt_sins $1: $(cat "$tmp/sins.log")"
    found=$(findings rt_sins "$tmp/sins.log")
}
# finds SIN REGEX...: all these, each a whole line.
finds() {
    local sin=$1 regex
    shift
    sins "$sin"
    for regex in "$@"; do
        grep -Exq -- "$regex" <<<"$found" || {
            cat "$tmp/sins.log" "$tmp"/reports/* 2>/dev/null || true
            fail "$sin: no '$regex' in '$found'"
        }
    done
    pass "$sin: $(paste -sd, <<<"$found")"
}

sins none
[ -z "$found" ] || fail "a clean client: '$found'"
pass "none"
if [ "$checker" = rtsan ]; then
    finds malloc malloc
    finds free free
    finds mutex pthread_mutex_lock
    finds cond pthread_cond_signal
    finds print malloc
    finds open open
    finds sleep usleep
    finds ports malloc
    exit 0
fi
finds malloc '10 malloc'
finds free '10 free'
finds mutex '10 pthread_mutex_lock' '10 pthread_mutex_unlock'
finds cond '10 pthread_cond_signal'
finds sem '10 sem_post'
finds write '10 write'
finds print '10 fprintf'
finds open '10 open' '10 close'
finds sleep '10 usleep' '[0-9]+ waits'
finds stat '10 stat'
finds ports '10 jack_get_ports'
finds connect '10 jack_connect'
finds page '10 minor'
if grep -qx 'watched all' "$tmp"/reports/*; then
    finds kernel "10 system call [0-9]+"
    finds stat '10 system call [0-9]+'
else
    skip "the kernel can't show us system calls here"
fi
