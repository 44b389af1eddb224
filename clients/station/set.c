// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/osc.h"
#include "clients/generator/params.h"
#include "clients/paths.h"
#include "clients/station/ask.h"
#include "clients/station/commands.h"
#include "clients/station/options.h"
#include "graph/clock.h"
#include "graph/suggest.h"
#include "graph/text.h"

#define PREFIX      "/longwave/"
#define ADDRESS_MAX 64
#define SHOWN_MAX   256 /* bytes of what is printed */
#define WAIT        (2 * NS_PER_S)
#define CHANGE_WAIT (5 * NS_PER_S) /* a renderer is opened for it */

/* The parameters, and what else can be set. */
static const char *const others[] = {"preset", "seed"};

static bool is_other(const char *name)
{
    return strcmp(name, others[0]) == 0 || strcmp(name, others[1]) == 0;
}

static int refuse_name(const char *name)
{
    const char *names[PARAM_COUNT + 3], *near;

    memcpy(names, param_names(), PARAM_COUNT * sizeof(names[0]));
    memcpy(names + PARAM_COUNT, others, sizeof(others));
    names[PARAM_COUNT + 2] = NULL;
    near = suggest(name, names);
    fprintf(stderr, "longwave set: there is no parameter '%s'", name);
    if (near)
        fprintf(stderr, "; did you mean '%s'?\n", near);
    else {
        for (int i = 0; names[i]; i++)
            fprintf(stderr, "%s %s", i ? "," : "; allowed:", names[i]);
        fprintf(stderr, "\n");
    }
    return EXIT_USAGE;
}

/* To three decimals, for people. */
static double shown(double x)
{
    return round(x * 1000.0) / 1000.0;
}

/* "brightness 0.5 octaves", from the reply to a question about name. */
static int print_reply(const char *name, const struct osc_message *m)
{
    enum param p = param_find(name);
    /* first a number and its unit, or a mode's name; else a text */
    uint32_t at = p == PARAM_COUNT ? 0 : 1;
    char text[SHOWN_MAX];

    if (m->n <= at || !m->arg[at].text)
        return EXIT_RUNNING;
    text_clean(text, sizeof(text), m->arg[at].text);
    if (p == PARAM_COUNT || p == PARAM_MODE)
        printf("%s %s\n", name, text);
    else
        printf("%s %g%s%s\n", name, shown(m->arg[0].number), *text ? " " : "",
               text);
    return EXIT_OK;
}

/* What a switch is set to. */
static const char *const on_words[] = {"on", "true", "yes", NULL};
static const char *const off_words[] = {"off", "false", "no", NULL};

static bool is_word(const char *value, const char *const *words)
{
    while (*words && strcmp(value, *words) != 0)
        words++;
    return *words != NULL;
}

/* Sends the value as what it looks like: the generator knows what is allowed.
   Errors: as remote_send(). */
static int send_value(struct remote *r, const char *name, const char *value,
                      double fade_s)
{
    char address[ADDRESS_MAX], *end;
    double number = value ? strtod(value, &end) : 0.0;

    snprintf(address, sizeof(address), PREFIX "%s", name);
    if (!value)
        return remote_send(r, address, "");
    if (param_find(name) == PARAM_FREEZE && is_word(value, on_words))
        return remote_send(r, address, "d", 1.0);
    if (param_find(name) == PARAM_FREEZE && is_word(value, off_words))
        return remote_send(r, address, "d", 0.0);
    if (is_other(name) && fade_s > 0.0)
        return remote_send(r, address, "sf", value, fade_s);
    if (is_other(name) || end == value || *end || !isfinite(number))
        return remote_send(r, address, "s", value);
    return remote_send(r, address, "d", number);
}

/* For the generator, which is in another folder. Returns an exit code. */
static int full_path(const char **value, char path[PATH_MAX])
{
    if (!paths_is_path(*value))
        return EXIT_OK;
    if (!realpath(*value, path)) {
        fprintf(stderr, "longwave set: preset: %s: %s\n", *value,
                strerror(errno));
        return EXIT_USAGE;
    }
    *value = path;
    return EXIT_OK;
}

