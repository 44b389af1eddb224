// SPDX-License-Identifier: GPL-3.0-or-later
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clients/generator/osc.h"
#include "clients/generator/params.h"
#include "clients/station/ask.h"
#include "clients/station/commands.h"
#include "graph/clock.h"

#define WAIT (2 * NS_PER_S)

/* What is not where it should be reads as nothing: the generator may be of
   another version. */
static const char *text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));

    return s ? s : "";
}

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static void print_params(const json_t *o)
{
    const json_t *all = json_object_get(o, "parameters");
    int moved = 0;

    printf("set        ");
    for (int p = 0; p < PARAM_COUNT; p++) {
        const struct param_info *i = param_info((enum param)p);
        double v = number(all, i->name);

        if (!json_object_get(all, i->name) || fabs(v - i->def) < 1e-9)
            continue;
        printf("%s%s ", moved++ ? ", " : "", i->name);
        if (p == PARAM_MODE)
            printf("%s", text(o, "mode"));
        else
            printf("%g%s%s", v, *i->unit ? " " : "", i->unit);
    }
    printf("%s\n", moved ? "" : "everything as the preset has it");
}

static void print_time(double s)
{
    long n = (long)s;

    printf("%ld:%02ld:%02ld", n / 3600, n / 60 % 60, n % 60);
}

/* supply_state_name() for people. */
static const char *gpu_words(const char *state)
{
    static const char *const words[][2] = {
        {"off", "none"},
        {"probing", "starting, or on trial"},
        {"gpu", "in use"},
        {"suspect", "in trouble, tried again soon"},
        {"cpu", "measured, the CPU is cheaper"}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(state, words[i][0]) == 0)
            return words[i][1];
    return state;
}

static void print_status(const json_t *o, const struct cli_addr *addr)
{
    const json_t *r = json_object_get(o, "renderer");
    const json_t *c = json_object_get(r, "chunks");
    char at[CLI_ADDR_TEXT_MAX];

    printf("generator  %s %s, OSC %s\n", text(o, "program"), text(o, "version"),
           cli_format_addr(addr, at));
    printf("music      %s (%s), seed %s, at ", text(o, "preset"),
           text(o, "title"), text(o, "seed"));
    print_time(number(o, "position_s"));
    printf(", %.0f Hz\n", number(o, "rate_hz"));
    print_params(o);
    printf("renderer   %s; GPU %s\n", text(r, "name"),
           gpu_words(text(r, "state")));
    if (*text(r, "choice"))
        printf("choice     %s\n", text(r, "choice"));
    if (*text(r, "trouble"))
        printf("trouble    the GPU's last: %s\n", text(r, "trouble"));
    printf("chunks     of this preset: %.0f by the GPU, %.0f by the CPU in "
           "full and %.0f thinned; %.0f came late\n",
           number(c, "by_gpu"), number(c, "by_cpu"), number(c, "thinned"),
           number(c, "late"));
    printf("checks     %.0f of %.0f wrong, %.0f failovers, %.0f rebuilds\n",
           number(c, "mismatched"), number(c, "checked"),
           number(r, "failovers"), number(r, "rebuilds"));
    printf("time       load %g, %g ms ahead, %.0f frames missed\n",
           number(o, "load"), number(o, "ahead_ms"),
           number(o, "missed_frames"));
}

static int show(const struct ask *a, const char *json, bool as_it_is)
{
    json_error_t e;
    json_t *o;

    if (as_it_is) {
        puts(json);
        return EXIT_OK;
    }
    o = json_loads(json, 0, &e);
    if (!o) {
        fprintf(stderr, "%s: what was answered is no JSON: %s\n", a->program,
                e.text);
        return EXIT_RUNNING;
    }
    print_status(o, &a->addr);
    json_decref(o);
    return EXIT_OK;
}

int command_status(int argc, char **argv)
{
    struct ask a = {.program = "longwave status",
                    .addr = {"127.0.0.1", OSC_PORT}};
    const struct osc_message *m;
    bool json = false;
    struct cli_option table[] = {
        {"json", CLI_FLAG, &json, NULL, "all figures, as JSON"},
        {"osc", CLI_ADDR, &a.addr, "ADDR:PORT",
         "where the generator is controlled (127.0.0.1:7770)"},
        {NULL},
    };
    struct cli_program p = {
        .name = a.program,
        .summary = "how the generator does",
        .usage = "[OPTIONS]",
        .options = table,
    };
    int parsed = cli_parse(&p, argc, argv);
    int code = parsed < 0 ? EXIT_USAGE : EXIT_OK;

    if (parsed <= 0)
        goto out;
    code = ask_open(&a);
    if (code == EXIT_OK)
        code = ask_sent(&a, remote_send(a.remote, "/longwave/status", ""));
    if (code == EXIT_OK)
        code = ask_reply(&a, "/longwave/status", WAIT, &m);
    if (code == EXIT_OK)
        code = show(&a, m->n > 0 && m->arg[0].text ? m->arg[0].text : "", json);
out:
    ask_close(&a);
    cli_fini(&p);
    return code;
}
