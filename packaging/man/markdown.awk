# SPDX-License-Identifier: GPL-3.0-or-later
# The Markdown of presets/music/README.md in man(7): headings, paragraphs, tables,
# indented code. What it doesn't know stays as it is.
BEGIN { headed = 1 }
function esc(s) {
    gsub(/\\/, "\\e", s)
    gsub(/-/, "\\-", s)
    gsub(/'/, "\\(aq", s)
    return s
}
# `code` and **strong** in bold
function inline(s,    out, mark, at, end) {
    s = esc(s)
    out = ""
    while (match(s, /`[^`]+`|\*\*[^*]+\*\*/)) {
        mark = substr(s, RSTART, 1) == "`" ? 1 : 2
        out = out substr(s, 1, RSTART - 1) "\\fB" \
            substr(s, RSTART + mark, RLENGTH - 2 * mark) "\\fR"
        s = substr(s, RSTART + RLENGTH)
    }
    out = out s
    return out ~ /^\./ ? "\\&" out : out
}
function close_code() { if (code) print ".EE\n.RE"; code = 0 }
/^# / { next }
/^## / { close_code(); print ".SH " toupper(inline(substr($0, 4))); headed = 1; next }
/^### / { close_code(); print ".SS " inline(substr($0, 5)); headed = 1; next }
/^    / {
    if (!code)
        print ".PP\n.RS 4\n.EX"
    code = 1
    headed = 0
    line = esc(substr($0, 5))
    print (line ~ /^\./ ? "\\&" line : line)
    next
}
{ close_code() }
/^\|[-| ]+\|$/ { next }
/^\|/ {
    line = $0
    gsub(/\\\|/, "\001", line)
    n = split(line, cell, "|")
    if (!table) { # its heading says little in a list
        table = 1
        next
    }
    for (i = 2; i < n; i++) {
        gsub(/^ +| +$/, "", cell[i])
        gsub(/\001/, "|", cell[i])
    }
    print ".TP\n" inline(cell[2])
    rest = cell[3]
    for (i = 4; i < n; i++)
        if (cell[i] != "")
            rest = rest (rest ? "; " : "") cell[i]
    print inline(rest)
    text = headed = 0
    next
}
{ table = 0 }
/^$/ { text = 0; next }
{
    if (!text && !headed) # a heading begins a paragraph by itself
        print ".PP"
    text = 1
    headed = 0
    print inline($0)
}
END { close_code() }
