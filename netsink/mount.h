// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A mount: a name, its tap, hub and encoder. What the HTTP side sees of the
 * sound. [init] after start; read by [ev].
 */
#ifndef NETSINK_MOUNT_H
#define NETSINK_MOUNT_H

#include <stdint.h>

#include "netsink/encoder.h"
#include "netsink/hub.h"
#include "netsink/tap.h"

struct mount {
    const char *name;    /* "live" */
    uint32_t n_channels; /* 1..2 */
    uint32_t kbps;
    struct tap *tap;
    struct hub *hub;
    struct encoder *encoder;
};

#endif
