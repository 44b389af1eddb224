#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# manpage.sh TEMPLATE BIN TOP VERSION DATE: a page of the manual on stdout, from
# a template with the words that no program says, and what the programs in BIN say
# of themselves. A line of the template may be
#     @name@ @synopsis@ @options@ @notes@    of the program that the page is of
#     @commands@                             longwave's commands, each with its own
#     @markdown FILE@ @verbatim FILE@        a file under TOP
set -eu
template=$1 bin=$2 top=$3 version=$4 date=$5
here=$(dirname "$0")
base=$(basename "$template" .in)
program=${base%.*}

# part NAME COMMAND...: of what its --help says
part() {
    what=$1
    shift
    "$@" --help | awk -v part="$what" -f "$here/help.awk"
}

one_command() {
    if "$@" --help | grep -q '^Usage: '; then
        part summary "$@"
        echo .PP
        part usage "$@"
        notes=$(part notes "$@")
        [ -z "$notes" ] || printf '.PP\n%s\n' "$notes"
        part options "$@" | skip_common
    else
        part commands "$@"
    fi
}

# --config, --help and --version, which each has, are told once.
skip_common() {
    awk '/^\.TP$/ { held = $0; next }
         held { skip = /^\.B \\-\\-(config|version)|^\.B \\-h/
                if (!skip) print held; held = "" }
         !skip { print }'
}

# The commands of longwave, or of one of them, each once.
under() {
    "$@" --help | sed -n "s/^  longwave${2:+ $2} \([a-z][a-z]*\).*/\1/p" |
        awk '!seen[$0]++'
}

commands() {
    longwave=$bin/longwave
    part commands "$longwave"
    for c in $(under "$longwave"); do
        echo ".SS longwave $c"
        one_command "$longwave" "$c"
        for s in $(under "$longwave" "$c"); do
            echo ".SS longwave $c $s"
            one_command "$longwave" "$c" "$s"
        done
    done
}

verbatim() {
    echo '.EX'
    sed 's/\\/\\e/g; s/-/\\-/g; s/^\./\\\&./; s/'\''/\\(aq/g' "$1"
    echo '.EE'
}

while IFS= read -r line; do
    case $line in
    '.\" '*) ;; # the template's own comments
    @name@) part name "$bin/$program" ;;
    @synopsis@) part usage "$bin/$program" ;;
    @options@) part options "$bin/$program" ;;
    @notes@) part notes "$bin/$program" ;;
    @commands@) commands ;;
    @markdown\ *@) f=${line#@markdown }; awk -f "$here/markdown.awk" "$top/${f%@}" ;;
    @verbatim\ *@) f=${line#@verbatim }; verbatim "$top/${f%@}" ;;
    *) printf '%s\n' "$line" | sed "s/@VERSION@/$version/g; s/@DATE@/$date/g" ;;
    esac
done <"$template"
