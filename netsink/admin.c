// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/admin.h"

#include <errno.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "graph/clock.h"
#include "netsink/access.h"
#include "netsink/census.h"
#include "netsink/control.h"
#include "netsink/hourly_fill.h"
#include "netsink/metrics.h"
#include "netsink/page.h"
#include "netsink/reply.h"
#include "netsink/roster.h"
#include "netsink/status.h"
#include "netsink/watch.h"

#define HOSTNAME_SIZE 256

struct admin {
    struct admin_opts o; /* [init] */
    char hostname[HOSTNAME_SIZE];
    const char **hosts; /* [n_hosts], the machine's own among them */
    uint32_t n_hosts;
    struct admin_desk desk;
    struct watch *watch;
    struct control *control;
    struct hourly *hourly;
    struct hourly_before *before;
    int64_t column_at; /* ns: when the column that is being made ends */
};

/* ---- the last hour ------------------------------------------------------ */

static int64_t unix_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / NS_PER_MS;
}

static void on_figures(void *ctx, const struct figures *f)
{
    struct admin *a = ctx;
    char *desk = a->desk.json ? a->desk.json(a->desk.desk) : NULL;

    hourly_fill(a->hourly, a->before, f, desk);
    hourly_turn(a->hourly, unix_ms());
    free(desk);
}

void admin_tick(struct admin *a, int64_t now)
{
    watch_tick(a->watch, now);
    if (now < a->column_at)
        return;
    if (a->column_at != 0)
        census_look(a->o.census, true, on_figures, a);
    a->column_at = now + HOURLY_STEP_S * NS_PER_S;
}

/* ---- routes ------------------------------------------------------------- */

static void serve_health(struct admin *a, struct evhttp_request *req)
{
    bool graph = false, failed = false;

    for (uint32_t i = 0; i < a->o.n_mounts; i++) {
        struct encoder_stats e;
        encoder_stats(a->o.mounts[i].encoder, &e);
        graph = graph || e.graph;
        failed = failed || e.failed;
    }
    if (failed)
        reply_text(req, 503, "an encoder has failed");
    else if (!graph)
        reply_text(req, 503, "no audio is coming in");
    else
        reply_text(req, 200, "ok");
}

static void serve_status(struct admin *a, struct evhttp_request *req)
{
    census_serve(a->o.census, req, status_json, "application/json");
}

static void serve_metrics(struct admin *a, struct evhttp_request *req)
{
    census_serve(a->o.census, req, metrics_text, METRICS_TYPE);
}

static void serve_listeners(struct admin *a, struct evhttp_request *req)
{
    struct roster_query q;
    char said[ROSTER_SAID];

    if (roster_parse(&q, reply_query(req), said))
        reply_text(req, 400, said);
    else
        census_serve(a->o.census, req, roster_json, "application/json");
}

static void serve_history(struct admin *a, struct evhttp_request *req)
{
    char *text = hourly_json(a->hourly);

    if (!text) {
        reply_text(req, 503, "out of memory");
        return;
    }
    reply_header(req, "Cache-Control", "no-store");
    reply_body(req, 200, "application/json", text, strlen(text));
    free(text);
}

static void serve_now(struct admin *a, struct evhttp_request *req)
{
    news_serve_now(a->o.news, req);
}

static void serve_events(struct admin *a, struct evhttp_request *req)
{
    watch_serve(a->watch, req);
}

static void serve_path(struct admin *a, struct evhttp_request *req)
{
    static const struct {
        const char *path;
        void (*serve)(struct admin *, struct evhttp_request *);
    } routes[] = {
        {"/status.json", serve_status},   {"/metrics", serve_metrics},
        {"/health", serve_health},        {"/listeners.json", serve_listeners},
        {"/history.json", serve_history}, {"/now.json", serve_now},
        {"/events", serve_events},
    };
    const char *path = reply_path(req);

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(path, routes[i].path) != 0)
            continue;
        if (reply_method_ok(req))
            routes[i].serve(a, req);
        return;
    }
    if (!control_serve(a->control, req) &&
        !page_serve(req, PAGE_OPERATOR, NULL, path))
        reply_text(req, 404, "not found");
}

void admin_serve(struct admin *a, struct evhttp_request *req)
{
    /* Nor as a picture or a script of a page from elsewhere. */
    reply_header(req, "Cross-Origin-Resource-Policy", "same-origin");
    if (!access_host_ok(reply_said(req, "Host"), a->hosts, a->n_hosts))
        reply_text(req, 421,
                   "the operator's address goes by its numbers, localhost, "
                   "this machine's name, or what --admin-host NAME says");
    /* An order that comes from elsewhere is refused in its own words. */
    else if (strncmp(reply_path(req), CONTROL_PATH, strlen(CONTROL_PATH)) !=
                 0 &&
             !access_look_ok(reply_said(req, "Sec-Fetch-Site"),
                             reply_said(req, "Sec-Fetch-Mode"),
                             reply_path(req)))
        reply_text(req, 403, "nothing is shown to pages from elsewhere");
    else
        serve_path(a, req);
}

/* ---- its life ----------------------------------------------------------- */

static int add_hosts(struct admin *a)
{
    a->hosts = calloc(a->o.n_hosts + 1, sizeof(char *));
    if (!a->hosts)
        return -ENOMEM;
    for (uint32_t i = 0; i < a->o.n_hosts; i++)
        a->hosts[a->n_hosts++] = a->o.hosts[i];
    if (gethostname(a->hostname, sizeof(a->hostname) - 1) == 0)
        a->hosts[a->n_hosts++] = a->hostname;
    return 0;
}

static int add_parts(struct admin *a)
{
    struct watch_opts wo = {
        .base = loop_base(a->o.loop),
        .census = a->o.census,
        .desk = &a->desk,
        .token = a->o.token,
        .epoch = a->o.epoch,
    };
    struct control_opts co = {
        .log = a->o.log,
        .loop = a->o.loop,
        .mounts = a->o.mounts,
        .n_mounts = a->o.n_mounts,
        .audience = a->o.audience,
        .news = a->o.news,
        .desk = &a->desk,
        .token = a->o.token,
    };
    int err = watch_new(&a->watch, &wo);

    if (!err)
        err = control_new(&a->control, &co);
    if (!err)
        err = hourly_new(&a->hourly);
    if (!err && !(a->before = calloc(1, sizeof(*a->before))))
        err = -ENOMEM;
    return err;
}

int admin_new(struct admin **out, const struct admin_opts *o)
{
    struct admin *a = calloc(1, sizeof(*a));
    int err = -ENOMEM;

    *out = a;
    if (!a)
        return err;
    a->o = *o;
    err = add_hosts(a);
    if (!err)
        err = add_parts(a);
    if (err)
        admin_free(out);
    return err;
}

void admin_free(struct admin **a)
{
    if (!*a)
        return;
    watch_free(&(*a)->watch);
    control_free(&(*a)->control);
    hourly_free(&(*a)->hourly);
    free((*a)->before);
    free((*a)->hosts);
    free(*a);
    *a = NULL;
}

void admin_set_desk(struct admin *a, const struct admin_desk *desk)
{
    a->desk = *desk;
}

void admin_close(struct admin *a)
{
    watch_close(a->watch);
    a->desk = (struct admin_desk){0};
}

void admin_stats(const struct admin *a, struct sse_stats *watchers,
                 uint64_t *wrong_tokens)
{
    watch_stats(a->watch, watchers);
    *wrong_tokens = control_wrong(a->control);
}
