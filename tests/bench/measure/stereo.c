// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/stereo.h"

#include <errno.h>
#include <math.h>

#define BASS_HZ    120.0
#define BASS_ORDER 4
#define FAINT      1e-7 /* -70 dBFS */

void stereo_init(struct stereo *s, double rate)
{
    *s = (struct stereo){
        .window = (size_t)lround(rate), .worst = NAN, .worst_at = NAN};
    for (int c = 0; c < 2; c++)
        biquad_init(&s->low[c], BASS_ORDER, false, BASS_HZ, rate);
}

void stereo_fini(struct stereo *s)
{
    series_fini(&s->corr);
    series_fini(&s->bass_corr);
}

static void add(struct stereo_sums *s, double left, double right)
{
    s->ll += left * left;
    s->rr += right * right;
    s->lr += left * right;
}

static void add_sums(struct stereo_sums *s, const struct stereo_sums *t)
{
    s->ll += t->ll;
    s->rr += t->rr;
    s->lr += t->lr;
}

static double correlation(const struct stereo_sums *s)
{
    return s->ll > 0 && s->rr > 0 ? s->lr / sqrt(s->ll * s->rr) : 0;
}

/* What mono loses, dB: the power of (L + R) / 2 against that of a channel. */
static double mono_loss(const struct stereo_sums *s)
{
    return -figures_db_power((s->ll + s->rr + 2 * s->lr) /
                             (2 * (s->ll + s->rr)));
}

static void end_second(struct stereo *s)
{
    double faint = FAINT * 2 * (double)s->window;

    if (s->now.ll + s->now.rr > faint) {
        double loss = mono_loss(&s->now);
        series_push(&s->corr, correlation(&s->now));
        add_sums(&s->all, &s->now);
        if (!(loss <= s->worst)) {
            s->worst = loss;
            s->worst_at = (double)s->at;
        }
    }
    if (s->now_bass.ll + s->now_bass.rr > faint) {
        series_push(&s->bass_corr, correlation(&s->now_bass));
        add_sums(&s->all_bass, &s->now_bass);
    }
    s->now = s->now_bass = (struct stereo_sums){0};
    s->filled = 0;
    s->at++;
}

void stereo_add(struct stereo *s, const float *x, size_t frames)
{
    for (size_t i = 0; i < frames; i++) {
        double left = x[2 * i], right = x[2 * i + 1];
        add(&s->now, left, right);
        add(&s->now_bass, biquad_step(&s->low[0], left),
            biquad_step(&s->low[1], right));
        if (++s->filled == s->window)
            end_second(s);
    }
}

int stereo_end(struct stereo *s, struct figures *out)
{
    out->corr_p5 = series_percentile(&s->corr, 0.05);
    out->corr_p50 = series_percentile(&s->corr, 0.5);
    out->corr_p95 = series_percentile(&s->corr, 0.95);
    out->bass_corr = s->bass_corr.n ? correlation(&s->all_bass) : NAN;
    out->bass_corr_p5 = series_percentile(&s->bass_corr, 0.05);
    out->fold = s->corr.n ? mono_loss(&s->all) : NAN;
    out->fold_worst = s->worst;
    out->fold_worst_at = s->worst_at;
    return s->corr.failed || s->bass_corr.failed ? -ENOMEM : 0;
}
