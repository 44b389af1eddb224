// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/load/heard.h"

#include <stdbool.h>

#include "graph/clock.h"

#define EARLY (100 * NS_PER_MS) /* a cycle of 4096 frames, and some */

static int64_t ns_of(int64_t samples)
{
    return samples * NS_PER_S / MARKS_RATE;
}

/* The last one sent that has the number and was sent before it was heard, or a
   cycle later; -1 if there is none. */
static int64_t find_sent(const struct heard_opts *o, uint32_t number,
                         int64_t at)
{
    for (size_t k = o->n_sent; k-- > 0;)
        if (k % MARKS_NUMBERS == number && o->sent[k] < at + EARLY)
            return (int64_t)k;
    return -1;
}

static const struct heard_page *page_of(const struct heard_opts *o,
                                        int64_t sample, size_t *i)
{
    for (; *i < o->n_pages; ++*i)
        if (sample < o->pages[*i].first + o->pages[*i].samples)
            return &o->pages[*i];
    return NULL;
}

void heard_judge(struct heard *h, const struct heard_opts *o)
{
    int64_t last = -1;
    size_t at = 0;

    for (size_t i = 0; i < o->n_marks; i++) {
        const struct mark *m = &o->marks[i];
        const struct heard_page *p = page_of(o, m->frame, &at);
        if (!p || p->at < o->from)
            continue;
        if (m->number == MARKS_UNREAD) {
            h->unread++;
            continue;
        }
        int64_t k = find_sent(o, m->number, p->at);
        if (k < 0) {
            h->strange++;
            continue;
        }
        int64_t onset = p->at - o->sent[k];
        hist_add(&h->onset, onset);
        hist_add(&h->page, onset + ns_of(m->frame - p->first));
        h->samples += p->samples;
        if (last >= 0 && k > last + 1)
            h->lost += (uint64_t)(k - last - 1);
        last = k;
    }
}
