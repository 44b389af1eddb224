// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/doctor.h"

#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "clients/paths.h"
#include "clients/station/commands.h"
#include "clients/station/options.h"
#include "graph/cli.h"
#include "graph/text.h"

static void print(const struct doctor_report *r)
{
    for (uint32_t i = 0; i < r->n; i++) {
        const struct doctor_finding *f = &r->f[i];
        printf("%-8s %-9s %s\n", doctor_level_name(f->level), f->topic,
               f->text);
        if (*f->fix)
            printf("%-8s %-9s %s\n", "", "fix", f->fix);
    }
    if (r->problems == 0)
        printf("No problem found.\n");
    else
        printf("%u problem%s found.\n", (unsigned)r->problems,
               r->problems == 1 ? "" : "s");
}

static int print_json(const struct doctor_report *r)
{
    json_t *list = json_array();
    json_t *all =
        json_pack("{s:i, s:o}", "problems", (int)r->problems, "findings", list);
    int err;

    for (uint32_t i = 0; i < r->n; i++) {
        const struct doctor_finding *f = &r->f[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "level",
                                              doctor_level_name(f->level),
                                              "topic", f->topic, "text",
                                              f->text, "fix", f->fix));
    }
    err = json_dumpf(all, stdout, JSON_INDENT(2));
    puts("");
    json_decref(all);
    return err;
}

/* main() blocks them for those who wait for them: here they end it. */
static void let_signals_through(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* Drivers' and files' own words are in there. */
static void clean(struct doctor_report *r)
{
    for (uint32_t i = 0; i < r->n; i++) {
        struct doctor_finding *f = &r->f[i];
        struct doctor_finding raw = *f;
        text_clean(f->text, sizeof(f->text), raw.text);
        text_clean(f->fix, sizeof(f->fix), raw.fix);
    }
}

static int load(const char *name, struct station **s)
{
    char path[PATH_MAX], err[4 * PATH_MAX];

    if (paths_preset("stations", name, path, sizeof(path), err, sizeof(err)) ==
            0 &&
        station_load(s, path, err) == 0)
        return 0;
    fprintf(stderr, "longwave doctor: %s\n", err);
    return -1;
}

int command_doctor(int argc, char **argv)
{
    const char *name = NULL, *server = NULL;
    bool json = false;
    struct cli_option table[] = {
        {"json", CLI_FLAG, &json, NULL, "all findings, as JSON"},
        option_server(&server),
        {NULL},
    };
    struct cli_program p = {
        .name = "longwave doctor",
        .summary = "what a station needs, whether it is there, how to get it",
        .usage = "[STATION] [OPTIONS]",
        .options = table,
        .notes = "STATION, a file of presets/stations or a path, says which "
                 "addresses are looked at\n(default: default). Nothing is "
                 "changed. Exit code 0: no problem found, 1: some.",
        .max_args = 1,
        .args = &name,
    };
    struct doctor_facts *f = malloc(sizeof(*f));
    struct doctor_report *r = malloc(sizeof(*r));
    struct station *s = NULL;
    int code = EXIT_RUNNING;
    int parsed = cli_parse(&p, argc, argv);

    if (parsed <= 0) {
        code = parsed < 0 ? EXIT_USAGE : EXIT_OK;
    } else if (load(name ? name : "default", &s) < 0) {
        code = EXIT_USAGE;
    } else if (f && r) {
        let_signals_through();
        doctor_gather(f, s, server);
        f->station = name;
        doctor_judge(f, r);
        clean(r);
        if (json)
            print_json(r);
        else
            print(r);
        code = r->problems ? EXIT_RUNNING : EXIT_OK;
    }
    free(f);
    free(r);
    station_free(&s);
    cli_fini(&p);
    return code;
}
