#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The operator's page of a real station, in Chromium: it shows what the station
# is, and what is ordered there is done. See tests/tools/desk.cjs.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/lib-page.sh
. "$(dirname "$0")/lib-page.sh"
enter_world "$@"
need_chromium

export LONGWAVE_ADMIN_TOKEN=0123456789abcdef-for-this-test
start_station --preset phase1 --seed 1f3a9c
wait_for 10 curl -sf http://127.0.0.1:8001/health || fail "not healthy"

# Four listeners, of three containers and two classes.
listen() { curl -s "http://127.0.0.1:8000/live.$1" "${@:2}" >/dev/null & }
listen 'opus?latency=low'
listen opus
listen 'wav?latency=low'
listen mp4 -A 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
all_there() {
    [ "$(curl -s http://127.0.0.1:8001/status.json |
        jq '.listeners | length')" = 4 ]
}
wait_for 10 all_there || fail "not all listeners are on air"

timeout 280 node "$here/../tools/desk.cjs" "$(command -v chromium)" \
    http://127.0.0.1:8001/ http://127.0.0.1:8000/ "$LONGWAVE_ADMIN_TOKEN" \
    "$BIN" || fail "the desk"
