#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench: what moving each parameter and changing presets does to loudness and colour, and whether it clicks
# builds: bench_moves
# Called by ./dev bench moves, which builds what it needs; see --help.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export LONGWAVE_PRESETS=${LONGWAVE_PRESETS:-$top/presets}
exec "${TOOLS:-$top/build/tests}/bench_moves" "$@"
