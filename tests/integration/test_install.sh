#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cmake --install: everything is in its place, and plays from there without the
# source tree; the manual and the units are without fault.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"
build=$(cd "$BIN/.." && pwd)

# Into a folder that stands for the root, as packagers do.
DESTDIR=$tmp/dest cmake --install "$build" --prefix /usr >"$tmp/install.log" 2>&1 ||
    fail "cmake --install into a DESTDIR"
cat >"$tmp/want" <<'L'
usr/bin/longwave
usr/bin/longwave-gen
usr/bin/longwave-master
usr/bin/longwave-sink
usr/lib/systemd/system/longwave@.service
usr/lib/systemd/user/longwave.service
usr/share/bash-completion/completions/longwave
usr/share/bash-completion/completions/longwave-gen
usr/share/bash-completion/completions/longwave-master
usr/share/bash-completion/completions/longwave-sink
usr/share/doc/longwave/LICENSE
usr/share/doc/longwave/README.md
usr/share/doc/longwave/presets.md
usr/share/fish/vendor_completions.d/longwave.fish
usr/share/man/man1/longwave-gen.1.gz
usr/share/man/man1/longwave-master.1.gz
usr/share/man/man1/longwave-sink.1.gz
usr/share/man/man1/longwave.1.gz
usr/share/man/man5/longwave-preset.5.gz
usr/share/man/man5/longwave-station.5.gz
usr/share/zsh/vendor-completions/_longwave
L
(cd "$top" && printf 'usr/share/longwave/%s\n' presets/music/*.yaml presets/stations/*.yaml) >>"$tmp/want"
(cd "$tmp/dest" && find . ! -type d | sed 's/^\.\///') | sort >"$tmp/got"
diff <(sort "$tmp/want") "$tmp/got" || fail "other files are installed than should be (<)"
grep -q '^ExecStart=/usr/bin/longwave run' "$tmp/dest/usr/lib/systemd/user/longwave.service" ||
    fail "the unit does not start the installed program"
! grep -rlF -e "$top" -e "$tmp" "$tmp/dest/usr/lib" "$tmp/dest/usr/share" ||
    fail "a path of this tree is in an installed file"
pass "files"

# Into a place of its own, and from now on without the source tree's presets.
cmake --install "$build" --prefix "$tmp/own" >"$tmp/install.log" 2>&1 || fail "cmake --install"
BIN=$tmp/own/bin
[ "$("$BIN/longwave" presets --names)" = "$(cd "$top/presets/music" && printf '%s\n' *.yaml | sed 's/\.yaml$//' | sort)" ] ||
    fail "the installed presets are not found"
"$BIN/longwave" doctor >"$tmp/doctor.log" || true
grep -Eq '^ok +programs' "$tmp/doctor.log" || fail "the doctor misses installed programs"
start_station --renderer cpu
curl -s -m 3 http://127.0.0.1:8000/live.opus >"$tmp/live.opus" || true
valid_opus "$tmp/live.opus"
stop_pid "$station" TERM 15
[ $code = 0 ] || fail "the installed station ended with $code"
pass "plays from where it is installed"

# The manual says what the programs say.
for page in "$tmp"/own/share/man/man?/*.gz; do
    name=$(basename "$page" .gz)
    gzip -dc "$page" >"$tmp/$name"
    if command -v mandoc >/dev/null; then
        mandoc -T lint -W warning "$tmp/$name" >"$tmp/lint" 2>&1 || {
            cat "$tmp/lint"
            fail "mandoc has something against $name"
        }
    fi
    if command -v man >/dev/null; then
        LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 "$tmp/$name" 2>"$tmp/lint" >/dev/null
        [ ! -s "$tmp/lint" ] || {
            cat "$tmp/lint"
            fail "man has something against $name"
        }
    fi
done
plain() { sed 's/\\-/-/g; s/\\(aq/'\''/g; s/\\e/\\/g; s/^\\&//' "$1"; }
# in_manual PAGE COMMAND...: each of its options, with its help
in_manual() {
    local page=$1 line
    shift
    plain "$tmp/$page" >"$tmp/plain"
    while IFS= read -r line; do
        grep -qxF -- "$line" "$tmp/plain" || fail "$page lacks '$line' of $*"
    done < <("$@" --help | sed -n 's/^  --[a-z-]*.*  \(.*\)/\1/p' | grep -v -e 'the version' -e 'YAML file')
}
for program in longwave-gen longwave-master longwave-sink; do
    in_manual $program.1 "$BIN/$program"
done
for command in $("$BIN/longwave" --help | sed -n 's/^  longwave \([a-z]*\).*/\1/p' | sort -u); do
    in_manual longwave.1 "$BIN/longwave" "$command"
    grep -q "^\.SS longwave $command" "$tmp/longwave.1" || fail "longwave.1 lacks $command"
done
for name in terminal harmonic period; do
    grep -q "$name" "$tmp/longwave-preset.5" || fail "longwave-preset.5 lacks $name"
done
while IFS= read -r line; do
    plain "$tmp/longwave-station.5" | grep -qxF -- "$line" || fail "longwave-station.5 lacks '$line'"
done <"$top/presets/stations/default.yaml"
pass "manual"

# Units.
if command -v systemd-analyze >/dev/null; then
    mkdir -m 700 "$tmp/runtime"
    cp "$tmp/own/lib/systemd/system/longwave@.service" "$tmp/longwave@default.service"
    XDG_RUNTIME_DIR=$tmp/runtime systemd-analyze verify --man=no --user \
        "$tmp/own/lib/systemd/user/longwave.service" >"$tmp/verify.log" 2>&1 ||
        fail "systemd has something against longwave.service"
    systemd-analyze verify --man=no "$tmp/longwave@default.service" >>"$tmp/verify.log" 2>&1 ||
        fail "systemd has something against longwave@.service"
    ! grep -F -e "$tmp" "$tmp/verify.log" || fail "systemd warns of a unit"
    exposure=$(systemd-analyze security --offline=yes --no-pager "$tmp/longwave@default.service" 2>/dev/null |
        sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p')
    awk -v e="$exposure" 'BEGIN { exit !(e > 0 && e < 3) }' ||
        fail "the system's unit is open to harm: $exposure of 10"
    pass "units (exposure $exposure of 10)"
fi
