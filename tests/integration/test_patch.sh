#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The patchbay at work on a server whose clients come and go, and the commands of
# `longwave patch`. What is joined is read by jack_lsp, not by us.
# test_patch.sh [ROUNDS [SEED]]
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"
rounds=${1:-200} seed=${2:-7}

# start_studio: the clients of a studio that come and go as say tells them.
start_studio() {
    coproc STUDIO { exec "$TOOLS/studio" 2>>"$tmp/studio.log"; }
    studio=$STUDIO_PID
    exec 7<&"${STUDIO[0]}" 8>&"${STUDIO[1]}"
}
# say WORDS...: the answer in $answer.
say() {
    echo "$*" >&8
    read -r -t 120 answer <&7 || fail "the studio can't: $*"
}
# cables: "FROM TO" of each, both ways round, as JACK's own tool sees them.
cables() {
    jack_lsp -c 2>/dev/null |
        awk '/^[^ ]/ { port = $0 } /^ / { sub(/^ +/, ""); print port, $0 }'
}
joined() { cables | grep -qxF "$1 $2"; }
apart() { ! joined "$1" "$2"; }
comes() { wait_for 5 joined "$1" "$2" || fail "$1 is not joined to $2: $3"; }
goes() { wait_for 5 apart "$1" "$2" || fail "$1 is still joined to $2: $3"; }
stays_out() {
    sleep 1.3 # longer than a sweep
    apart "$1" "$2" || fail "$1 was joined to $2 again: $3"
}
# start_watch FILE: its words in $tmp/watch.log, its pid in $watch.
start_watch() {
    "$BIN/longwave" patch apply "$1" --watch --log-level debug 2>"$tmp/watch.log" &
    watch=$!
    wait_for 5 grep -q 'in the graph of' "$tmp/watch.log" || fail "no watch"
}
# diff_exits CODE FILE: its words in $tmp/out, none on stderr.
diff_exits() {
    local got=0
    "$BIN/longwave" patch diff "$2" >"$tmp/out" 2>"$tmp/err" || got=$?
    if [ $got != "$1" ] || [ -s "$tmp/err" ]; then
        cat "$tmp/out" "$tmp/err"
        fail "diff ended with $got, not $1"
    fi
}
logged() { grep -Eq -- "$1" "$tmp/watch.log"; }

# ---- a band whose players come in any order ---------------------------------

cat >"$tmp/band.yaml" <<'END'
connect:
  - [gen:out_1, master:in_1] # by name
  - [gen:out_2, master:in_2]
  - {from: master, to: sink} # a client's ports, in order
  - from: /(gen|master):out_([0-9])/ # by regex
    to: meter:in_\2
  - [gen:out_1, never:in_1] # somebody who never comes
END
start_jackd 48000 256
start_studio
say client gen 0 2
say client master 2 2
say client sink 2 0
say client meter 2 0
for i in 1 2; do
    say cable gen:out_$i master:in_$i
    say cable master:out_$i sink:in_$i
    say cable gen:out_$i meter:in_$i
    say cable master:out_$i meter:in_$i
done
start_watch "$tmp/band.yaml"
say rounds "$rounds" "$seed"
echo "$answer"
awk -v n="$rounds" '{ exit !($2 == n && $4 == 8 && $6 < 200) }' <<<"$answer" ||
    fail "half of the rounds took longer than 200 ms"
! logged 'pulled by hand' || fail "a client that closed counts as pulled"
pass "$rounds random orders"

# ---- what the user pulls ----------------------------------------------------

jack_disconnect gen:out_1 master:in_1
wait_for 5 logged 'gen:out_1 to master:in_1 was pulled by hand' ||
    fail "not told that it was pulled"
stays_out gen:out_1 master:in_1 "it was pulled"
joined gen:out_2 master:in_2 || fail "its neighbour went too"
say close gen
say open gen
comes gen:out_2 master:in_2 "gen is back"
apart gen:out_1 master:in_1 || fail "what was pulled is back with its client"
kill -HUP "$watch"
wait_for 5 logged "read $tmp/band.yaml again" || fail "SIGHUP was not heard"
stays_out gen:out_1 master:in_1 "the file was read again"
pass "pulled by hand stays out"

