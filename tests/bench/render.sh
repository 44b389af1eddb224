#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench: partials in real time for each SIMD level and Vulkan device, and their cost
# builds: bench_render
# Called by ./dev bench render, which builds what it needs. Needs no JACK.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
exec "${TOOLS:-$top/build/tests}/bench_render" "$@"
