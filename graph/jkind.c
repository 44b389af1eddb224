// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/jkind.h"

#include <jack/jack.h>
#include <string.h>

bool jkind_is_pipewire(void)
{
    return strstr(jack_get_version_string(), "PipeWire") != NULL;
}
