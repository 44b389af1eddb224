// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/stft.h"

#include <errno.h>
#include <math.h>
#include <string.h>

int stft_init(struct stft *s, size_t size, size_t hop, stft_column *call,
              void *ctx)
{
    *s = (struct stft){.size = size, .hop = hop, .call = call, .ctx = ctx};
    for (int c = 0; c < 2; c++)
        s->x[c] = fftw_alloc_real(size);
    s->window = fftw_alloc_real(size);
    s->in = fftw_alloc_real(size);
    s->power = fftw_alloc_real(size / 2 + 1);
    s->out = fftw_alloc_complex(size / 2 + 1);
    if (!s->x[0] || !s->x[1] || !s->window || !s->in || !s->power || !s->out)
        return -ENOMEM;
    s->plan = fftw_plan_dft_r2c_1d((int)size, s->in, s->out, FFTW_ESTIMATE);
    if (!s->plan)
        return -ENOMEM;
    for (size_t i = 0; i < size; i++)
        s->window[i] = 0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)size);
    return 0;
}

void stft_fini(struct stft *s)
{
    if (s->plan)
        fftw_destroy_plan(s->plan);
    for (int c = 0; c < 2; c++)
        fftw_free(s->x[c]);
    fftw_free(s->window);
    fftw_free(s->in);
    fftw_free(s->power);
    fftw_free(s->out);
    *s = (struct stft){0};
}

/* Parseval with the Hann window's mean square of 3/8, one side, two channels.
 */
static void add_power(struct stft *s, const double *x)
{
    double n = (double)s->size, scale = 2 / (n * n * 0.375) / 2;

    for (size_t i = 0; i < s->size; i++)
        s->in[i] = x[i] * s->window[i];
    fftw_execute(s->plan);
    for (size_t k = 0; k <= s->size / 2; k++)
        s->power[k] +=
            scale * (s->out[k][0] * s->out[k][0] + s->out[k][1] * s->out[k][1]);
}

static void end_window(struct stft *s)
{
    memset(s->power, 0, (s->size / 2 + 1) * sizeof(*s->power));
    for (int c = 0; c < 2; c++)
        add_power(s, s->x[c]);
    s->call(s->ctx, s->power, s->size / 2 + 1);
    s->filled = s->hop < s->size ? s->size - s->hop : 0;
    s->skip = s->hop < s->size ? 0 : s->hop - s->size;
    for (int c = 0; c < 2 && s->filled; c++)
        memmove(s->x[c], s->x[c] + s->hop, s->filled * sizeof(double));
}

void stft_add(struct stft *s, const float *x, size_t frames)
{
    for (size_t i = 0; i < frames; i++) {
        if (s->skip) {
            s->skip--;
            continue;
        }
        s->x[0][s->filled] = x[2 * i];
        s->x[1][s->filled] = x[2 * i + 1];
        if (++s->filled == s->size)
            end_window(s);
    }
}
