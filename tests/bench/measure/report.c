// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/report.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "tests/bench/measure/gates.h"

static void number(double x, int decimals, char *text, size_t size)
{
    if (isnan(x))
        snprintf(text, size, "-");
    else
        snprintf(text, size, "%.*f", decimals, x);
}

void report_text(const struct figures *f, FILE *out)
{
    char text[64];

    for (const struct figures_field *k = figures_fields; k->key; k++) {
        number(figures_get(f, k->offset), k->decimals, text, sizeof(text));
        fprintf(out, "%-44s %12s %s\n", k->label, text, k->unit);
    }
    for (size_t i = 0; i < f->tens.n; i++)
        fprintf(out, "loudness from %4zu min%23s %12.2f LUFS\n", 10 * i, "",
                f->tens.v[i]);
}

void report_gates(const struct figures *f, const char *waived, FILE *out)
{
    fprintf(out, "%-16s %12s %-6s %-18s %-8s %s\n", "gate", "measured", "",
            "allowed", "verdict", "from");
    for (const struct gate *g = gates; g->from; g++) {
        const struct figures_field *k = figures_field_at(g->offset);
        char text[64], allowed[64];
        number(figures_get(f, g->offset), k->decimals, text, sizeof(text));
        gates_allowed(g, allowed, sizeof(allowed));
        fprintf(out, "%-16s %12s %-6s %-18s %-8s %s\n", k->key, text, k->unit,
                allowed, gates_verdict_names[gates_judge(g, f, waived)],
                g->from);
    }
}

static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *gate_object(const struct gate *g, const struct figures *f,
                           const char *waived)
{
    return json_pack(
        "{ss so so so ss ss}", "name", figures_field_at(g->offset)->key,
        "value", real(figures_get(f, g->offset)), "min", real(g->min), "max",
        real(g->max), "verdict", gates_verdict_names[gates_judge(g, f, waived)],
        "from", g->from);
}

int report_json(const struct figures *f, const char *waived, FILE *out)
{
    json_t *figures = json_object(), *tens = json_array(), *list = json_array();
    json_t *all = NULL;
    int err = -ENOMEM;

    for (const struct figures_field *k = figures_fields; k->key; k++)
        if (json_object_set_new(figures, k->key,
                                real(figures_get(f, k->offset))) < 0)
            goto out;
    for (size_t i = 0; i < f->tens.n; i++)
        if (json_array_append_new(tens, real(f->tens.v[i])) < 0)
            goto out;
    for (const struct gate *g = gates; g->from; g++)
        if (json_array_append_new(list, gate_object(g, f, waived)) < 0)
            goto out;
    all = json_pack("{sO sO sO sI}", "figures", figures, "tens", tens, "gates",
                    list, "failed", (json_int_t)gates_failed(f, waived));
    if (!all)
        goto out;
    err = json_dumpf(all, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) < 0 ||
                  fputc('\n', out) == EOF
              ? -EIO
              : 0;
out:
    json_decref(all);
    json_decref(figures);
    json_decref(tens);
    json_decref(list);
    return err;
}

/* What a row shows, each under a heading as wide as the column. */
#define COLUMN(head, key, decimals)                   \
    {                                                 \
        head, offsetof(struct figures, key), decimals \
    }
static const struct {
    const char *head;
    size_t offset;
    int decimals;
} columns[] = {
    COLUMN("  LUFS", lufs, 1),           COLUMN(" soft10", ten_min, 1),
    COLUMN(" loud10", ten_max, 1),       COLUMN("  LRA", lra, 1),
    COLUMN("  dBTP", true_peak, 1),      COLUMN(" crest", crest, 1),
    COLUMN("  cor5", corr_p5, 2),        COLUMN(" cor50", corr_p50, 2),
    COLUMN("  bass", bass_corr, 2),      COLUMN(" mono1s", fold_worst, 1),
    COLUMN("  >16k", air_peak, 0),       COLUMN(" click", clicks, 0),
    COLUMN("    Hz", centroid, 0),       COLUMN(" sd10s", sd_10s, 0),
    COLUMN("  sd1m", sd_1min, 0),        COLUMN(" sd10m", sd_10min, 0),
    COLUMN("  alike", sim_mean_2min, 2),
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

void report_head(FILE *out)
{
    fprintf(out, "%-28s", "preset seed start");
    for (size_t i = 0; i < COLUMNS; i++)
        fprintf(out, "%s", columns[i].head);
    fprintf(out, "  failed, worst gate\n");
}

void report_row(const struct figures *f, const char *label, const char *waived,
                FILE *out)
{
    const struct gate *worst = gates_worst(f, waived);
    size_t failed = gates_failed(f, waived);
    char text[64], allowed[64];

    fprintf(out, "%-28s", label);
    for (size_t i = 0; i < COLUMNS; i++) {
        number(figures_get(f, columns[i].offset), columns[i].decimals, text,
               sizeof(text));
        fprintf(out, "%*s", (int)strlen(columns[i].head), text);
    }
    if (worst) {
        const struct figures_field *k = figures_field_at(worst->offset);
        number(figures_get(f, worst->offset), k->decimals, text, sizeof(text));
        gates_allowed(worst, allowed, sizeof(allowed));
        fprintf(out, "  %zu%s %s %s (%s)", failed, failed ? " FAIL:" : ", next",
                k->key, text, allowed);
    }
    fputc('\n', out);
}
