# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154
# For tests of a page in Chromium, led by tests/tools/page.cjs. After lib.sh and
# enter_world():
#     . .../lib-page.sh; need_chromium; open_page URL OPTIONS...

need_chromium() {
    command -v chromium >/dev/null || skip "no Chromium"
    command -v node >/dev/null || skip "no Node.js"
    export NODE_PATH=${NODE_PATH:-$(npm root -g 2>/dev/null || true)}
    node -e 'require("playwright-core")' 2>/dev/null ||
        skip "no playwright-core is found (NODE_PATH)"
}

# open_page URL OPTIONS...: of page.cjs. Where it may, the browser goes before
# other programs: it decodes at common priority, and what a busy machine makes of
# that is not the page's.
open_page() {
    pages=$((${pages:-0} + 1))
    page_log=$tmp/page-$pages.log
    coproc page { exec nice -n -15 node "$here/../tools/page.cjs" \
        "$(command -v chromium)" "$@" 2>"$page_log"; }
    page_pid=$!
    # a coprocess's own are closed in subshells
    exec {page_in}>&"${page[1]}" {page_out}<&"${page[0]}"
    local said
    read -r -t 60 said <&"$page_out" || fail "the page does not open"
    [ "$said" = ready ] || fail "the page says '$said'"
}

# page_do COMMAND...: its answer.
page_do() {
    local said
    printf '%s\n' "$*" >&"$page_in" || fail "the browser has gone"
    read -r -t 60 said <&"$page_out" || fail "no answer to '$*'"
    printf '%s\n' "$said"
}

close_page() {
    printf 'quit\n' >&"$page_in"
    wait "$page_pid" || fail "the browser ended with $?"
    # what the page complained of, or its policy
    if grep -E '^(console|error): ' "$page_log"; then
        fail "the page complains"
    fi
}

# page_has FILTER: jq says yes of its figures, which are in $figures.
page_has() {
    figures=$(page_do figures)
    jq -e "$1" <<<"$figures" >/dev/null
}

# want FILTER WHAT: now, or it is a failure.
want() {
    page_has "$1" || {
        jq -c . <<<"$figures"
        fail "$2"
    }
}

# want_in SECONDS FILTER WHAT
want_in() {
    local end=$((SECONDS + $1))
    until page_has "$2"; do
        [ $SECONDS -lt $end ] || {
            jq -c . <<<"$figures"
            fail "$3"
        }
        sleep 0.1
    done
}
