#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# longwave-master by itself between the generator and the sink, patched by hand:
# it joins nothing, says how late it is, lets the music through and measures it.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

start_jackd 48000 256
"$BIN/longwave-sink" --log-level warn 2>"$tmp/sink.log" &
"$BIN/longwave-gen" --renderer cpu --preset phase1 --seed 77 2>"$tmp/gen.log" &
"$BIN/longwave-master" --meters >"$tmp/meters" 2>"$tmp/master.log" &
master=$!
ports() { jack_lsp | grep -c "^longwave-\(gen:mix\|master:\(in\|out\)\|sink:in\)_[LR]$"; }
wait_for 30 grep -q 'frames late' "$tmp/master.log" || fail "the master did not start"
wait_for 30 grep -q 'playing' "$tmp/gen.log" || fail "the generator did not start"
wait_for 10 curl -sf http://127.0.0.1:8000/ || fail "the sink did not start"
[ "$(ports)" = 8 ] || fail "ports are missing: $(jack_lsp | tr '\n' ' ')"
! jack_lsp -c | grep -q '^   ' || fail "something connected itself"

# Whoever passes sound on is no end of its way; both ends learn how late it is.
late=$(sed -n 's/.* \([0-9]*\) frames late.*/\1/p' "$tmp/master.log")
[[ $late -ge 240 && $late -le 300 ]] || fail "$late frames late"
! jack_lsp -p | grep -A1 '^longwave-master' | grep -q terminal ||
    fail "the master's ports are terminal"
for side in L R; do
    jack_connect "longwave-gen:mix_$side" "longwave-master:in_$side"
    jack_connect "longwave-master:out_$side" "longwave-sink:in_$side"
done
# latency PORT MODE MIN [MAX]: frames, as jack_lsp -l shows them.
latency() {
    jack_lsp -l | awk -v port="$1" -v mode="$2" -v want="[ $3 ${4:-$3} ]" '
        !/^[[:space:]]/ { on = $0 == port }
        on && index($0, mode) && index($0, want) { found = 1 }
        END { exit !found }'
}
# the sink adds 2.5 ms of look-ahead, and a packet and 5 ms at most
for side in L R; do
    for at in "longwave-master:out_$side capture $late" \
        "longwave-sink:in_$side playback 120 1320" \
        "longwave-master:in_$side playback $((late + 120)) $((late + 1320))" \
        "longwave-sink:in_$side capture $late" \
        "longwave-gen:mix_$side playback $((late + 120)) $((late + 1320))" \
        "longwave-master:in_$side capture 0" \
        "longwave-master:out_$side playback 120 1320"; do
        # shellcheck disable=SC2086
        wait_for 5 latency $at || {
            jack_lsp -l
            fail "latency is not $at"
        }
    done
done
pass "$late frames late"

# The music comes through.
curl -sS --max-time 15 -o "$tmp/heard.opus" http://127.0.0.1:8000/live.opus \
    2>/dev/null || true
"$BIN/longwave-gen" --render "$tmp/render.wav" --preset phase1 --seed 77 \
    --seconds 60 --renderer cpu --log-level error
valid_opus "$tmp/heard.opus"
heard_as_rendered "$tmp/heard.opus" "$tmp/render.wav" 7 7.9
pass "passed on"

# The meters: a line a second, JSON with all its keys, and figures as they can be.
stop_pid "$master" TERM 5
[ "$code" = 0 ] || fail "exit code $code"
[ "$(wc -l <"$tmp/meters")" -ge 14 ] || fail "too few lines of meters"
number='(-?[0-9]+\.[0-9]{2}|null)' count='[0-9]+'
! grep -Evx "\{\"lufs_m\": $number, \"lufs_s\": $number, \"lufs_i\": $number, \"true_peak_dbtp\": $number, \"gain_db\": $number, \"reduction_db\": $number, \"latency_frames\": $late, \"xruns\": $count, \"late_cycles\": $count, \"skipped_frames\": $count, \"overruns\": $count, \"rejoins\": 0, \"dsp_ms_p99\": ${count}[.][0-9]+, \"dsp_ms_max\": ${count}[.][0-9]+, \"dsp_load\": 0[.][0-9]+\}" \
    "$tmp/meters" || fail "no such line of JSON"
tail -n 1 "$tmp/meters"
tail -n 1 "$tmp/meters" | tr -d '{}:,' | awk '{
    exit !($2 > -40 && $2 < -10 && $4 > -40 && $4 < -10 &&
           $6 > -30 && $6 < -12 && $8 > -30 && $8 <= -1 &&
           $10 >= -4 && $10 <= 4 && $12 >= 0 && $12 < 1) }' ||
    fail "figures that can't be"
pass "meters"

# Bypassed it is as late, and the server's end is noticed.
"$BIN/longwave-master" --bypass >"$tmp/bypass.out" 2>"$tmp/bypass.log" &
master=$!
wait_for 10 grep -q "bypassed, $late frames late" "$tmp/bypass.log" || fail "bypass"
[ ! -s "$tmp/bypass.out" ] || fail "it prints meters unasked"
kill "$jackd"
wait_for 5 grep -q 'JACK server has gone' "$tmp/bypass.log" || fail "it did not say so"
stop_pid "$master" TERM 5
[ "$code" = 0 ] || fail "exit code $code while it waited for a server"
pass "server gone"
