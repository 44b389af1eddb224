// SPDX-License-Identifier: GPL-3.0-or-later
/* A change of a generator's parameter, by OSC: asked, answered, told. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/text.h"
#include "netsink/desk_priv.h"

#define PREFIX  "/longwave/"
#define WAIT_NS (3 * NS_PER_S) /* a preset is read and rendered ahead of it */

void desk_job_end(struct desk_job *j, int err, const char *said)
{
    char clean[DESK_SAID_MAX];

    text_clean(clean, sizeof(clean), said);
    if (j->done)
        j->done(j->arg, err, clean);
    remote_close(&j->remote);
    free(j);
}

/* Preset and seed: they take a text and a crossfade. */
static bool is_music(const struct desk_job *j)
{
    return strcmp(j->name, "preset") == 0 || strcmp(j->name, "seed") == 0;
}

/* What is allowed: the parameters that it tells of, and the music. */
static bool check_name(const struct desk_job *j, const json_t *told,
                       char said[DESK_SAID_MAX])
{
    json_t *params = json_object_get(told, "parameters"), *value;
    const char *key;
    int n;

    if (is_music(j) || json_object_get(params, j->name))
        return true;
    n = snprintf(said, DESK_SAID_MAX, "name: found '%s', allowed are ",
                 j->name);
    json_object_foreach(params, key, value)
    {
        if (n < DESK_SAID_MAX)
            n += snprintf(said + n, DESK_SAID_MAX - (size_t)n, "%s, ", key);
    }
    if (n < DESK_SAID_MAX)
        snprintf(said + n, DESK_SAID_MAX - (size_t)n, "preset and seed");
    return false;
}

static bool is_word(const char *value, const char *const *words)
{
    while (*words && strcmp(value, *words) != 0)
        words++;
    return *words != NULL;
}

/* What switches take too, as `longwave set` has it. */
static bool read_number(const struct desk_job *j, double *out)
{
    static const char *const on[] = {"on", "true", "yes", NULL};
    static const char *const off[] = {"off", "false", "no", NULL};
    bool is_switch = strcmp(j->name, "freeze") == 0;
    char *end;

    *out = strtod(j->value, &end);
    if (end != j->value && !*end && isfinite(*out))
        return true;
    *out = is_word(j->value, on);
    return is_switch && (is_word(j->value, on) || is_word(j->value, off));
}

/* Errors: as remote_send(). */
static int put(const struct desk_job *j)
{
    char address[sizeof(PREFIX) + DESK_PARAM_MAX];
    double number;

    snprintf(address, sizeof(address), PREFIX "%s", j->name);
    if (is_music(j) && j->fade_s >= 0)
        return remote_send(j->remote, address, "sf", j->value, j->fade_s);
    if (is_music(j) || !read_number(j, &number))
        return remote_send(j->remote, address, "s", j->value);
    return remote_send(j->remote, address, "d", number);
}

static bool is_path(const char *value)
{
    size_t n = strlen(value);

    return strchr(value, '/') ||
           (n >= 5 && strcmp(value + n - 5, ".yaml") == 0);
}

static int send_to(struct desk_job *j, const json_t *told)
{
    const char *osc = json_string_value(json_object_get(told, "osc")), *why;
    struct cli_addr addr;
    int err;

    if (!osc || cli_parse_addr(osc, &addr, &why) < 0)
        return -ENOENT;
    err = remote_open(&j->remote, &addr);
    return err ? err : put(j);
}

bool desk_job_begin(struct desk_job *j, const json_t *told, int64_t now)
{
    char said[DESK_SAID_MAX];
    int err;

    j->until = now + WAIT_NS;
    if (!told) {
        desk_job_end(j, -ENOENT,
                     *j->generator ? "no generator of that name answers"
                                   : "there is no generator that answers");
        return true;
    }
    if (!check_name(j, told, said)) {
        desk_job_end(j, -EINVAL, said);
        return true;
    }
    /* else whoever sits at a desk elsewhere could have any file looked at */
    if (strcmp(j->name, "preset") == 0 && is_path(j->value)) {
        desk_job_end(j, -EINVAL,
                     "preset: found a file, allowed are names of presets");
        return true;
    }
    err = send_to(j, told);
    if (!err)
        return false;
    if (err == -ENOENT)
        desk_job_end(j, err, "the generator takes no OSC: it has --osc none");
    else
        desk_job_end(j, err, strerror(-err));
    return true;
}

/* "0.5 octaves", "dark": what counts now. */
static void value_text(const struct osc_message *m, char out[DESK_SAID_MAX])
{
    const struct osc_arg *a = m->arg;
    bool unit = m->n > 1 && a[1].text && *a[1].text;

    if (m->n > 0 && a[0].text)
        snprintf(out, DESK_SAID_MAX, "%.400s", a[0].text);
    else
        snprintf(out, DESK_SAID_MAX, "%g%s%.100s", m->n > 0 ? a[0].number : 0.0,
                 unit ? " " : "", unit ? a[1].text : "");
}

/* Whether it is the answer, and which. */
static bool is_answer(const struct desk_job *j, const struct osc_message *m,
                      int *err, char said[DESK_SAID_MAX])
{
    size_t n = sizeof(PREFIX) - 1;

    if (strcmp(m->address, PREFIX "error") == 0) {
        const char *text = m->n > 1 ? m->arg[1].text : NULL;
        *err = text && strstr(text, ": busy: ") ? -EBUSY : -EINVAL;
        snprintf(said, DESK_SAID_MAX, "%.500s", text ? text : "refused");
        return true;
    }
    if (strncmp(m->address, PREFIX, n) != 0 ||
        strcmp(m->address + n, j->name) != 0)
        return false;
    *err = 0;
    value_text(m, said);
    return true;
}

bool desk_job_step(struct desk_job *j, int64_t now)
{
    const struct osc_message *m;
    char said[DESK_SAID_MAX] = "the generator does not answer";
    int err;

    do {
        err = remote_next(j->remote, 0, &m);
        if (err == 0 && is_answer(j, m, &err, said)) {
            desk_job_end(j, err, said);
            return true;
        }
    } while (err == 0);
    if (err == -ETIMEDOUT && now < j->until)
        return false;
    desk_job_end(j, err, said);
    return true;
}
