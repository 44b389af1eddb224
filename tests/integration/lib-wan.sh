# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154
# For tests that need a network worth the name. After lib.sh and enter_world():
#     . .../lib-wan.sh; start_wan
# makes a second network beside the world's own, joined to it by the program wan
# (see 'wan --help': delay, loss, rate, outage). The servers live in the world's
# own, listeners in the far one. Each link has a subnet of its own, so that each
# can be long or broken in its own way: link N joins 10.9.N.1 here with 10.9.N.2
# there. Where there is no tun device, or it may not be opened, the test is
# skipped.

# start_wan OPTIONS...: of wan.
start_wan() {
    unshare -n sleep infinity &
    far=$!
    # shellcheck disable=SC2317 # wait_for calls it
    apart() { [ "$(readlink "/proc/$far/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
    wait_for 5 apart || fail "no second network"
    in_far ip link set lo up
    mkfifo "$tmp/wan.fifo"
    "$TOOLS/wan" --far "$far" "$@" <"$tmp/wan.fifo" >"$tmp/wan.log" \
        2>"$tmp/wan-err.log" &
    wan=$!
    exec {wan_fd}>"$tmp/wan.fifo"
    # shellcheck disable=SC2317 # wait_for calls it
    settled() { grep -q ready "$tmp/wan.log" || ! kill -0 "$wan"; }
    wait_for 5 settled || fail "wan does not start"
    if ! kill -0 "$wan" 2>/dev/null; then
        local code=0
        wait "$wan" || code=$?
        [ $code = 69 ] && skip "no network to test with: $(cat "$tmp/wan-err.log")"
        fail "wan ended with $code"
    fi
    local in
    for in in '' in_far; do
        # long enough for the bursts of many listeners: what is lost is to be
        # lost by wan
        $in ip link set wan txqueuelen 10000 up
    done
    shown=0
}

# in_far COMMAND...: there.
in_far() { nsenter -t "$far" -n "$@"; }

# add_link N DELAY: with so many ms one way.
add_link() {
    ip addr add "10.9.$1.1/24" dev wan
    in_far ip addr add "10.9.$1.2/24" dev wan
    wan_do delay "10.9.$1.2" "$2"
}

# wan_do COMMAND...: one of wan's.
wan_do() { printf '%s\n' "$*" >&"$wan_fd"; }

# wan_show: what has passed and been lost till now, for wan_figure. Not from
# several processes at once.
wan_show() {
    shown=$((shown + 1))
    wan_do show
    wait_for 5 grep -qx "shown $shown" "$tmp/wan.log" || fail "wan says nothing"
}

# wan_figure to|from N NAME: of link N when it was last shown.
wan_figure() {
    awk -v way="$1" -v address="10.9.$2.2" -v name="$3" '
        $1 == way && $2 == address {
            for (i = 3; i <= NF; i++)
                if (split($i, pair, "=") == 2 && pair[1] == name)
                    value = pair[2]
        }
        END { print value + 0 }' "$tmp/wan.log"
}

# wan_time: when it was last shown, s.
wan_time() { awk '$1 == "at" { t = $2 } END { print t }' "$tmp/wan.log"; }
