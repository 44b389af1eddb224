// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * longwave-sink: serves what is patched into its ports to listeners over HTTP,
 * each with a stream of their own.
 *
 * [main] starts everything, then looks after signals and the JACK server; [ev]
 * answers requests, [fan] writes to listeners, an [enc] per mount encodes.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "clients/sink/inlet.h"
#include "clients/sink/options.h"
#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/log.h"
#include "graph/notify.h"
#include "graph/threads.h"
#include "netsink/fan.h"
#include "netsink/http.h"
#include "netsink/loop.h"
#include "netsink/mount.h"

#define TICK      (100 * NS_PER_MS)
#define SPARE_FDS 64 /* besides one per listener */

struct sink {
    struct log log;
    struct options o;
    struct hub_budget budget;
    struct mount mounts[MOUNT_MAX];
    uint32_t n_mounts; /* begun */
    struct loop *ev;
    struct http *http;
    struct inlet *inlet;
};
