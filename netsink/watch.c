// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/watch.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "graph/log.h"
#include "netsink/reply.h"
#include "netsink/status.h"
#include "netsink/status_json.h"

#define KEPT         (4 << 20) /* bytes of events: some of the largest */
#define STATUS_BEATS (1000 / WATCH_BEAT_MS)

struct watch {
    struct watch_opts o; /* [init] */
    struct sse *sse;
    struct event *beat; /* while somebody watches */
    bool watched;
    bool asked; /* figures are on their way */
    uint64_t beats;
    uint64_t seen; /* lines of the log that were told */
    char *levels;  /* told last, or NULL */
};

/* What must not be seen becomes stars: whoever can see an event could give
   orders by it. */
static void hide(char *text, const char *secret)
{
    for (char *at = text; secret && (at = strstr(at, secret));)
        memset(at, '*', strlen(secret));
}

static void say(struct watch *w, const char *event, char *text)
{
    if (!text)
        return;
    hide(text, w->o.token);
    sse_say(w->sse, SSE_TOPICS_ALL, event, text);
}

/* ---- status ------------------------------------------------------------- */

/* {..., "desk": desk}, of the two texts; for free(), or NULL. desk is as it
   comes: it is JSON, and may be large. */
static char *join(const char *brief, const char *desk)
{
    size_t n = strlen(brief), size = n + strlen(desk) + 16;
    char *text = malloc(size);

    if (text)
        snprintf(text, size, "%.*s,\"desk\":%s}", (int)n - 1, brief, desk);
    return text;
}

static void on_figures(void *ctx, const struct figures *f)
{
    struct watch *w = ctx;
    const struct admin_desk *d = w->o.desk;
    json_t *root = status_brief(f);
    char *brief, *desk, *text = NULL;

    w->asked = false;
    brief = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(12));
    json_decref(root);
    desk = d->json && w->watched ? d->json(d->desk) : NULL;
    if (brief)
        text = join(brief, desk ? desk : "null");
    say(w, "status", text);
    free(text);
    free(brief);
    free(desk);
}

static void ask_status(struct watch *w)
{
    if (w->asked)
        return;
    w->asked = true;
    census_look(w->o.census, false, on_figures, w);
}

/* ---- levels and log ----------------------------------------------------- */

static void tell_levels(struct watch *w)
{
    const struct admin_desk *d = w->o.desk;
    char *text = d->levels ? d->levels(d->desk) : NULL;

    if (!text || (w->levels && strcmp(text, w->levels) == 0)) {
        free(text);
        return;
    }
    free(w->levels);
    w->levels = text;
    say(w, "levels", text);
}

static char *line_text(const struct log_line *l)
{
    json_t *o = json_object();

    put_int(o, "n", l->n);
    put_int(o, "unix_ms", (uint64_t)l->unix_ms);
    put_text(o, "level", log_level_names[l->level]);
    put_text(o, "who", l->who);
    put_text(o, "text", l->text);
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    return text;
}

static void tell_log(struct watch *w)
{
    struct log_line l;

    while (w->o.desk->log && log_tail_next(w->o.desk->log, w->seen, &l)) {
        char *text = line_text(&l);
        w->seen = l.n;
        say(w, "log", text);
        free(text);
    }
}

/* The last lines that were told, for one who has just come. */
static void put_log(struct watch *w, struct evbuffer *hello)
{
    uint64_t at = w->seen > WATCH_LINES ? w->seen - WATCH_LINES : 0;
    struct log_line l;

    while (w->o.desk->log && log_tail_next(w->o.desk->log, at, &l) &&
           l.n <= w->seen) {
        char *text = line_text(&l);
        at = l.n;
        if (text) {
            hide(text, w->o.token);
            sse_put(w->sse, hello, "log", text);
        }
        free(text);
    }
}

/* ---- who watches -------------------------------------------------------- */

static void set_watched(struct watch *w, bool on)
{
    static const struct timeval period = {.tv_usec = WATCH_BEAT_MS * 1000};
    const struct admin_desk *d = w->o.desk;

    if (w->watched == on)
        return;
    w->watched = on;
    if (on)
        event_add(w->beat, &period);
    else
        event_del(w->beat);
    if (d->watched)
        d->watched(d->desk, on);
    free(w->levels);
    w->levels = NULL;
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;
    (void)fd;
    (void)what;

    if (sse_subscribers(w->sse) == 0) {
        set_watched(w, false);
        return;
    }
    tell_levels(w);
    tell_log(w);
    if (++w->beats % STATUS_BEATS == 0)
        ask_status(w);
}

void watch_serve(struct watch *w, struct evhttp_request *req)
{
    struct evbuffer *hello;

    /* What others have not been told yet is not told twice to this one; and
       when nobody watches, it is the same as told. */
    tell_log(w);
    hello = evbuffer_new();
    if (hello && w->levels)
        sse_put(w->sse, hello, "levels", w->levels);
    if (hello && !reply_is_head(req))
        put_log(w, hello);
    if (sse_serve(w->sse, req, SSE_TOPICS_ALL, hello)) {
        set_watched(w, true);
        ask_status(w);
    }
    if (hello)
        evbuffer_free(hello);
}

void watch_tick(struct watch *w, int64_t now)
{
    sse_tick(w->sse, now);
}

int watch_new(struct watch **out, const struct watch_opts *o)
{
    struct watch *w = calloc(1, sizeof(*w));
    struct sse_opts so = {
        .base = o->base,
        .epoch = o->epoch,
        .max = WATCH_MAX,
        .kept = KEPT,
    };
    int err = -ENOMEM;

    *out = w;
    if (!w)
        return err;
    w->o = *o;
    w->beat = event_new(o->base, -1, EV_PERSIST, on_beat, w);
    if (w->beat)
        err = sse_new(&w->sse, &so);
    if (err)
        watch_free(out);
    return err;
}

void watch_close(struct watch *w)
{
    set_watched(w, false);
}

void watch_free(struct watch **w)
{
    if (!*w)
        return;
    sse_free(&(*w)->sse);
    if ((*w)->beat)
        event_free((*w)->beat);
    free((*w)->levels);
    free(*w);
    *w = NULL;
}

void watch_stats(const struct watch *w, struct sse_stats *out)
{
    sse_stats(w->sse, out);
}
