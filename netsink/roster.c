// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/roster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "netsink/status.h"
#include "netsink/status_json.h"

#define LIMIT      100
#define DIGITS_MAX 9
#define PACKET_MS  20

static const char *const sorts[ROSTER_SORTS] = {
    [ROSTER_ID] = "id",
    [ROSTER_LAG] = "lag",
    [ROSTER_DEVIATION] = "deviation",
    [ROSTER_STARTED] = "started",
    [ROSTER_BYTES] = "bytes",
    [ROSTER_RUNG] = "rung",
    [ROSTER_ADDRESS] = "address",
};

/* ---- what is asked for -------------------------------------------------- */

/* A piece of the query, not ended by a 0. */
struct text {
    const char *s;
    size_t len;
};

static bool is(struct text t, const char *word)
{
    return strlen(word) == t.len && memcmp(t.s, word, t.len) == 0;
}

static bool number(struct text t, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;

    if (t.len == 0 || t.len > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        if (t.s[i] < '0' || t.s[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(t.s[i] - '0');
    }
    *out = n;
    return n >= min && n <= max;
}

/* NULL: fine, or not ours; else what is allowed. */
static const char *read_pair(struct roster_query *q, struct text name,
                             struct text value)
{
    uint64_t n;

    if (is(name, "sort")) {
        for (int i = 0; i < ROSTER_SORTS; i++) {
            q->sort = (enum roster_sort)i;
            if (is(value, sorts[i]))
                return NULL;
        }
        return "sort: allowed are id, lag, deviation, started, bytes, rung "
               "and address";
    }
    if (is(name, "order")) {
        q->down = is(value, "desc");
        return q->down || is(value, "asc") ? NULL
                                           : "order: allowed are asc and desc";
    }
    if (is(name, "limit")) {
        if (!number(value, 1, ROSTER_LIMIT_MAX, &n))
            return "limit: whole numbers from 1 to 1000 are allowed";
        q->limit = (uint32_t)n;
    } else if (is(name, "offset")) {
        if (!number(value, 0, UINT64_MAX, &q->offset))
            return "offset: whole numbers of up to 9 digits are allowed";
    }
    return NULL;
}

int roster_parse(struct roster_query *q, const char *query,
                 char said[ROSTER_SAID])
{
    *q = (struct roster_query){.limit = LIMIT};
    said[0] = '\0';
    while (query && *query) {
        size_t len = strcspn(query, "&"), name = strcspn(query, "&=");
        bool has_value = name < len;
        const char *wrong = read_pair(
            q, (struct text){query, name},
            (struct text){query + name + has_value, len - name - has_value});
        if (wrong) {
            snprintf(said, ROSTER_SAID, "%s", wrong);
            return -EINVAL;
        }
        query += len + (query[len] == '&');
    }
    return 0;
}

/* ---- what is told ------------------------------------------------------- */

struct row {
    const struct session *ses;
    double key;
    bool by_address, down;
};

static uint32_t kbps_of(const struct mount *m, uint32_t rung)
{
    const struct rung_spec *spec = &m->rungs[rung].spec;

    return spec->codec == RUNG_OPUS ? spec->kbps : 0;
}

static double key_of(const struct figures *f, const struct session *ses,
                     enum roster_sort sort)
{
    static const struct listener_stats none;
    const struct listener_stats *l = figures_listener(f, ses->number);

    if (!l)
        l = &none;
    switch (sort) {
    case ROSTER_LAG:
        return l->lag_s;
    case ROSTER_DEVIATION:
        return (double)l->deviation_p99;
    case ROSTER_STARTED:
        return (double)ses->begun;
    case ROSTER_BYTES:
        return (double)(ses->past_bytes + l->bytes);
    case ROSTER_RUNG:
        return kbps_of(ses->mount, l->id ? l->rung : ses->stream.rung);
    default:
        return (double)ses->number;
    }
}

static int by_key(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int way = x->down ? -1 : 1, c = 0;

    if (x->by_address)
        c = strcmp(x->ses->address, y->ses->address);
    else
        c = (x->key > y->key) - (x->key < y->key);
    /* Those that are equal keep an order of their own, on every page. */
    return c ? way * c
             : (x->ses->number > y->ses->number) -
                   (x->ses->number < y->ses->number);
}

/* For free(); NULL: memory is short. */
static struct row *rows_of(const struct figures *f,
                           const struct roster_query *q, uint32_t *n)
{
    const struct sessions *all = audience_sessions(f->audience);
    const struct session *ses = session_next(all, NULL);
    struct row *rows = calloc(sessions_on_air(all) + 1, sizeof(*rows));

    for (*n = 0; rows && ses && *n < sessions_on_air(all);
         ses = session_next(all, ses))
        rows[(*n)++] = (struct row){ses, key_of(f, ses, q->sort),
                                    q->sort == ROSTER_ADDRESS, q->down};
    if (rows)
        qsort(rows, *n, sizeof(*rows), by_key);
    return rows;
}

static json_t *history_json(const struct figures *f, const struct session *ses)
{
    const struct listener_stats *l = figures_listener(f, ses->number);
    json_t *all = json_array();

    for (uint32_t i = 0; l && i < l->n_rungs; i++) {
        json_t *o = json_object();
        put_int(o, "unix_ms", (uint64_t)f->epoch + l->rungs[i].seq * PACKET_MS);
        put_int(o, "kbps", kbps_of(ses->mount, l->rungs[i].rung));
        put_last(all, o);
    }
    return all;
}

char *roster_json(const struct figures *f, const char *query)
{
    json_t *root = json_object(), *all = json_array();
    struct roster_query q;
    char said[ROSTER_SAID];
    uint32_t n;

    (void)roster_parse(&q, query, said);
    struct row *rows = rows_of(f, &q, &n);
    for (uint64_t i = q.offset; rows && i < n && i < q.offset + q.limit; i++) {
        json_t *o = status_listener(f, rows[i].ses);
        put(o, "rung_history", history_json(f, rows[i].ses));
        put_last(all, o);
    }
    put_int(root, "total", n);
    put_int(root, "offset", q.offset);
    put(root, "listeners", all);
    free(rows);
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(12));
    json_decref(root);
    return text;
}
