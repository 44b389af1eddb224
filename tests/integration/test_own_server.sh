#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A station whose own JACK server dies before it is on the air: at once, a little
# later, each time, or because somebody else's came at the same moment. Only what
# the station has not started is somebody else's.
# shellcheck source=tests/integration/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
enter_world "$@"
export jackd_real tmp
jackd_real=$(command -v jackd)

# jackd is what stands here: a script that may fail before the real one runs.
mkdir "$tmp/bin"
PATH=$tmp/bin:$PATH
jackd_is() {
    printf '%s\n' '#!/usr/bin/env bash' 'echo >>"$tmp/starts"' "$@" >"$tmp/bin/jackd"
    chmod +x "$tmp/bin/jackd"
    rm -f "$tmp/starts"
}
starts() { wc -l <"$tmp/starts"; }
nobody() { ! pgrep 'longwave|jackd'; }
gone() { wait_for 10 nobody || fail "left running: $(pgrep -l 'longwave|jackd')"; }

jackd_is 'echo the card is on fire >&2' 'exit 3'
exits 69 'jackd: the card is on fire' "$BIN/longwave" run
grep -q 'jackd did not come up; it said:' "$tmp/err" || fail "it did not say who"
gone
pass "dies at its start"

# It is in use already: the sink has come, the others are still to start.
crash='"$jackd_real" "$@" & until jack_lsp | grep -q ^longwave-sink; do sleep 0.02;
    done 2>/dev/null; kill -KILL $!; wait $!'
jackd_is '[ $(wc -l <"$tmp/starts") -gt 1 ] || {' "$crash" 'exit 9' '}' \
    'exec "$jackd_real" "$@"'
start_station --seed 1
grep -q '   jackd dummy, ' "$tmp/station.log" ||
    fail "its own server is taken for somebody else's: $(cat "$tmp/station.log")"
[ "$(starts)" = 2 ] || fail "jackd was started $(starts) times"
grep -q 'jackd ended with code 9: started again' "$tmp/station-err.log" ||
    fail "it did not say that jackd ended"
"$BIN/longwave" status | grep -Eq "^server +JACK 'default', our own, .* 1 restart" ||
    fail "status: $("$BIN/longwave" status)"
stop_pid "$station" INT 12
[ "$code" = 0 ] || fail "exit code $code"
gone
pass "dies a little later, once"

jackd_is "$crash" 'echo the card is hot >&2' 'exit 9'
exits 69 'jackd: the card is hot' "$BIN/longwave" run
grep -q 'jackd does not stay' "$tmp/err" || fail "it did not say why it gave up"
[ "$(starts)" -ge 3 ] || fail "it gave up after $(starts) starts"
gone
pass "dies a little later, each time"

# Another program starts a server in the same moment, which stays when we go.
jackd_is 'setsid "$jackd_real" -p 64 -d dummy >"$tmp/other.log" 2>&1 &' \
    'until jack_lsp; do sleep 0.05; done >/dev/null 2>&1' 'exec "$jackd_real" "$@"'
start_station --seed 1
grep -q "   JACK server 'default', " "$tmp/station.log" ||
    fail "somebody else's server is taken for its own: $(cat "$tmp/station.log")"
[ "$(starts)" = 1 ] || fail "jackd was started $(starts) times"
stop_pid "$station" INT 12
[ "$code" = 0 ] || fail "exit code $code"
pgrep -x jackd >"$tmp/pid" || fail "somebody else's server was stopped"
kill "$(cat "$tmp/pid")"
pass "somebody else's at the same moment"