jack_connect gen:out_1 master:in_1
sleep 0.3
say close gen
say open gen
comes gen:out_1 master:in_1 "joined by hand again, it is as any other"
pass "joined by hand is wanted again"

jack_disconnect gen:out_1 master:in_1
stays_out gen:out_1 master:in_1 "it was pulled"
"$BIN/longwave" patch apply "$tmp/band.yaml" >"$tmp/apply" || fail "apply"
grep -qx 'joined    gen:out_1 -> master:in_1' "$tmp/apply" || fail "not said"
grep -qx 'waiting   gen:out_1 -> never:in_1  for never' "$tmp/apply" ||
    fail "it does not say who is waited for"
joined gen:out_1 master:in_1 || fail "apply did not make it"
say close master
say open master
comes gen:out_1 master:in_1 "it was applied"
pass "apply brings it back"

# A foreign cable is nobody's business.
jack_connect gen:out_2 sink:in_1
sleep 1.3
joined gen:out_2 sink:in_1 || fail "a foreign cable was taken off"
jack_disconnect gen:out_2 sink:in_1
pass "foreign cables stay"

# ---- rules that go ----------------------------------------------------------

# What was made for them is taken out; what a hand has made, before or after,
# stays, and so does what another rule wants.
read_times() { grep -c "read $tmp/band.yaml again" "$tmp/watch.log" || true; }
read_again() { [ "$(read_times)" = "$1" ]; }
cp "$tmp/band.yaml" "$tmp/band-then.yaml"
jack_connect gen:out_1 sink:in_2
sleep 0.3
cat >>"$tmp/band.yaml" <<'END'
  - [gen:out_1, sink:in_2] # a hand was there before
  - [gen:out_2, sink:in_1]
  - [gen:out_2, meter:in_1]
  - [gen:out_2, meter:in_2] # wanted twice
END
n=$(read_times)
kill -HUP "$watch"
comes gen:out_2 sink:in_1 "it is a rule now"
comes gen:out_2 meter:in_1 "it is a rule now"
jack_disconnect gen:out_2 meter:in_1
sleep 5.3 # until then what is joined may be a client's that returns with JACK
jack_connect gen:out_2 meter:in_1
sleep 0.3
cp "$tmp/band-then.yaml" "$tmp/band.yaml"
kill -HUP "$watch"
wait_for 5 read_again $((n + 2)) || fail "SIGHUP was not heard"
goes gen:out_2 sink:in_1 "its rule has gone"
logged 'parted gen:out_2 from sink:in_1 .made by a rule that wants it no more' ||
    fail "not said why"
sleep 1.3
joined gen:out_1 sink:in_2 || fail "what was there before the rule went with it"
joined gen:out_2 meter:in_1 || fail "what a hand joined again went with the rule"
joined gen:out_2 meter:in_2 || fail "what another rule wants went"
jack_disconnect gen:out_1 sink:in_2
jack_disconnect gen:out_2 meter:in_1
sleep 1.3
pass "rules that go take their cables with them"

# ---- what is not the user's doing -------------------------------------------

say drop gen # takes its own cables off, then leaves
say open gen
comes gen:out_1 master:in_1 "gen took it off itself before it left"
comes gen:out_2 meter:in_2 "the same"
mkfifo "$tmp/other"
"$TOOLS/studio" <"$tmp/other" >"$tmp/other.log" 2>&1 &
other=$!
exec 9>"$tmp/other"
say close sink
printf 'client sink 2 0\nopen sink\n' >&9
comes master:out_2 sink:in_2 "sink is another process now"
kill -9 "$other"
exec 9>&-
goes master:out_2 sink:in_2 "sink was killed"
wait "$other" 2>/dev/null || true
wait_for 5 sh -c '! jack_lsp | grep -q ^sink:' || fail "JACK keeps a dead client"
say open sink
comes master:out_1 sink:in_1 "sink was killed and is back"
comes master:out_2 sink:in_2 "the same"
sleep 2.2 # so long it may be forgiven
grep 'pulled by hand' "$tmp/watch.log" |
    grep -v -e 'gen:out_1 to master:in_1' -e 'gen:out_2 to meter:in_1' &&
    fail "a client that left counts as pulled"
