// SPDX-License-Identifier: GPL-3.0-or-later
/* `longwave patch diff`: what a station's rules would change, cable by cable.
 */
#include <stdio.h>
#include <string.h>

#include "clients/station/patch.h"
#include "clients/station/options.h"
#include "graph/cli.h"
#include "graph/plan.h"
#include "graph/text.h"

#define PROGRAM  "longwave patch diff"
#define TEXT_MAX 512 /* bytes shown of a name */

static const char *const state_names[] = {
    [PLAN_PRESENT] = "present", [PLAN_ADD] = "add",
    [PLAN_REMOVE] = "remove",   [PLAN_WAITING] = "waiting",
    [PLAN_PULLED] = "pulled",   [PLAN_FOREIGN] = "foreign",
};

static void print_json(const struct plan *plan, const char *path)
{
    json_t *cables = json_array(), *counts = json_object();

    for (uint32_t i = 0; i < plan->n; i++) {
        const struct plan_cable *c = &plan->cable[i];
        json_t *o =
            json_pack("{s:s, s:o, s:o}", "state", state_names[c->state], "from",
                      patch_json(c->from), "to", patch_json(c->to));
        if (c->missing)
            json_object_set_new(o, "missing", patch_json(c->missing));
        if (c->rule && c->rule->line > 0)
            json_object_set_new(o, "line", json_integer(c->rule->line));
        json_array_append_new(cables, o);
    }
    for (int s = 0; s <= PLAN_FOREIGN; s++)
        json_object_set_new(counts, state_names[s],
                            json_integer(plan->count[s]));
    patch_print_json(json_pack("{s:o, s:o, s:o}", "rules", patch_json(path),
                               "cables", cables, "counts", counts));
}

static void print_table(const struct plan *plan)
{
    char from[TEXT_MAX], to[TEXT_MAX], missing[TEXT_MAX];
    int width = 0;

    for (uint32_t i = 0; i < plan->n; i++)
        if ((int)strlen(plan->cable[i].from) > width)
            width = (int)strlen(plan->cable[i].from);
    for (uint32_t i = 0; i < plan->n; i++) {
        const struct plan_cable *c = &plan->cable[i];
        bool waits = c->state == PLAN_WAITING;
        text_clean(from, sizeof(from), c->from);
        text_clean(to, sizeof(to), c->to);
        text_clean(missing, sizeof(missing), c->missing);
        printf("%-10s  %-*s -> %s%s%s\n",
               waits ? "waiting" : plan_state_word(c->state), width, from, to,
               waits ? "  for " : "", waits ? missing : "");
    }
    printf("%u present, %u to add, %u to remove, %u waiting, %u foreign\n",
           plan->count[PLAN_PRESENT], plan->count[PLAN_ADD],
           plan->count[PLAN_REMOVE], plan->count[PLAN_WAITING],
           plan->count[PLAN_FOREIGN]);
}

int patch_diff(int argc, char **argv)
{
    char path[PATCH_PATH_MAX];
    const char *server = NULL, *name;
    struct rules *rules = NULL;
    struct jgraph *g = NULL;
    struct plan *plan = NULL;
    bool json = false;
    struct cli_option table[] = {
        {"json", CLI_FLAG, &json, NULL, "each cable with its state, as JSON"},
        option_server(&server),
        {NULL},
    };
    struct cli_program p = {
        .name = PROGRAM,
        .summary = "what the rules of a station would change in the graph",
        .usage = "[STATION|FILE] [OPTIONS]",
        .options = table,
        .notes = "STATION is a file of presets/stations (default: default).\n"
                 "Exit code 0: nothing to do, 1: there is.",
        .max_args = 1,
        .args = &name,
    };
    int parsed = cli_parse(&p, argc, argv);
    int code = parsed < 0 ? EXIT_USAGE : EXIT_OK;

    if (parsed <= 0)
        goto out;
    code = patch_load(PROGRAM, name, path, &rules);
    if (code == EXIT_OK)
        code = patch_visit(PROGRAM, server, &g);
    if (code != EXIT_OK)
        goto out;
    if (plan_make(&plan, g, rules, NULL) < 0) {
        fprintf(stderr, PROGRAM ": out of memory\n");
        code = EXIT_RUNNING;
        goto out;
    }
    if (json)
        print_json(plan, path);
    else
        print_table(plan);
    if (plan->count[PLAN_ADD] + plan->count[PLAN_REMOVE] > 0)
        code = EXIT_RUNNING;
out:
    plan_free(&plan);
    jgraph_free(&g);
    rules_free(&rules);
    cli_fini(&p);
    return code;
}
