// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/tools/seam.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#define WINDOW_S 1.0 /* looked for in the reference */

static bool is_silent(const struct sound *s, int64_t i)
{
    return s->x[2 * i] == 0 && s->x[2 * i + 1] == 0;
}

/* What the reference is silent in, too, was sent so. shift: as below. */
static void measure_silence(struct seam *s, const struct sound *heard,
                            const struct sound *reference, int64_t from,
                            int64_t to, int64_t shift)
{
    int64_t run = 0;

    for (int64_t i = from; i < to; i++) {
        int64_t k = i + shift;
        bool sent = k >= 0 && k < reference->n && is_silent(reference, k);
        run = is_silent(heard, i) && !sent ? run + 1 : 0;
        if (run > s->silence) {
            s->silence = run;
            s->silence_s = (double)(i + 1 - run) / heard->rate;
        }
    }
}

/* shift: of the recording in the reference. */
static void measure_difference(struct seam *s, const struct sound *heard,
                               const struct sound *reference, int64_t from,
                               int64_t to, int64_t shift)
{
    for (int64_t i = 2 * from; i < 2 * to; i++) {
        int64_t k = i + 2 * shift;
        double y = k >= 0 && k < 2 * reference->n ? reference->x[k] : 0;
        double d = fabs(heard->x[i] - y);
        if (!(d <= s->worst)) { /* what is no number counts too */
            s->worst = isnan(d) ? HUGE_VAL : d;
            s->worst_s = (double)(i / 2) / heard->rate;
        }
    }
}

int seam_judge(struct seam *s, const struct sound *heard,
               const struct sound *reference, const struct seam_opts *o)
{
    int64_t from = 0, to = heard->n;
    int64_t window = (int64_t)(WINDOW_S * heard->rate);

    *s = (struct seam){0};
    while (from < to && is_silent(heard, from))
        from++;
    while (to > from && is_silent(heard, to - 1))
        to--;
    from += (int64_t)(o->skip_s * heard->rate);
    s->judged_s = (double)(to - from) / heard->rate;
    if (heard->rate != reference->rate) {
        fprintf(stderr, "heard at %d Hz, the reference is at %d Hz\n",
                heard->rate, reference->rate);
        return -EINVAL;
    }
    if (to - from < 2 * window || s->judged_s < o->least_s ||
        window > reference->n) {
        fprintf(stderr, "only %.2f s are there to be judged\n", s->judged_s);
        return -EINVAL;
    }
    int64_t first =
        sound_find(heard->x + 2 * from, window, reference->x, reference->n);
    int64_t last = sound_find(heard->x + 2 * (to - window), window,
                              reference->x, reference->n);
    if (first < 0 || last < 0)
        return -ENOMEM;
    s->at_s = (double)(first - from) / heard->rate;
    s->jump = (last - (to - window)) - (first - from);
    measure_silence(s, heard, reference, from, to, first - from);
    measure_difference(s, heard, reference, from, to, first - from);
    return 0;
}