pass "clients that leave, drop their cables or are killed"

jack_disconnect gen:out_2 meter:in_2
stays_out gen:out_2 meter:in_2 "it was pulled"
for signal in KILL TERM; do
    kill -$signal "$jackd"
    wait "$jackd" 2>/dev/null || true
    wait_for 5 logged 'has gone' || fail "it did not notice that JACK has gone"
    kill "$studio"
    wait "$studio" 2>/dev/null || true
    start_jackd 48000 256
    start_studio
    say client gen 0 2
    say client master 2 2
    say client sink 2 0
    say client meter 2 0
    say open meter
    say open sink
    say open master
    say open gen
    comes gen:out_1 master:in_1 "JACK is back after SIG$signal"
    comes master:out_1 sink:in_1 "JACK is back after SIG$signal"
    comes gen:out_1 meter:in_1 "JACK is back after SIG$signal"
    stays_out gen:out_2 meter:in_2 "it was pulled before JACK went"
done
pass "JACK killed and stopped, and back"

stop_pid "$watch" INT 5
[ "$code" = 0 ] || fail "--watch ended with $code after Ctrl-C"

# ---- rules that insist ------------------------------------------------------

cat >"$tmp/strict.yaml" <<'END'
connect:
  - {from: gen:out_1, to: sink:in_1, enforce: true}
  - {from: gen:out_2, to: sink:in_2, exclusive: true}
  - [master:out_1, guest:in_1]
  - {from: master:out_1, to: meter:in_1, fallback: true}
  - [master:out_2, system:playback_1]
  - {from: solo, to: pair}
END
say close gen
say close meter # with its cables
say open gen
say open meter
say client guest 1 0
start_watch "$tmp/strict.yaml"
comes gen:out_1 sink:in_1 "a rule"
jack_disconnect gen:out_1 sink:in_1
comes gen:out_1 sink:in_1 "it is enforced"
wait_for 5 logged 'gen:out_1 to sink:in_1 .*enforces' || fail "not said why"
pass "enforced"

comes gen:out_2 sink:in_2 "a rule"
jack_connect gen:out_2 meter:in_2
goes gen:out_2 meter:in_2 "gen:out_2 is exclusive"
jack_connect master:out_2 sink:in_2 2>/dev/null || true
goes master:out_2 sink:in_2 "sink:in_2 is exclusive"
joined gen:out_2 sink:in_2 || fail "the exclusive cable itself went"
pass "exclusive"

comes master:out_1 meter:in_1 "the fallback"
say open guest
comes master:out_1 guest:in_1 "guest is there"
goes master:out_1 meter:in_1 "the fallback is over"
logged 'parted master:out_1 from meter:in_1 .the fallback is over' ||
    fail "not said why"
say close guest
comes master:out_1 meter:in_1 "guest has left"
pass "fallback"

# One port goes to both of another client; two go one by one, also when the
# second comes later. What a hand has made stays.
say client solo 0 1
say client pair 2 0
say open solo
say open pair
comes solo:out_1 pair:in_2 "solo has but one port"
jack_connect gen:out_1 pair:in_1
say grow solo
comes solo:out_2 pair:in_2 "solo has two ports"
goes solo:out_1 pair:in_2 "solo has two ports"
joined solo:out_1 pair:in_1 || fail "solo's first port lost its own cable"
joined gen:out_1 pair:in_1 || fail "a foreign cable went with it"
say close solo
say close pair
pass "a client that grows"

