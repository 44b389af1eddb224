#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The real qjackctl and aj-snapshot make of our files the very cables that we
# make of our rules, and our rules make what theirs say.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
enter_world "$@"

for program in qjackctl aj-snapshot; do
    command -v "$program" >/dev/null || skip "no $program here"
done

# cables: "FROM -> TO" of all, sorted.
cables() {
    # jack_lsp says each cable at both its ends
    jack_lsp -c | awk '
        NR == FNR { output[$0] = 1; next }
        /^   / { if (port in output) print port " -> " substr($0, 4); next }
        { port = $0 }' "$tmp/outputs" - | sort
}

pull_all() {
    local line
    while IFS= read -r line; do
        jack_disconnect "${line%% -> *}" "${line#* -> }"
    done < <(cables)
    [ -z "$(cables)" ] || fail "cables can't be pulled"
}

# same FILE: the cables are those in FILE.
same() { [ "$(cables)" = "$(cat "$1")" ]; }

# ours RULES: what our rules make, into $tmp/ours.
ours() {
    pull_all
    "$BIN/longwave" patch apply "$1" >"$tmp/apply.log" 2>&1 || fail "apply $1"
    cables >"$tmp/ours"
    [ -s "$tmp/ours" ] || fail "$1 makes no cable"
}

# theirs FORMAT RULES WARNINGS: their program makes what is in $tmp/ours of our
# export, which says so many warnings.
theirs() {
    local file=$tmp/$1.xml warnings
    "$BIN/longwave" patch export "$file" "$2" --format "$1" 2>"$tmp/export.log" ||
        fail "export --format $1"
    warnings=$(wc -l <"$tmp/export.log")
    [ "$warnings" = "$3" ] || {
        cat "$tmp/export.log"
        fail "$1: $warnings warnings, not $3"
    }
    pull_all
    if [ "$1" = qjackctl ]; then
        load_qjackctl "$file"
    else
        # it fails where a client is away
        aj-snapshot -jr "$file" >"$tmp/aj-snapshot.log" 2>&1 || true
    fi
    same "$tmp/ours" || {
        diff "$tmp/ours" <(cables) || true
        fail "$1 makes other cables than $2 (< ours, > theirs)"
    }
}

# load_qjackctl FILE: until it has made what it will.
load_qjackctl() {
    mkdir -p "$tmp/home/.config/rncbc.org" "$tmp/run"
    chmod 700 "$tmp/run"
    printf '[Options]\n%s\n' \
        'DBusEnabled=false' 'JackDBusEnabled=false' 'AlsaSeqEnabled=false' \
        'SystemTray=false' 'QueryClose=false' 'QueryShutdown=false' \
        'Singleton=false' 'StopJack=false' \
        >"$tmp/home/.config/rncbc.org/QjackCtl.conf"
    QT_QPA_PLATFORM=offscreen HOME=$tmp/home XDG_RUNTIME_DIR=$tmp/run \
        qjackctl -n default -a "$1" >"$tmp/qjackctl.log" 2>&1 &
    local pid=$!
    wait_for 20 same "$tmp/ours" || true
    # nothing more comes: it looks again each time the graph changes
    sleep 1
    kill "$pid"
    wait "$pid" || true
}

start_jackd 48000 256
"$TOOLS/ports" \
    'gen & "co"=+out_L,+out_R,~+keys' \
    'mix <1>=-in_1,-in_2,-in_10,+main (L),+main (R),~-ctl' \
    'rec=-in_L,-in_R,-a:b' \
    'synth.1=+out_1,+out_2,~-midi' \
    'synth.2=+out_1,+out_2,~-midi' \
    'Zynn=+é [1],+x' solo=+out amp=-in >"$tmp/ports" 2>"$tmp/ports.log" &
wait_for 10 grep -q ready "$tmp/ports" || fail "no ports"
jack_lsp -p | awk '/^\t/ { if (/output/) print port; next } { port = $0 }' \
    >"$tmp/outputs"
[ "$(wc -l <"$tmp/outputs")" = 14 ] || fail "ports can't be listed"

