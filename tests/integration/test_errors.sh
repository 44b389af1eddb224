#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What goes wrong is said in one clear message, with the right exit code, and
# nothing is started or left half done.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

# Wrong usage: 2.
exits 2 "unknown command 'rnu'; did you mean 'run'\?" "$BIN/longwave" rnu
exits 2 'longwave run \[STATION\]' "$BIN/longwave"
for program in longwave-gen longwave-master longwave-sink; do
    exits 2 "$program: unknown option '--nmae'; did you mean --name\?" \
        "$BIN/$program" --nmae x
    exits 2 "$program: unexpected argument 'x'" "$BIN/$program" x
    exits 2 "$program: --log-level: found 'loud'; allowed: one of error, warn" \
        "$BIN/$program" --log-level loud
done
exits 2 "longwave run: --seed: found 'melody'; allowed: 1 to 16 hex" \
    "$BIN/longwave" run --seed melody
exits 2 "longwave-gen: --ahead: found '5'; allowed: a (whole )?number from 20 to 10000" \
    "$BIN/longwave-gen" --ahead 5
exits 2 "longwave-master: --target: found '3'; allowed: a number from -40 to -5" \
    "$BIN/longwave-master" --target 3
exits 2 "longwave-sink: --listen: found 'localhost:80'; allowed: ADDRESS:PORT" \
    "$BIN/longwave-sink" --listen localhost:80
exits 2 "longwave-sink: --bitrate: found '1000'; allowed: .* from 24 to 256" \
    "$BIN/longwave-sink" --bitrate 1000
pass "usage"

# Wrong presets: 2, with file, line, key, found, allowed; nothing is started.
exits 2 "there is no 'termnial' in presets/music; .*terminal" "$BIN/longwave-gen" --preset termnial
exits 2 "there is no 'nowhere' in presets/stations; .*default" "$BIN/longwave" run nowhere
sed 's/^\( *\)root:.*/\1root: 4000/' "$top/presets/music/terminal.yaml" >"$tmp/high.yaml"
line=$(grep -n 'root: 4000' "$tmp/high.yaml" | cut -d: -f1)
exits 2 "high.yaml:$line: key 'root': found '4000'; allowed: a number from" \
    "$BIN/longwave-gen" --preset "$tmp/high.yaml"
exits 2 "high.yaml:$line: key 'root': found '4000'" \
    "$BIN/longwave" run --preset "$tmp/high.yaml"
sed 's/^listen:.*/listen: everywhere/' "$top/presets/stations/default.yaml" >"$tmp/st.yaml"
exits 2 "st.yaml:[0-9]+: key 'listen': found 'everywhere'" \
    "$BIN/longwave" run "$tmp/st.yaml"
exits 2 "gone.yaml: No such file" "$BIN/longwave" run "$tmp/gone.yaml"
[ -z "$(pgrep -l 'jackd|longwave' || true)" ] || fail "something was started"
pass "presets"

# No JACK server: 69.
exits 69 "no JACK server 'default' is running" "$BIN/longwave-gen"
exits 69 "no JACK server 'default' is running" "$BIN/longwave-master"
exits 69 "no JACK server 'default' is running" "$BIN/longwave-sink"
exits 69 "no JACK server 'studio' is running" "$BIN/longwave-sink" --server studio
pass "no server"

# No jackd to start: 69 as well.
mkdir "$tmp/bin"
exits 69 "jackd can't be started: No such file" \
    env PATH="$tmp/bin" "$BIN/longwave" run
[ "$(wc -l <"$tmp/err")" = 1 ] || fail "more than one message: $(cat "$tmp/err")"
pass "no jackd"

# A port that is taken: 1, for the sink and for the station, which leaves nothing.
start_jackd 48000 512
"$BIN/longwave-sink" --admin 127.0.0.1:0 --name other 2>"$tmp/sink.log" &
wait_for 10 curl -sf http://127.0.0.1:8000/ || fail "the sink did not start"
exits 1 "127.0.0.1:8000.*(in use|taken)" "$BIN/longwave-sink" --admin 127.0.0.1:0
exits 1 "127.0.0.1:8000.*(in use|taken)" "$BIN/longwave" run
exits 1 "127.0.0.1:8000.*(in use|taken)" "$BIN/longwave-sink" --listen 0 --admin 127.0.0.1:8000
[ -z "$(pgrep -l 'longwave-[gm]' || true)" ] || fail "a client was left running"
pass "port in use"

# A second station on the same server.
"$BIN/longwave-gen" --renderer cpu 2>"$tmp/gen.log" &
wait_for 30 grep -q 'playing' "$tmp/gen.log" || fail "the generator did not start"
exits 1 "'longwave-gen' is in the graph" "$BIN/longwave" run --listen 0 --admin 0
pass "second station"

# The server goes while they run: all say so and wait for it; the sink goes on for
# its listeners.
kill "$jackd"
wait "$jackd" 2>/dev/null || true
wait_for 5 grep -q 'JACK server has gone' "$tmp/gen.log" ||
    fail "the generator did not say that the server has gone"
wait_for 5 grep -q 'JACK server has gone' "$tmp/sink.log" ||
    fail "the sink did not say that the server has gone"
pgrep -x longwave-gen >"$tmp/pid" || fail "the generator did not wait for the server"
curl -sf http://127.0.0.1:8000/ >"$tmp/page" || fail "the sink went as well"
pass "server gone"