# In freewheel the server takes the card's cables off without a word.
comes master:out_2 system:playback_1 "a rule"
say freewheel on
goes master:out_2 system:playback_1 "JACK takes it off in freewheel"
sleep 1.3
say freewheel off
comes master:out_2 system:playback_1 "freewheel is over"
! logged 'master:out_2 to system:playback_1 was pulled' ||
    fail "freewheel counts as pulled"
pass "freewheel"
stop_pid "$watch" TERM 5

# ---- commands ---------------------------------------------------------------

"$BIN/longwave" patch show >"$tmp/show"
cat "$tmp/show"
grep -Eqx 'gen +out_1 +audio  -> sink:in_1' "$tmp/show" || fail "show: gen"
grep -Eqx 'sink +in_1 +audio  <- gen:out_1' "$tmp/show" || fail "show: sink"
grep -Eqx 'clients 5, ports 14, cables [0-9]+' "$tmp/show" || fail "show: sum"
n=$(awk 'END { print $NF }' "$tmp/show")
[ "$n" = "$(($(cables | wc -l) / 2))" ] || fail "jack_lsp counts others"
"$BIN/longwave" patch show --json >"$tmp/show.json"
has() { jq -e "$1" "$2" >/dev/null || fail "$2 lacks $1"; }
has ".cables | length == $n" "$tmp/show.json"
has '.cables | any(. == {from: "gen:out_1", to: "sink:in_1", type: "audio"})' \
    "$tmp/show.json"
has '.ports | any(.name == "gen:out_1" and .client == "gen" and
    .direction == "output" and (.physical | not))' "$tmp/show.json"
has '.ports | any(.name == "system:playback_1" and .physical)' "$tmp/show.json"
"$BIN/longwave" patch show --dot >"$tmp/show.dot"
[ "$(grep -c -e '->' "$tmp/show.dot")" = "$n" ] || fail "show --dot"
dot -Tsvg "$tmp/show.dot" >"$tmp/show.svg" || fail "graphviz refuses it"
[ "$(grep -c 'class="edge"' "$tmp/show.svg")" = "$n" ] ||
    fail "graphviz does not draw each cable"
pass "show"

# diff says what apply would do, and apply does it.
jack_disconnect gen:out_1 sink:in_1
diff_exits 1 "$tmp/strict.yaml"
grep -Eq '^to add +gen:out_1 +-> sink:in_1$' "$tmp/out" || fail "diff: to add"
grep -Eq '^present +gen:out_2 +-> sink:in_2$' "$tmp/out" || fail "diff: present"
grep -Eq '^waiting +master:out_1 +-> guest:in_1  for guest$' "$tmp/out" ||
    fail "diff: waiting"
"$BIN/longwave" patch apply "$tmp/strict.yaml" >"$tmp/out" || fail "apply"
grep -qx 'joined    gen:out_1 -> sink:in_1' "$tmp/out" || fail "apply: joined"
diff_exits 0 "$tmp/strict.yaml"
"$BIN/longwave" patch diff "$tmp/strict.yaml" --json >"$tmp/diff.json"
has '.counts.add == 0 and .counts.waiting == 2' "$tmp/diff.json"
has '.cables | any(.state == "waiting" and .missing == "guest" and .line == 4)' \
    "$tmp/diff.json"
pass "diff, apply"

