# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What benches of presets share; sourced. wrong() is theirs.

# preset_files TOP [PRESET...]: names or YAML files, else all; into files.
preset_files() {
    local top=$1 preset file
    shift
    files=("$top"/presets/music/*.yaml)
    [ $# -gt 0 ] || return 0
    files=()
    for preset in "$@"; do
        file=$top/presets/music/$preset.yaml
        [ -f "$file" ] || file=$preset
        [ -f "$file" ] || wrong "no music preset '$preset' in presets/music"
        files+=("$file")
    done
}
