// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/hourly.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "graph/text.h"
#include "netsink/status_json.h"

#define KEPT (HOURLY_COLUMNS + 1) /* with the one that is being made */

struct series {
    char name[HOURLY_NAME]; /* "": free */
    float at[KEPT];
};

struct hourly {
    int64_t end;  /* unix ms: of the last column that is done */
    uint32_t now; /* the column that is being made; those after it, and
                     around, are older */
    struct series *all[HOURLY_SERIES]; /* NULL: free */
};

int hourly_new(struct hourly **out)
{
    *out = calloc(1, sizeof(**out));
    return *out ? 0 : -ENOMEM;
}

void hourly_free(struct hourly **h)
{
    if (!*h)
        return;
    for (int i = 0; i < HOURLY_SERIES; i++)
        free((*h)->all[i]);
    free(*h);
    *h = NULL;
}

static struct series *add(struct hourly *h, const char *name)
{
    for (int i = 0; i < HOURLY_SERIES; i++) {
        struct series *s = h->all[i];
        if (s)
            continue;
        s = malloc(sizeof(*s));
        if (!s)
            return NULL;
        memcpy(s->name, name, sizeof(s->name));
        for (int c = 0; c < KEPT; c++)
            s->at[c] = NAN;
        return h->all[i] = s;
    }
    return NULL;
}

void hourly_put(struct hourly *h, const char *name, double value)
{
    char clean[HOURLY_NAME] = {0};
    struct series *s = NULL;

    if (!isfinite(value))
        return;
    text_clean(clean, sizeof(clean), name);
    for (int i = 0; i < HOURLY_SERIES && !s; i++) {
        if (h->all[i] && strcmp(h->all[i]->name, clean) == 0)
            s = h->all[i];
    }
    if (!s)
        s = add(h, clean);
    if (s)
        s->at[h->now] = (float)value;
}

static bool forgotten(const struct series *s)
{
    for (int c = 0; c < KEPT; c++) {
        if (!isnan(s->at[c]))
            return false;
    }
    return true;
}

void hourly_turn(struct hourly *h, int64_t unix_ms)
{
    h->end = unix_ms;
    h->now = (h->now + 1) % KEPT;
    for (int i = 0; i < HOURLY_SERIES; i++) {
        if (!h->all[i])
            continue;
        h->all[i]->at[h->now] = NAN;
        if (forgotten(h->all[i])) {
            free(h->all[i]);
            h->all[i] = NULL;
        }
    }
}

/* From the oldest column to the last one that is done. */
static json_t *series_json(const struct hourly *h, const struct series *s)
{
    json_t *a = json_array();

    for (uint32_t i = 1; i < KEPT; i++) {
        double v = s->at[(h->now + i) % KEPT];
        /* To five figures: more than a plot shows. */
        double scale =
            v != 0 && isfinite(v) ? pow(10, 4 - floor(log10(fabs(v)))) : 1;
        put_last(a,
                 isnan(v) ? json_null() : json_real(round(v * scale) / scale));
    }
    return a;
}

char *hourly_json(const struct hourly *h)
{
    json_t *root = json_object(), *all = json_object();

    for (int i = 0; i < HOURLY_SERIES; i++) {
        if (h->all[i])
            put(all, h->all[i]->name, series_json(h, h->all[i]));
    }
    put_int(root, "step_s", HOURLY_STEP_S);
    put_int(root, "end_unix_ms", (uint64_t)h->end);
    put(root, "series", all);
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(root);
    return text;
}
