// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The operator's address: what is asked for there, the events, and the orders
 * that are given. [ev] only.
 *
 *   GET /               the operator's page (netsink/page)
 *   GET /status.json    all figures
 *   GET /metrics        for Prometheus
 *   GET /health         200 while audio comes in, else 503
 *   GET /listeners.json ?sort=&order=&limit=&offset= (netsink/roster)
 *   GET /history.json   the last hour (netsink/hourly)
 *   GET /events         SSE: `status` every second, /status.json without the
 *                       listeners and with "desk"; `levels` ten times a second,
 *                       while they change; `log`, a line each
 *   POST /control/set   {"name", "value", "fade_s"?, "generator"?}
 *   POST /control/mute  {"mount", "muted"}
 *   POST /control/drop  {"id"}
 *   POST /control/now   {"mount", "title", "detail"?}; title null: the
 *                       generator's again
 *
 * Orders are answered by {"ok": true}, or 4xx or 5xx and {"error": "..."}. They
 * need the token (netsink/access), and nothing here is shown or done for a page
 * from elsewhere. What is for events alone is done only while somebody watches.
 */
#ifndef NETSINK_ADMIN_H
#define NETSINK_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

struct desk;
struct log_tail;

/*
 * The station around the sink: a desk, by the functions of netsink/desk.h,
 * which are of the program that this is part of. Without a desk all is NULL.
 */
struct admin_desk {
    struct desk *desk; /* borrowed */
    char *(*json)(struct desk *d);
    char *(*levels)(struct desk *d);
    void (*watched)(struct desk *d, bool watched);
    int (*set)(struct desk *d, const char *generator, const char *name,
               const char *value, double fade_s,
               void (*done)(void *arg, int err, const char *said), void *arg);
    struct log_tail *log; /* borrowed: what `log` events are made of */
};

#endif
