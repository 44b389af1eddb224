# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Completion for bash of longwave and its clients. What there is is asked of the
# programs themselves (--help, presets), so that it is never out of date.

# The commands under "longwave [COMMAND]", if any.
_longwave_commands() {
    local what=longwave${2:+ $2}
    "$@" --help 2>/dev/null | sed -n "s/^  $what \([a-z][a-z]*\).*/\1/p" | sort -u
}

# The options of a program or command, with what follows them: "--name NAME".
_longwave_options() {
    "$@" --help 2>/dev/null |
        sed -n 's/^  \(-h, \)\{0,1\}\(--[a-z-]*\)\( [^ ]*\)\{0,1\}\( .*\)\{0,1\}$/\2\3/p'
}

# The choices of an option, where its help is of the kind "a, b or c (a)".
_longwave_choices() {
    local option=$1
    shift
    "$@" --help 2>/dev/null |
        sed -n "s/^  $option [^ ]* *\(.*: \)\{0,1\}\([a-z0-9]*\(, [a-z0-9]*\)* or [a-z0-9]*\)\( (.*\)\{0,1\}$/\2/p" |
        sed 's/, \| or /\n/g'
}

_longwave() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local -a command=("${COMP_WORDS[0]}")
    local i=1 subs argument words=
    COMPREPLY=()
    subs=$(_longwave_commands "${command[@]}")
    while ((i < COMP_CWORD)) && grep -qxF -- "${COMP_WORDS[i]}" <<<"$subs"; do
        command+=("${COMP_WORDS[i]}")
        subs=
        ((${#command[@]} > 2)) || subs=$(_longwave_commands "${command[@]}")
        i=$((i + 1))
    done

    argument=$(_longwave_options "${command[@]}" | awk -v o="$prev" '$1 == o { print $2 }')
    case $prev:$argument in
    --*:*FILE* | --*:MUSIC)
        compopt -o filenames 2>/dev/null
        [[ $argument = FILE ]] || words=$(longwave presets --names 2>/dev/null)
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"; compgen -f -- "$cur")
        return
        ;;
    --*:?*)
        words=$(_longwave_choices "$prev" "${command[@]}")
        ;;
    *)
        if [[ $cur = -* ]]; then
            words=$(_longwave_options "${command[@]}" | cut -d ' ' -f 1)
        elif [[ $subs ]]; then
            words=$subs
        elif [[ " ${command[*]:1} " = *' set '* ]]; then
            if ((COMP_CWORD == i)); then
                words=$("${command[@]}" --help 2>/dev/null |
                    sed -n 's/^PARAM is \(.*\)\.$/\1/p' | sed 's/, \| or /\n/g')
            elif [[ $prev = preset ]]; then
                words=$("${command[0]}" presets --names 2>/dev/null)
            elif [[ $prev = freeze ]]; then
                words='on off'
            fi
        elif "${command[@]}" --help 2>/dev/null | grep -q 'STATION'; then
            compopt -o filenames 2>/dev/null
            words=$("${command[0]}" presets --stations --names 2>/dev/null)
            mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"; compgen -f -- "$cur")
            return
        elif "${command[@]}" --help 2>/dev/null | grep -q 'FILE \[OPT\|FILE --'; then
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            return
        fi
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _longwave longwave longwave-gen longwave-master longwave-sink
