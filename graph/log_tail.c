// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "graph/log.h"
#include "graph/text.h"
#include "graph/threads.h"

#define LINES_MAX 10000

struct log_tail {
    uint32_t room; /* [init] lines */
    pthread_mutex_t lock;
    bool held;              /* [lock:lock] for good */
    uint64_t newest;        /* [lock:lock] number of it, 0: none yet */
    struct log_line line[]; /* [lock:lock] number n is at n % room */
};

int log_tail_new(struct log_tail **out, uint32_t n_lines)
{
    struct log_tail *t = NULL;

    *out = NULL;
    if (n_lines < 1 || n_lines > LINES_MAX)
        return -EINVAL;
    t = calloc(1, sizeof(*t) + n_lines * sizeof(t->line[0]));
    if (!t)
        return -ENOMEM;
    t->room = n_lines;
    thread_mutex_init(&t->lock);
    *out = t;
    return 0;
}

void log_tail_free(struct log_tail **t)
{
    bool held;

    if (!*t)
        return;
    pthread_mutex_lock(&(*t)->lock);
    held = (*t)->held;
    pthread_mutex_unlock(&(*t)->lock);
    if (!held) {
        pthread_mutex_destroy(&(*t)->lock);
        free(*t);
    }
    *t = NULL;
}

void log_tail_hold(struct log_tail *t)
{
    pthread_mutex_lock(&t->lock);
    t->held = true;
    pthread_mutex_unlock(&t->lock);
}

void log_tail_put(struct log_tail *t, int64_t unix_ms, enum log_level level,
                  const char *who, const char *text)
{
    struct log_line *l;

    pthread_mutex_lock(&t->lock);
    l = &t->line[++t->newest % t->room];
    l->n = t->newest;
    l->unix_ms = unix_ms;
    l->level = level;
    text_clean(l->who, sizeof(l->who), who);
    text_clean(l->text, sizeof(l->text), text);
    pthread_mutex_unlock(&t->lock);
}

bool log_tail_next(struct log_tail *t, uint64_t after, struct log_line *out)
{
    bool there;

    pthread_mutex_lock(&t->lock);
    there = after < t->newest;
    if (there && t->newest - after > t->room)
        after = t->newest - t->room;
    if (there)
        *out = t->line[(after + 1) % t->room];
    pthread_mutex_unlock(&t->lock);
    return there;
}

uint64_t log_tail_newest(struct log_tail *t)
{
    uint64_t n;

    pthread_mutex_lock(&t->lock);
    n = t->newest;
    pthread_mutex_unlock(&t->lock);
    return n;
}