# save keeps what is there, adds what is joined, forgets nobody.
cp "$tmp/strict.yaml" "$tmp/saved.yaml"
chmod 640 "$tmp/saved.yaml"
echo '# the end' >>"$tmp/saved.yaml"
ln -s saved.yaml "$tmp/link.yaml"
jack_connect gen:out_1 meter:in_2
"$BIN/longwave" patch save "$tmp/link.yaml" >"$tmp/out" || fail "save"
[ -L "$tmp/link.yaml" ] || fail "save: the link became a file"
[ "$(stat -c %a "$tmp/saved.yaml")" = 640 ] || fail "save: another mode"
diff "$tmp/strict.yaml" "$tmp/saved.yaml" >"$tmp/changed" || true
grep -q '^<' "$tmp/changed" && fail "save: lines were changed"
grep -qx '>   - \[gen:out_1, meter:in_2\]' "$tmp/changed" || fail "save: added"
[ "$(tail -1 "$tmp/saved.yaml")" = '# the end' ] || fail "save: at the end"
cp "$tmp/saved.yaml" "$tmp/before.yaml"
"$BIN/longwave" patch save "$tmp/saved.yaml" >"$tmp/out" || fail "save"
cmp "$tmp/saved.yaml" "$tmp/before.yaml" || fail "save: twice is not once"
jack_disconnect gen:out_1 meter:in_2
"$BIN/longwave" patch save "$tmp/saved.yaml" >"$tmp/out" || fail "save"
grep -qx 'parted    gen:out_1 -> meter:in_2' "$tmp/out" || fail "save: parted"
cmp "$tmp/saved.yaml" "$tmp/before.yaml" || fail "save: it forgot a cable"
"$BIN/longwave" patch save "$tmp/saved.yaml" --prune >"$tmp/out" || fail "save"
grep -q 'gen:out_1, meter:in_2' "$tmp/saved.yaml" && fail "save: --prune"
grep -q 'guest:in_1' "$tmp/saved.yaml" || fail "save: it forgot an absent client"
"$BIN/longwave" patch save "$tmp/new.yaml" >"$tmp/out" || fail "save: a new file"
diff_exits 0 "$tmp/new.yaml"
grep -q ' 0 foreign$' "$tmp/out" || fail "save: not all of the graph is in it"
[ -z "$(find "$tmp" -name '*.yaml.*')" ] || fail "save: left something behind"
pass "save"

"$BIN/longwave" patch export - "$tmp/band.yaml" --format yaml >"$tmp/band2.yaml"
"$BIN/longwave" patch import "$tmp/band2.yaml" --format yaml \
    --to "$tmp/band3.yaml" || fail "import"
cmp "$tmp/band2.yaml" "$tmp/band3.yaml" || fail "import is not what was exported"
"$BIN/longwave" patch export "$tmp/live.xml" --live --format aj-snapshot ||
    fail "export --live"
"$BIN/longwave" patch import "$tmp/live.xml" --format aj-snapshot \
    --to "$tmp/live.yaml" || fail "import of aj-snapshot"
diff_exits 0 "$tmp/live.yaml"
grep -q ' 0 foreign$' "$tmp/out" || fail "what was exported is not all there is"
pass "import, export"

# ---- what goes wrong --------------------------------------------------------

printf 'connect:\n  - [a:b]\n' >"$tmp/bad.yaml"
cp "$tmp/bad.yaml" "$tmp/bad2.yaml"
for c in diff apply save; do
    exits 2 'bad.yaml:2: ' "$BIN/longwave" patch $c "$tmp/bad.yaml"
done
cmp "$tmp/bad.yaml" "$tmp/bad2.yaml" || fail "save changed what it can't read"
exits 2 "there is no 'nosuch'" "$BIN/longwave" patch diff nosuch
exits 2 "'studio' would be a station's" "$BIN/longwave" patch save studio
exits 2 'is there already' "$BIN/longwave" patch import "$tmp/band2.yaml" \
    --format yaml --to "$tmp/band.yaml"
exits 2 "did you mean 'show'" "$BIN/longwave" patch shwo
exits 2 'one of them' "$BIN/longwave" patch show --dot --json
exits 2 '--format is missing' "$BIN/longwave" patch export -
exits 1 'No such file or directory' "$BIN/longwave" patch save "$tmp/no/x.yaml"
for c in show "diff $tmp/band.yaml" "apply $tmp/band.yaml" "save $tmp/x.yaml"; do
    # shellcheck disable=SC2086
    exits 69 "no JACK server 'other' is running" "$BIN/longwave" patch $c \
        --server other
done
[ ! -e "$tmp/x.yaml" ] || fail "save without a server made a file"
pass "errors"
