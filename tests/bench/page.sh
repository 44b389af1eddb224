#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench: the listeners' page for an hour: its memory, its distance to live, gaps
# builds: longwave longwave-gen longwave-master longwave-sink
#
# Prints a row a minute and what each figure gained per hour, by least squares
# over all but the first tenth. Exit 1 when a gap was heard, the distance to live
# moved by more than half a second, or the script memory (after a collection)
# grew by more than 2 MB an hour.
if [ "${1:-}" = --help ]; then
    printf 'usage: page.sh [--seconds N]   (3600)\n'
    exit 0
fi
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
enter_world "$@"
# shellcheck source=tests/integration/lib-page.sh
. "$here/lib-page.sh"
need_chromium

seconds=3600
[ "${1:-}" != --seconds ] || seconds=$2

# rss: kB of all of the browser's processes.
rss() {
    awk '/^Name/ { mine = $2 ~ /^chrom/ } /^VmRSS/ && mine { n += $2 }
        END { print n + 0 }' /proc/[0-9]*/status 2>/dev/null
}

start_station --seed 77
sleep 11
open_page http://127.0.0.1:8000/ --forget --size 390x844
page_do press >/dev/null
want_in 5 '.start > 0' "no sound"
sleep 3
begin=$SECONDS
step=$((seconds / 60 > 60 ? 60 : seconds / 60 > 5 ? seconds / 60 : 5))
printf '%7s %8s %8s %9s %9s %7s  %s\n' s behind ahead heap_kB rss_kB gap outages
while [ $((SECONDS - begin)) -lt "$seconds" ]; do
    sleep "$step"
    figures=$(page_do figures)
    memory=$(page_do memory)
    jq -r -n --argjson f "$figures" --argjson m "$memory" \
        --arg t $((SECONDS - begin)) --arg rss "$(rss)" \
        '[$t, $f.behind, $f.ahead, ($m.heap / 1000 | round), $rss, $f.longest,
          $f.outages] | @tsv' | tee -a "$tmp/rows" |
        awk -F'\t' '{ printf "%7d %8.1f %8.1f %9d %9d %7d  %s\n",
            $1, $2, $3, $4, $5, $6, $7 }'
done
close_page
awk -F'\t' -v all="$seconds" '
    $1 > all / 10 {
        n++; x += $1; xx += $1 * $1
        for (k = 2; k <= 5; k++) { y[k] += $k; xy[k] += $1 * $k }
        if (!least || $2 < least) least = $2
        if ($2 > most) most = $2
        gap = $6
    }
    END {
        for (k = 2; k <= 5; k++)
            s[k] = 3600 * (n * xy[k] - x * y[k]) / (n * xx - x * x)
        printf "per hour: behind %+.2f s, heap %+.0f kB, rss %+.0f kB\n", s[2], s[4], s[5]
        printf "behind live %.1f to %.1f s; longest gap %d frames\n", least, most, gap
        exit !(most - least < 0.5 && gap <= 8 && (s[4] < 2000 || all < 3000))
    }' "$tmp/rows"
