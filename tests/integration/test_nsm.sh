#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every client under a session manager (NSM), under none (--state, SIGUSR1), and
# under a watchdog.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

# start_nsmd: a manager; commands for it go to fd 4, what it hears is in
# $tmp/nsmd.log; its pid in $nsmd.
start_nsmd() {
    rm -f "$tmp/nsmd.log" "$tmp/nsmd.in"
    mkfifo "$tmp/nsmd.in"
    "$TOOLS/nsmd" <"$tmp/nsmd.in" >"$tmp/nsmd.log" &
    nsmd=$!
    exec 4>"$tmp/nsmd.in"
    wait_for 5 grep -q '^url ' "$tmp/nsmd.log" || fail "nsmd did not start"
    NSM_URL=$(sed -n 's/^url //p' "$tmp/nsmd.log")
    export NSM_URL
}
ask() { printf '%s\n' "$*" >&4; }
# hears REGEX: the manager, a line that is new since the last forget.
hears() {
    wait_for 20 sh -c "sed '1,${seen}d' '$tmp/nsmd.log' | grep -Eqx -- \"\$1\"" - "$1" ||
        {
            sed "1,${seen}d" "$tmp/nsmd.log"
            fail "the manager did not hear /$1/"
        }
}
forget() { seen=$(wc -l <"$tmp/nsmd.log"); }
seen=0

# start PROGRAM OPTIONS...: in the background; its pid in $client, its words in
# $tmp/client.log.
start() {
    local program=$1
    shift
    : >"$tmp/client.log" # of one before
    "$BIN/$program" "$@" 2>"$tmp/client.log" 4>&- &
    client=$!
}
says() { wait_for 20 grep -Eq -- "$1" "$tmp/client.log" || fail "the client did not say /$1/"; }
in_graph() { jack_lsp | grep -q "^$1:"; }
stop() {
    stop_pid "$client" "${1:-TERM}" 10
    [ "$code" = 0 ] || fail "exit code $code"
}

start_jackd 48000 512
start_nsmd

declare -A options=(
    [longwave-gen]="--renderer cpu --preset phase1 --osc 127.0.0.1:7770"
    [longwave-master]="--target -20"
    [longwave-sink]="--listen 127.0.0.1:0 --admin 127.0.0.1:0 --mount live --mount hall:1"
)
declare -A port=([longwave-gen]=mix_L [longwave-master]=out_L [longwave-sink]=hall_mono)
declare -A key=([longwave-gen]='preset: "phase1"' [longwave-master]='target: -20'
    [longwave-sink]='mount: \["live", "hall:1"\]')
declare -A dirty=([longwave-gen]=:dirty:message: [longwave-master]=:message:
    [longwave-sink]=:message:)

for program in longwave-gen longwave-master longwave-sink; do
    forget
    read -ra given <<<"${options[$program]}"
    start "$program" "${given[@]}"
    hears "/nsm/server/announce '$program' '${dirty[$program]}' '$program' 1 1 $client"

    # what comes in the wrong order, or makes no sense, or is a stranger's
    ask save
    hears "/error '/nsm/client/save' -6 'no session is open'"
    ask number
    hears "/error '/nsm/client/open' -1 'allowed are .*'"
    ask open "relative/path $program.nAAAA"
    hears "/error '/nsm/client/open' -10 '.*not absolute'"
    ask open "$tmp/$program a:b"
    hears "/error '/nsm/client/open' -1 \".*':'.*\"|/error '/nsm/client/open' -1 '.*JACK.*'"
    ask junk this is not OSC at all
    ask stranger "$tmp/stranger $program.stranger"
    sleep 0.5 # in which it would register, if it did
    jack_lsp | grep -qv '^system:' && fail "a JACK client before open: $(jack_lsp)"

    ask open "$tmp/$program $program.nABCD"
    hears "/reply '/nsm/client/open' '.*'"
    jack_lsp | grep -qx "$program.nABCD:${port[$program]}" ||
        fail "it is not there as the manager named it: $(jack_lsp)"
    hears "/nsm/client/message 1 '.*'"
    grep -q "^${key[$program]}$" "$tmp/$program.yaml" || {
        cat "$tmp/$program.yaml"
        fail "$program's new file is not what it plays"
    }

    # what it can't do it says, and plays on
    ask open "$tmp/other $program.nXYZW"
    hears "/error '/nsm/client/open' -8 '.*'"
    ask later
    hears "/error '/nsm/client/dance' -1 '.*'"
    ask junk /nsm/client/open
    ask show
    hears "/error '/nsm/client/show_optional_gui' -1 '.*'"
    ask loaded
    rm "$tmp/$program.yaml"
    ask save
    hears "/reply '/nsm/client/save' 'saved'"
    grep -q "^${key[$program]}$" "$tmp/$program.yaml" || fail "$program: not saved"
    mv "$tmp/$program.yaml" "$tmp/kept"
    mkdir "$tmp/$program.yaml"
    forget
    ask save
    hears "/error '/nsm/client/save' -1 '.*not a file'"
    rmdir "$tmp/$program.yaml"
    mv "$tmp/kept" "$tmp/$program.yaml"
    in_graph "$program.nABCD" || fail "$program has gone"
    ask term
    code=0
    wait "$client" || code=$?
    [ "$code" = 0 ] || fail "exit code $code at the manager's end"
    [ -z "$(find "$tmp" -name "$program.yaml.*")" ] || fail "a file is left beside the state"
