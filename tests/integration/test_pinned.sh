#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The memory that the callbacks work in is locked where that is permitted, apart
# from what libjack locks by itself (the server's, in /dev/shm); where it is not,
# each client says so once, and plays.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
command -v setpriv >/dev/null || skip "no setpriv here (package util-linux)"
enter_world "$@"

# kB of a process that are locked and no file's
locked() {
    awk '/^[0-9a-f]+-[0-9a-f]+ / { own = NF < 6 || $6 ~ /^\[/ }
        /^Locked:/ && own { sum += $2 } END { print sum + 0 }' "/proc/$1/smaps"
}
names=(gen master sink)
start_clients() {
    local n said=(playing 'JACK client' operator)
    clients=()
    for n in 0 1 2; do
        local args=()
        [ $n != 0 ] || args=(--preset lids --renderer cpu)
        "$@" "$BIN/longwave-${names[n]}" "${args[@]}" 2>"$tmp/${names[n]}.log" &
        clients+=($!)
    done
    for n in 0 1 2; do
        wait_for 60 grep -q "${said[n]}" "$tmp/${names[n]}.log" ||
            fail "the ${names[n]} did not start"
    done
}
stop_clients() {
    local n
    for n in 0 1 2; do
        stop_pid "${clients[n]}" INT 10
        [ "$code" = 0 ] || fail "the ${names[n]} ended with $code"
    done
}

start_jackd 48000 256
start_clients
if ! grep -q 'is not locked' "$tmp/sink.log"; then
    for n in 0 1 2; do
        kb=$(locked "${clients[n]}")
        # rings of seconds of sound; the master has the least
        [ "$kb" -ge 100 ] || fail "the ${names[n]} has locked $kb kB of its own"
        # what the limit is compared with
        [ "$kb" -le 8192 ] || fail "the ${names[n]} locks $kb kB, more than it says"
        echo "${names[n]}: $kb kB locked"
    done
    pass "locked where it is permitted"
else
    echo "this user may not lock so much memory: not tested"
fi
stop_clients

# Where little may be locked, a part of it is left to libjack, which locks a page
# for each client: else nobody could join the graph any more.
start_clients setpriv --bounding-set=-ipc_lock bash -c 'ulimit -l 2048; exec "$@"' -
for n in 0 1 2; do
    kb=$(locked "${clients[n]}")
    [ "$kb" -le 1024 ] || fail "the ${names[n]} has locked $kb kB of 2048"
    echo "${names[n]}: $kb kB locked of 2048"
done
jack_lsp >"$tmp/lsp" || fail "nobody can join the graph any more"
# said once, and not again in another stay
kill -KILL "$jackd"
wait "$jackd" 2>/dev/null || true
start_jackd 48000 256
for n in 0 1 2; do
    wait_for 20 grep -q 'the JACK server is back' "$tmp/${names[n]}.log" ||
        fail "the ${names[n]} did not come back"
    [ "$(grep -c 'is not locked.*the limit is 2048 kB' "$tmp/${names[n]}.log")" = 1 ] ||
        fail "the ${names[n]} doesn't say once that its memory is not locked"
done
stop_clients
pass "said once where it is not, and room is left"