# Names of all kinds, and what only rules have.
cat >"$tmp/names.yaml" <<'END'
connect:
  - ['gen & "co":out_L', 'mix <1>:in_1']
  - ['gen & "co":out_R', 'mix <1>:in_2']
  - ['gen & "co":keys', 'mix <1>:ctl']
  - ['mix <1>:main (L)', rec:in_L]
  - ['mix <1>:main (L)', system:playback_1]
  - ['mix <1>:main (R)', rec:in_R]
  - ['Zynn:é [1]', rec:a:b]
  - [away:out, rec:in_L]
END
ours "$tmp/names.yaml"
theirs qjackctl "$tmp/names.yaml" 0
theirs aj-snapshot "$tmp/names.yaml" 0
pass "exact names: the same cables"

cat >"$tmp/rules.yaml" <<'END'
connect:
  - {from: '/synth\..:out_([12])/', to: 'mix <1>:in_\1'}
  - {from: 'gen & "co"', to: 'mix <1>'}
  - {from: '/(synth|Zynn).*:.*/', to: rec:in_L}
  - {from: '/mix.*:main.*/', to: '/rec:in_[LR]/', fan: all, type: audio}
  - {from: '/[[:alpha:] <]+1>:main \((L|R)\)/', to: '/system:playback_[0-9]/', fan: order}
  - {from: 'gen & "co":keys', to: '/synth.*/', fan: all}
  - {from: solo:out, to: amp:in, exclusive: true}
  - {from: system, to: rec, fallback: true}
END
ours "$tmp/rules.yaml"
theirs qjackctl "$tmp/rules.yaml" 4
theirs aj-snapshot "$tmp/rules.yaml" 8
pass "rules: the same cables"

# A stranger's cable at a port that is exclusive goes, one elsewhere stays.
strangers() {
    pull_all
    jack_connect system:capture_1 amp:in
    jack_connect system:capture_1 rec:a:b
}
cat >"$tmp/alone.yaml" <<'END'
connect: [{from: solo:out, to: amp:in, exclusive: true}]
END
strangers
"$BIN/longwave" patch apply "$tmp/alone.yaml" >"$tmp/apply.log" 2>&1 ||
    fail "apply"
cables >"$tmp/ours"
[ "$(wc -l <"$tmp/ours")" = 2 ] || fail "exclusive: $(cat "$tmp/ours")"
"$BIN/longwave" patch export "$tmp/alone.xml" "$tmp/alone.yaml" \
    --format qjackctl 2>"$tmp/export.log" || fail "export"
[ ! -s "$tmp/export.log" ] || fail "export warns"
strangers
load_qjackctl "$tmp/alone.xml"
same "$tmp/ours" || fail "qjackctl's exclusive isn't ours: $(cables)"
pass "exclusive: the same cables"

# What aj-snapshot saves.
aj-snapshot -jf "$tmp/saved.xml" </dev/null >"$tmp/aj-snapshot.log" 2>&1 ||
    fail "aj-snapshot can't save"
cables >"$tmp/saved"
"$BIN/longwave" patch import "$tmp/saved.xml" --format aj-snapshot \
    --to "$tmp/saved.yaml" 2>"$tmp/import.log" || fail "import"
[ ! -s "$tmp/import.log" ] || fail "import warns: $(cat "$tmp/import.log")"
ours "$tmp/saved.yaml"
cmp "$tmp/saved" "$tmp/ours" || fail "not what aj-snapshot saved"
"$BIN/longwave" patch diff "$tmp/saved.yaml" >"$tmp/diff.log" ||
    fail "patch diff"
pass "what aj-snapshot saved is made again"

# And back: our rules come home from qjackctl's file as they went.
"$BIN/longwave" patch export "$tmp/home.xml" "$tmp/names.yaml" \
    --format qjackctl 2>>"$tmp/export.log" || fail "export"
"$BIN/longwave" patch import "$tmp/home.xml" --format qjackctl \
    --to "$tmp/home.yaml" 2>"$tmp/import.log" || fail "import"
[ ! -s "$tmp/import.log" ] || fail "import warns: $(cat "$tmp/import.log")"
diff <(grep '^  -' "$tmp/names.yaml" | sort) <(grep '^  -' "$tmp/home.yaml" | sort) ||
    fail "names don't come back from qjackctl's file"
pass "names come back"