done
pass "open, save, quit"

# The generator's music comes back as it was left; started by a manager it has no
# options at all.
forget
export LONGWAVE_PRESETS=$top/presets
start longwave-gen
hears "/nsm/server/announce .*"
ask open "$tmp/longwave-gen longwave-gen.nABCD"
hears "/reply '/nsm/client/open' .*"
seed=$(sed -n 's/^seed: //p' "$tmp/longwave-gen.yaml")
set_() { "$BIN/longwave" set "$@" >"$tmp/set.log" 2>&1 || fail "set $*: $(cat "$tmp/set.log")"; }
set_ preset tide --fade 0.5
set_ brightness -0.5
hears "/nsm/client/is_dirty"
set_ level -7.25
forget
ask save
hears "/reply '/nsm/client/save' 'saved'"
hears "/nsm/client/is_clean"
left=$("$BIN/longwave" status --json | sed -n 's/.*"position_s": \([0-9.]*\).*/\1/p')
stop
forget
start longwave-gen
hears "/nsm/server/announce .*"
ask open "$tmp/longwave-gen longwave-gen.nABCD"
hears "/reply '/nsm/client/open' .*"
"$BIN/longwave" status --json >"$tmp/status"
for want in '"preset": "tide"' "\"seed\": \"$seed\"" '"brightness": -0.5' '"level": -7.25' '"space": 1'; do
    grep -q "$want" "$tmp/status" || {
        cat "$tmp/status"
        fail "not restored: $want"
    }
done
found=$(sed -n 's/.*"position_s": \([0-9.]*\).*/\1/p' "$tmp/status")
awk -v a="$left" -v b="$found" 'BEGIN { exit !(b > a - 1 && b < a + 20) }' ||
    fail "left at $left s, found at $found s"
pass "restored"

# The manager dies: nothing ends.
exec 4>&-
wait "$nsmd"
sleep 1
set_ brightness 1 # and with something to tell it
sleep 1.5
in_graph longwave-gen.nABCD || fail "gone with its manager"
kill -USR1 "$client"
wait_for 5 grep -q '^brightness: 1$' "$tmp/longwave-gen.yaml" || fail "SIGUSR1 did not save"
stop
pass "manager gone"

# A file that is no state.
start_nsmd
seen=0
sed -i 's/^brightness: .*/brightness: loud/' "$tmp/longwave-gen.yaml"
start longwave-gen
hears "/nsm/server/announce .*"
ask open "$tmp/longwave-gen longwave-gen.nABCD"
hears "/error '/nsm/client/open' -9 '.*longwave-gen.yaml:[0-9]+: key 'brightness': found 'loud'.*"
code=0
wait "$client" || code=$?
[ "$code" = 2 ] || fail "exit code $code with a broken state"
in_graph longwave && fail "it joined the graph all the same"
pass "broken state"

# No JACK for it: the manager is told.
forget
start longwave-master --server nowhere
hears "/nsm/server/announce .*"
ask open "$tmp/none longwave-master.nABCD"
hears "/error '/nsm/client/open' -1 '.*log.*'"
code=0
wait "$client" || code=$?
[ "$code" = 69 ] || fail "exit code $code without a server"
pass "no server"

# Asked to end before open; refused; never answered; not a manager at all.
forget
start longwave-master
hears "/nsm/server/announce .*"
stop
ask refuse
start longwave-master
says "session manager won't have us: too old for this"
wait_for 10 in_graph longwave-master || fail "refused, it does not play"
stop
ask deaf
start longwave-master
says "the session manager at osc.udp://.* \(NSM_URL\) doesn't answer"
wait_for 10 in_graph longwave-master || fail "not answered, it does not play"
stop INT
NSM_URL=http://127.0.0.1:1/ start longwave-master
says "NSM_URL: found 'http://127.0.0.1:1/'; allowed: osc.udp://HOST:PORT/"
wait_for 10 in_graph longwave-master || fail "without a manager it does not play"
stop
exec 4>&-
wait "$nsmd"
unset NSM_URL
pass "no session"

