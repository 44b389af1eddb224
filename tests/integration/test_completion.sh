#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion in the shells that are here: commands, options, choices, presets and
# stations are the programs' own.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
completion=$top/packaging/completion
export PATH=$BIN:$PATH
tmp=$(mktemp -d)
trap leave_world EXIT
cd "$tmp" # where no file is called like a preset

# Each prints one word per line for a command line whose last word is unfinished.
in_bash() {
    # shellcheck disable=SC2016 # its own variables
    bash -c '. "$0/longwave.bash"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        compopt() { :; }; _longwave; printf "%s\n" "${COMPREPLY[@]}"' "$completion" "$@"
}
in_fish() {
    local line
    line=$(printf '%s ' "$@")
    fish --no-config -c "source $completion/longwave.fish; complete -C '${line% }'" | cut -f 1
}
in_zsh() {
    # zsh's own filter by what was typed is out of reach here: done by grep
    # shellcheck disable=SC2016
    zsh -f -c 'compadd() { print -l -- ${(P)2} }; _files() { : }
        _describe() { print -l -- ${${(P)2}%%:*} }
        f=$1; shift; words=("$@"); CURRENT=$#; . $f' zsh "$completion/_longwave" "$@" |
        grep -e "^${*: -1}"
}

# offers SHELL "WORDS" COMMAND LINE...: these words, sorted, and no other.
offers() {
    local shell=$1 want=$2 got
    shift 2
    got=$("in_$shell" "$@" | grep -v '^$' | sort -u | tr '\n' ' ')
    [ "$got" = "$want " ] || fail "$shell, '$*': offers '$got', not '$want'"
}

tested=0
for shell in bash fish zsh; do
    command -v $shell >/dev/null || continue
    commands=$(longwave --help | sed -n 's/^  longwave \([a-z]*\).*/\1/p' | grep . | sort -u | tr '\n' ' ')
    offers $shell "${commands% }" longwave ''
    offers $shell 'run' longwave ru
    offers $shell '--seed --server' longwave run --se
    offers $shell 'auto cpu vulkan' longwave run --renderer ''
    offers $shell 'terminal tide' longwave run --preset t
    offers $shell 'default' longwave run d
    offers $shell 'default' longwave doctor d
    offers $shell '--json' longwave doctor --j
    offers $shell 'brightness' longwave set b
    offers $shell 'nave' longwave set preset n
    offers $shell 'auto avx2 avx512' longwave-gen --simd a
    offers $shell '--ceiling' longwave-master --ce
    offers $shell 'fastest' longwave-sink --resample f
    pass "$shell"
    tested=$((tested + 1))
done
[ $tested -gt 0 ] || skip "no shell"
