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

/*
 * The station around the sink, as its owner sees it: a desk. All but ctx may be
 * NULL: then there is none. Called on [ev]; none of it may block.
 */
struct admin_desk {
    void *ctx;
    /* The latest JSON (an object), for free(), or NULL. */
    char *(*json)(void *ctx);
    char *(*levels)(void *ctx);
    /* Somebody looks from now on, or nobody any more. */
    void (*watched)(void *ctx, bool on);
    /*
     * Sets something of a generator (NULL: the one). done() is called once, on
     * any thread, within or later: err 0 or -errno and, then, said: what is
     * wrong and what is allowed. Errors: -errno; then done() is not called.
     */
    int (*set)(void *ctx, const char *generator, const char *name,
               const char *value, double fade_s,
               void (*done)(void *arg, int err, const char *said), void *arg);
};

#endif