# SIGUSR1 alone.
start longwave-master
says "JACK client longwave-master"
kill -USR1 "$client"
says "SIGUSR1 asks to save the state, but nobody said where: --state FILE"
stop HUP
state=$tmp/master.yaml
start longwave-master --state "$state" --target -20
says "JACK client"
[ ! -e "$state" ] || fail "a state that nobody asked for"
kill -USR1 "$client"
says "state saved to $state"
stop
[ "$(grep -v '^#' "$state")" = "$(printf 'target: -20\nceiling: -1\nbypass: false')" ] || {
    cat "$state"
    fail "the state"
}
start longwave-master --state "$state" --ceiling -2
says "toward -20.0 LUFS, under -2.0 dBTP"
stop
start longwave-master --config "$state" # the same keys
says "toward -20.0 LUFS, under -1.0 dBTP"
stop
start longwave-sink --state "$tmp/sink.yaml" --listen 127.0.0.1:8010 --admin 127.0.0.1:0 \
    --mount hall --ladder 48,96
says "patch something"
kill -USR1 "$client"
says "state saved to"
stop
start longwave-sink --state "$tmp/sink.yaml"
says "stream http://127.0.0.1:8010/hall.opus, stereo"
in_graph longwave-sink || fail "no sink"
jack_lsp | grep -qx longwave-sink:hall_L || fail "the mount is not restored"
stop
cp "$top/presets/music/phase1.yaml" "$tmp/mine.yaml"
(cd "$tmp" && exec "$BIN/longwave-gen" --preset mine.yaml --renderer cpu --state gen.yaml \
    --start 3600 --root 2 2>"$tmp/client.log") &
client=$!
says "playing as"
kill -USR1 "$client"
says "state saved to gen.yaml"
stop
grep -qx "preset: \"$tmp/mine.yaml\"" "$tmp/gen.yaml" || fail "a preset's relative path is kept"
grep -qx 'root: 2' "$tmp/gen.yaml" || fail "an option is not in the state"
awk '/^start:/ { exit !($2 >= 3600 && $2 < 3630) }' "$tmp/gen.yaml" || fail "the place is not kept"
start longwave-gen --state "$tmp/gen.yaml" --root -1
says "playing as"
"$BIN/longwave" status >"$tmp/status"
grep -Eq '^music +mine .* at 1:00:' "$tmp/status" || fail "it does not go on there: $(cat "$tmp/status")"
grep -Eq '^set +root -1 ' "$tmp/status" || fail "the command line does not win"
stop
exits 2 "state: .*gen.yaml:[0-9]+: no option 'colour'" \
    sh -c "echo 'colour: red' >>'$tmp/gen.yaml'; exec '$BIN/longwave-gen' --state '$tmp/gen.yaml'"
exits 2 "state: .*: option 'name' is no part of a state" \
    sh -c "echo 'name: x' >'$state'; exec '$BIN/longwave-master' --state '$state'"
exits 2 "state: /dev/null: not a file" "$BIN/longwave-sink" --state /dev/null
exits 2 "mode: found 'nowhere'; allowed with preset 'phase1': own" \
    "$BIN/longwave-gen" --preset phase1 --mode nowhere
pass "SIGUSR1"

# The watchdog hears all three, about twice as often as it wants to at least.
"$TOOLS/pings" "$tmp/notify" >"$tmp/pings.log" &
wait_for 5 grep -q bound "$tmp/pings.log" || fail "pings did not start"
pings() { grep -c '^WATCHDOG=1$' "$tmp/pings.log" || true; }
declare -A threads=([longwave-gen]=lw:gpu [longwave-master]=lw:lev
    [longwave-sink]='lw:enc lw:ev')
more_than() { [ "$(pings)" -gt "$1" ]; }
for program in longwave-gen longwave-master longwave-sink; do
    : >"$tmp/client.log"
    read -ra given <<<"${options[$program]}"
    before=$(pings)
    NOTIFY_SOCKET=$tmp/notify WATCHDOG_USEC=1000000 "$BIN/$program" "${given[@]}" \
        2>"$tmp/client.log" &
    client=$!
    wait_for 20 more_than $((before + 4)) || fail "$program doesn't ping"
    # one thread that stands still silences it, though [main] goes on
    for name in ${threads[$program]}; do
        mkfifo "$tmp/hold.in"
        "$TOOLS/hold" "$client" "$name" <"$tmp/hold.in" >"$tmp/hold.log" 2>&1 &
        hold=$!
        exec 5>"$tmp/hold.in"
        wait_for 5 grep -q held "$tmp/hold.log" || fail "hold $name: $(cat "$tmp/hold.log")"
        sleep 0.7 # one may have been due before
        before=$(pings)
        sleep 1.5
        [ "$(pings)" = "$before" ] || fail "$program pings without its $name"
        exec 5>&-
        wait "$hold" || fail "hold $name"
        rm "$tmp/hold.in"
        wait_for 10 more_than "$before" || fail "$program doesn't ping again"
    done
    stop
done
NOTIFY_SOCKET=$tmp/notify WATCHDOG_USEC=1000000 WATCHDOG_PID=1 "$BIN/longwave-master" \
    2>"$tmp/client.log" &
client=$!
says "JACK client"
before=$(pings)
sleep 1.5
[ "$(pings)" = "$before" ] || fail "pings that are another process' business"
stop
pass "watchdog"
