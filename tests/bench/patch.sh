#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench: how long a patchbay's plan takes for 100 clients, 1,000 ports and 1,000 cables, by kinds of rules
# builds: bench_patch
# Called by ./dev bench patch, which builds what it needs; see --help.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
exec "${TOOLS:-$top/build/tests}/bench_patch" "$@"
