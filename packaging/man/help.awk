# SPDX-License-Identifier: GPL-3.0-or-later
# One part of a program's --help (see graph/cli.c) in man(7), chosen by
# -v part=: name, usage, options, notes, commands. What a program says of itself
# is so said once.
function esc(s) {
    gsub(/\\/, "\\e", s)
    gsub(/-/, "\\-", s)
    gsub(/'/, "\\(aq", s)
    if (s ~ /^\./)
        s = "\\&" s
    return s
}
# "  --name ARG   what it does" as .TP
function entry(line,    at, left, rest) {
    sub(/^  /, "", line)
    at = match(line, /  +/)
    if (!at && match(line, /VALUE moves/)) # a left side that fills its column
        at = RSTART + 5
    left = at ? substr(line, 1, at - 1) : line
    rest = at ? substr(line, at) : ""
    sub(/^ +/, "", rest)
    print ".TP\n.B " esc(left)
    if (rest)
        print esc(rest)
}
NR == 1 {
    line = $0
    sub(/ [0-9][0-9.]*:/, ":", line)
    at = index(line, ": ")
    name = substr(line, 1, at - 1)
    gsub(/ /, "-", name)
    if (part == "name")
        print esc(name) " \\- " esc(substr(line, at + 2))
    else if (part == "summary")
        print esc(substr(line, at + 2)) "."
    next
}
/^Usage: / {
    if (part == "usage") {
        sub(/^Usage: /, "")
        n = split($0, word, " ")
        first = 1 # the name of the program, and of its command
        if (word[1] == "longwave" && word[2] ~ /^[a-z]/)
            first = word[3] ~ /^[a-z]/ ? 3 : 2
        text = ".B"
        for (i = 1; i <= first; i++)
            text = text " " esc(word[i])
        print text
        text = ""
        for (i = first + 1; i <= n; i++)
            text = text (text ? " " : "") esc(word[i])
        if (text)
            print ".RI \"" text "\""
    }
    seen_usage = 1
    next
}
/^Options:$/ { in_options = 1; next }
/^$/ { if (in_options && seen_option) { in_options = 0; in_notes = 1 } next }
/^  longwave / { if (part == "commands") entry($0); next }
in_options { seen_option = 1; if (part == "options") entry($0); next }
in_notes { if (part == "notes") print esc($0) }
