# SPDX-License-Identifier: GPL-3.0-or-later
# Completion for fish of longwave and its clients. What there is is asked of the
# programs themselves (--help, presets), so that it is never out of date.

# The command line so far, as the program and those of its commands that are said.
function __longwave_command
    set -l words (commandline -opc)
    set -l command $words[1]
    for word in $words[2..-1]
        if not contains -- $word (__longwave_under $command | string split -f 1 \t)
            break
        end
        set -a command $word
    end
    printf '%s\n' $command
end

# Commands under "longwave [COMMAND]", each with what it does.
function __longwave_under
    test (path basename -- $argv[1]) = longwave; or return
    set -l what (string join ' ' longwave $argv[2..-1])
    $argv --help 2>/dev/null |
        string replace -rf "^  $what ([a-z]+)((?: [^ ]+)*)(?:  +(.*))?\$" '$1\t$3'
end

function __longwave_options
    set -l command (__longwave_command)
    $command --help 2>/dev/null |
        string replace -rf '^  (?:-h, )?(--[a-z-]+)(?: [^ ]+)? +(.*)$' '$1\t$2'
end

# What may follow an option, or stand for itself.
function __longwave_values
    set -l command (__longwave_command)
    set -l words (commandline -opc)
    set -l last $words[-1]
    set -l help ($command --help 2>/dev/null)
    if string match -q -- '--*' $last
        set -l line (string match -r -- "^  $last [^ ]+ .*" $help)
        if string match -qr -- "^  $last (MUSIC|NAME\|FILE)" "$line"
            longwave presets --names 2>/dev/null
            __fish_complete_path (commandline -ct)
            return
        else if string match -qr -- "^  $last FILE" "$line"
            __fish_complete_path (commandline -ct)
            return
        else if test -n "$line"
            string replace -rf '^  \S+ \S+ +(?:.*: )?([a-z0-9]+(?:, [a-z0-9]+)* or [a-z0-9]+)(?: \(.*)?$' '$1' "$line" |
                string replace -a ' or ' ', ' | string split ', '
            return
        end
    end
    __longwave_under $command
    if test "$command[2]" = set
        switch $last
            case set
                string replace -rf '^PARAM is (.*)\.$' '$1' $help |
                    string replace -a ' or ' ', ' | string split ', '
            case preset
                longwave presets --names 2>/dev/null
            case freeze
                printf 'on\noff\n'
        end
    else if string match -q '*STATION*' $help
        test (count $command) -gt 1; and longwave presets --stations --names 2>/dev/null
        test (count $command) -gt 1; and __fish_complete_path (commandline -ct)
    else if string match -qr 'FILE (\[OPT|--)' $help
        test (count $command) -gt 1; and __fish_complete_path (commandline -ct)
    end
end

for program in longwave longwave-gen longwave-master longwave-sink
    complete -c $program -f -a '(__longwave_values)'
    complete -c $program -f -n 'string match -q -- "-*" (commandline -ct)' -a '(__longwave_options)'
end
