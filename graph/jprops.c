// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/jprops.h"

#include <jack/jack.h>
#include <stdlib.h>
#include <string.h>

static int by_subject(const void *a, const void *b)
{
    const jack_description_t *x = a, *y = b;

    return (x->subject > y->subject) - (x->subject < y->subject);
}

static void clear(struct jprops *p)
{
    for (int i = 0; i < p->n; i++)
        jack_free_description(&p->all[i], 0);
    if (p->n >= 0) /* also where it is of none */
        jack_free(p->all);
    p->all = NULL;
    p->n = -1;
}

void jprops_init(struct jprops *p)
{
    *p = (struct jprops){.reader = {.fd = -1}, .n = -1};
}

void jprops_fini(struct jprops *p)
{
    aside_join(&p->reader);
    clear(p);
}

/* In one go: asking for each port opens the data base for each. */
static void run_read(void *arg)
{
    struct jprops *p = arg;

    p->n = jack_get_all_properties(&p->all);
    if (p->n > 0)
        qsort(p->all, (size_t)p->n, sizeof(*p->all), by_subject);
}

bool jprops_read(struct jprops *p, int64_t ns)
{
    if (aside_busy(&p->reader))
        return false;
    clear(p);
    return aside_start(&p->reader, run_read, p) == 0 &&
           !aside_wait(&p->reader, ns);
}

bool jprops_hang(struct jprops *p)
{
    return aside_busy(&p->reader);
}

const char *jprops_find(const struct jprops *p, jack_uuid_t subject,
                        const char *key)
{
    jack_description_t want = {.subject = subject};
    const jack_description_t *d =
        p->n > 0
            ? bsearch(&want, p->all, (size_t)p->n, sizeof(*p->all), by_subject)
            : NULL;

    for (uint32_t i = 0; d && i < d->property_cnt; i++)
        if (strcmp(d->properties[i].key, key) == 0)
            return d->properties[i].data;
    return NULL;
}