static int set_one(struct ask *a, const char *name, const char *value,
                   double fade_s)
{
    const struct osc_message *m;
    char path[PATH_MAX], address[ADDRESS_MAX];
    int code = EXIT_OK;

    if (value && strcmp(name, "preset") == 0)
        code = full_path(&value, path);
    if (code == EXIT_OK)
        code = ask_sent(a, send_value(a->remote, name, value, fade_s));
    snprintf(address, sizeof(address), PREFIX "%s", name);
    if (code == EXIT_OK)
        code = ask_reply(a, address, is_other(name) ? CHANGE_WAIT : WAIT, &m);
    return code == EXIT_OK ? print_reply(name, m) : code;
}

/* One /longwave/param. */
static void print_row(const struct osc_message *m)
{
    const struct osc_arg *a = m->arg;
    char range[48], name[32], unit[32], help[SHOWN_MAX];

    if (m->n < 7 || !a[0].text || !a[5].text || !a[6].text)
        return;
    text_clean(name, sizeof(name), a[0].text);
    text_clean(unit, sizeof(unit), a[5].text);
    text_clean(help, sizeof(help), a[6].text);
    snprintf(range, sizeof(range), "%g to %g", a[2].number, a[3].number);
    printf("%-12s %6g   %-11s %-10s %s\n", name, shown(a[1].number), range,
           unit, help);
}

static void print_modes(const struct osc_message *m)
{
    char name[SHOWN_MAX];

    printf("modes       ");
    for (uint32_t i = 0; i < m->n; i++) {
        text_clean(name, sizeof(name), m->arg[i].text);
        printf(" %s", name);
    }
    printf("\n");
}

static int print_table(struct ask *a)
{
    int code = ask_sent(a, remote_send(a->remote, PREFIX "params", ""));
    const struct osc_message *m;

    for (int i = 0; code == EXIT_OK && i < PARAM_COUNT; i++) {
        code = ask_reply(a, PREFIX "param", WAIT, &m);
        if (code == EXIT_OK && i == 0)
            printf("%-12s %6s   %-11s %-10s %s\n", "parameter", "value",
                   "allowed", "unit", "meaning");
        if (code == EXIT_OK)
            print_row(m);
    }
    if (code == EXIT_OK)
        code = ask_sent(a, remote_send(a->remote, PREFIX "modes", ""));
    if (code == EXIT_OK)
        code = ask_reply(a, PREFIX "modes", WAIT, &m);
    if (code == EXIT_OK)
        print_modes(m);
    for (int i = 0; code == EXIT_OK && i < 2; i++)
        code = set_one(a, others[i], NULL, 0.0);
    return code;
}

int command_set(int argc, char **argv)
{
    struct ask a = {.program = "longwave set", .addr = {"127.0.0.1", OSC_PORT}};
    double fade_s = 0.0;
    const char *arg[2];
    struct cli_option table[] = {
        {"fade", CLI_REAL, &fade_s, "S",
         "of preset and seed: crossfade, s (as the music changes by itself)",
         .min = OSC_FADE_MIN, .max = OSC_FADE_MAX},
        option_osc(&a.addr,
                   "where the generator is controlled (127.0.0.1:7770)"),
        {NULL},
    };
    struct cli_program p = {
        .name = a.program,
        .summary = "moves a parameter of the music that plays",
        .usage = "[PARAM [VALUE]] [OPTIONS]",
        .options = table,
        .notes = "PARAM is root, mode, brightness, density, motion, space, "
                 "level, freeze, preset or seed.\nWithout VALUE its value is "
                 "printed, without PARAM all of them with what is allowed.",
        .max_args = 2,
        .args = arg,
    };
    int parsed = cli_parse(&p, argc, argv);
    int code = parsed < 0 ? EXIT_USAGE : EXIT_OK;

    if (parsed <= 0)
        goto out;
    if (arg[0] && !is_other(arg[0]) && param_find(arg[0]) == PARAM_COUNT) {
        code = refuse_name(arg[0]);
        goto out;
    }
    if (fade_s > 0.0 && (!arg[1] || !is_other(arg[0]))) {
        fprintf(stderr, "%s: --fade: goes with a new preset or seed only\n",
                p.name);
        code = EXIT_USAGE;
        goto out;
    }
    code = ask_open(&a);
    if (code == EXIT_OK)
        code = arg[0] ? set_one(&a, arg[0], arg[1], fade_s) : print_table(&a);
out:
    ask_close(&a);
    cli_fini(&p);
    return code;
}
