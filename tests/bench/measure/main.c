// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * measure FILE: a piece of music in figures, judged by gates, and as a picture.
 * Made for the generator's renders; reads any stereo file that libsndfile does.
 */
#include <errno.h>
#include <sndfile.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "graph/cli.h"
#include "graph/log.h"
#include "tests/bench/measure/gates.h"
#include "tests/bench/measure/measure.h"
#include "tests/bench/measure/picture.h"
#include "tests/bench/measure/report.h"

#define FRAMES 4096 /* read at a time */

struct options {
    const char *file, *png, *save, *row, *waive;
    bool json, gates, head;
};

/* clang-format off */
static void fill_table(struct cli_option t[8], struct options *o)
{
    t[0] = (struct cli_option){"png", CLI_STRING, &o->png, "FILE",
        "write a spectrogram, 1600 x 900"};
    t[1] = (struct cli_option){"json", CLI_FLAG, &o->json, NULL,
        "print JSON instead of a list"};
    t[2] = (struct cli_option){"save", CLI_STRING, &o->save, "FILE",
        "write the JSON there as well"};
    t[3] = (struct cli_option){"gates", CLI_FLAG, &o->gates, NULL,
        "print the gates; exit 1 when one fails"};
    t[4] = (struct cli_option){"waive", CLI_STRING, &o->waive, "GATE,...",
        "gates that may fail"};
    t[5] = (struct cli_option){"row", CLI_STRING, &o->row, "LABEL",
        "print one row of a table instead of a list"};
    t[6] = (struct cli_option){"head", CLI_FLAG, &o->head, NULL,
        "print that table's heading; needs no file"};
    t[7] = (struct cli_option){NULL};
}
/* clang-format on */

/* The whole file through both; the picture may be NULL. */
static int read_all(SNDFILE *file, struct measure *m, struct picture *p)
{
    float x[2 * FRAMES];
    sf_count_t n;
    int err = 0;

    while (!err && (n = sf_readf_float(file, x, FRAMES)) > 0) {
        err = measure_add(m, x, (size_t)n);
        if (p)
            picture_add(p, x, (size_t)n);
    }
    return err;
}

static int measure_file(const struct log *log, const struct options *o,
                        struct figures *out)
{
    SF_INFO info = {0};
    SNDFILE *file = sf_open(o->file, SFM_READ, &info);
    struct measure *m = NULL;
    struct picture *p = NULL;
    int err = -EINVAL;

    if (!file) {
        log_error(log, "%s: %s", o->file, sf_strerror(NULL));
        return err;
    }
    if (info.channels != 2) {
        log_error(log, "%s: has %d channels, not 2", o->file, info.channels);
        goto out;
    }
    err = measure_new(&m, info.samplerate);
    if (!err && o->png)
        err = picture_new(&p, info.samplerate, info.frames);
    if (!err)
        err = read_all(file, m, p);
    if (!err)
        err = measure_end(m, out);
    if (err) {
        log_error(log, "%s: %s", o->file, strerror(-err));
        goto out;
    }
    if (p && (err = picture_write(p, o->png)) < 0) {
        log_error(log, "%s: %s", o->png, strerror(-err));
        figures_fini(out);
    }
out:
    picture_free(&p);
    measure_free(&m);
    sf_close(file);
    return err;
}

static int save(const struct log *log, const struct options *o,
                const struct figures *f)
{
    FILE *out = fopen(o->save, "w");
    int err = out ? report_json(f, o->waive, out) : -errno;

    if (out && fclose(out) != 0 && !err)
        err = -errno;
    if (err)
        log_error(log, "%s: %s", o->save, strerror(-err));
    return err;
}

static int report(const struct log *log, const struct options *o,
                  const struct figures *f)
{
    int err = o->save ? save(log, o, f) : 0;

    if (o->json)
        err = err ? err : report_json(f, o->waive, stdout);
    else if (o->row)
        report_row(f, o->row, o->waive, stdout);
    else
        report_text(f, stdout);
    if (o->gates && !o->json && !o->row)
        report_gates(f, o->waive, stdout);
    if (err || fflush(stdout) != 0)
        return EXIT_RUNNING;
    return o->gates && gates_failed(f, o->waive) ? EXIT_RUNNING : EXIT_OK;
}

/* Names the gates that failed, where no table of them was printed. */
static void name_failed(const struct log *log, const struct options *o,
                        const struct figures *f)
{
    for (const struct gate *g = gates; o->gates && g->from; g++)
        if (gates_judge(g, f, o->waive) == GATES_FAIL) {
            const struct figures_field *k = figures_field_at(g->offset);
            char allowed[64];
            gates_allowed(g, allowed, sizeof(allowed));
            log_error(log, "%s: %s is %.*f, allowed is %s (%s)",
                      o->row ? o->row : o->file, k->key, k->decimals,
                      figures_get(f, g->offset), allowed, g->from);
        }
}

int main(int argc, char **argv)
{
    struct options o = {0};
    struct cli_option table[8];
    struct cli_program program = {
        .name = "measure",
        .summary = "a piece of music in figures",
        .usage = "[OPTIONS] FILE",
        .options = table,
        .max_args = 1,
        .args = &o.file,
        .notes = "FILE is stereo and begins on the renderers' 1024-frame grid.",
    };
    struct log log = {.program = "measure", .level = LOG_INFO};
    struct figures f = {0};
    const char *bad = NULL;
    int code = EXIT_USAGE, parsed;

    fill_table(table, &o);
    parsed = cli_parse(&program, argc, argv);
    if (parsed == 0)
        code = EXIT_OK;
    if (parsed <= 0)
        goto out;
    if (!gates_known(o.waive, &bad)) {
        log_error(&log, "--waive: no gate is named '%s'", bad);
        goto out;
    }
    if (o.head) {
        report_head(stdout);
        code = EXIT_OK;
        goto out;
    }
    if (!o.file) {
        log_error(&log, "which file? See measure --help");
        goto out;
    }
    code = EXIT_RUNNING;
    if (measure_file(&log, &o, &f) < 0)
        goto out;
    code = report(&log, &o, &f);
    name_failed(&log, &o, &f);
out:
    figures_fini(&f);
    cli_fini(&program);
    return code;
}
