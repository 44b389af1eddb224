// SPDX-License-Identifier: GPL-3.0-or-later
/* `longwave patch save`: what is joined now goes into a file, beside its rules.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/station/patch.h"
#include "clients/station/patch_text.h"
#include "clients/station/options.h"
#include "graph/file.h"
#include "graph/cli.h"
#include "graph/plan.h"
#include "graph/text.h"

#define PROGRAM  "longwave patch save"
#define TEXT_MAX 512 /* bytes shown of a name */

static const char fresh[] =
    "# A patchbay, for 'longwave patch diff', 'apply' and 'save'.\n";

struct save {
    const char *path;
    char *text; /* the file's */
    size_t size;
    bool is_new;
    struct rules *rules, *add;
    bool *drop; /* [rules->n] */
    uint32_t n_drop, waiting;
    struct jgraph *graph;
    struct plan *plan;
};

static int no_memory(void)
{
    fprintf(stderr, PROGRAM ": out of memory\n");
    return EXIT_RUNNING;
}

static int read_file(struct save *s)
{
    char err[CONF_ERROR_MAX];
    int r = patch_read(s->path, &s->text, &s->size);

    if (r == -ENOENT) {
        s->is_new = true;
        s->text = strdup(fresh);
        s->size = strlen(fresh);
        return s->text && rules_new(&s->rules) == 0 ? EXIT_OK : no_memory();
    }
    if (r < 0) {
        fprintf(stderr, PROGRAM ": %s: %s\n", s->path, strerror(-r));
        return EXIT_USAGE;
    }
    if (patch_text_rules(&s->rules, s->path, s->text, s->size, err) < 0) {
        fprintf(stderr, PROGRAM ": %s; it stays as it is\n", err);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

static bool is_exact(const struct rules_side *s)
{
    return !s->regex && !s->client;
}

/* A cable by its names, of which both ends are here but not joined. */
static bool is_parted(const struct save *s, const struct rule *r)
{
    if (!is_exact(&r->from) || !is_exact(&r->to))
        return false;
    uint32_t from = jgraph_find(s->graph, r->from.name);
    uint32_t to = jgraph_find(s->graph, r->to.name);
    return from != JGRAPH_NONE && to != JGRAPH_NONE &&
           !jgraph_linked(s->graph, from, to);
}

static void print_cable(const char *what, const char *from, const char *to)
{
    char a[TEXT_MAX], b[TEXT_MAX];

    text_clean(a, sizeof(a), from);
    text_clean(b, sizeof(b), to);
    printf("%-8s  %s -> %s\n", what, a, b);
}

/* What is joined and wanted by no rule; what a rule wants and is not joined. */
static int compare(struct save *s, bool prune)
{
    s->drop = calloc(s->rules->n + 1, sizeof(*s->drop));
    if (!s->drop || rules_new(&s->add) < 0 ||
        plan_make(&s->plan, s->graph, s->rules, NULL) < 0)
        return no_memory();
    for (uint32_t i = 0; i < s->plan->n; i++) {
        const struct plan_cable *c = &s->plan->cable[i];
        s->waiting += c->state == PLAN_WAITING;
        if (c->state == PLAN_REMOVE) /* exclusive, or a fallback that yields */
            print_cable("left out", c->from, c->to);
        if (c->state != PLAN_FOREIGN)
            continue;
        int r = rules_add_cable(s->add, c->from, c->to);
        if (r == -ENOMEM)
            return no_memory();
        if (r < 0 || s->rules->n + s->add->n > RULES_MAX) {
            fprintf(stderr, PROGRAM ": more than %d rules\n", RULES_MAX);
            return EXIT_RUNNING;
        }
        print_cable("added", c->from, c->to);
    }
    for (uint32_t i = 0; i < s->rules->n; i++) {
        const struct rule *r = &s->rules->rule[i];
        if (!is_parted(s, r))
            continue;
        s->drop[i] = prune;
        s->n_drop += prune;
        print_cable(prune ? "removed" : "parted", r->from.name, r->to.name);
    }
    return EXIT_OK;
}

static int write_file(struct save *s)
{
    char err[CONF_ERROR_MAX], *text = NULL;
    size_t size = 0;
    int r;

    if (s->is_new) {
        /* no file that could be parsed yet: it is written whole */
        FILE *f = open_memstream(&text, &size);
        r = f ? 0 : -ENOMEM;
        if (r == 0) {
            fwrite(s->text, 1, s->size, f);
            r = rules_write(s->add, f);
            if (fclose(f) != 0)
                r = -ENOMEM;
        }
        if (r < 0) {
            free(text);
            return no_memory();
        }
    } else if (patch_text_edit(&text, &size, s->path, s->text, s->size, s->add,
                               s->drop, err) < 0) {
        fprintf(stderr, PROGRAM ": %s; it stays as it is\n", err);
        return EXIT_USAGE;
    }
    r = file_replace(s->path, text, size);
    free(text);
    if (r == 0)
        return EXIT_OK;
    fprintf(stderr, PROGRAM ": %s: %s; it stays as it is\n", s->path,
            strerror(-r));
    return EXIT_RUNNING;
}

static int save(struct save *s, const char *server, bool prune)
{
    int code = read_file(s);

    if (code == EXIT_OK)
        code = patch_visit(PROGRAM, server, &s->graph);
    if (code == EXIT_OK)
        code = compare(s, prune);
    if (code == EXIT_OK && (s->is_new || s->add->n + s->n_drop > 0))
        code = write_file(s);
    if (code == EXIT_OK)
        printf("%s: %u added, %u removed, %u rules kept (%u cables wait for "
               "clients or ports that are not here)\n",
               s->path, s->add->n, s->n_drop, s->rules->n - s->n_drop,
               s->waiting);
    plan_free(&s->plan);
    jgraph_free(&s->graph);
    rules_free(&s->add);
    rules_free(&s->rules);
    free(s->drop);
    free(s->text);
    return code;
}

int patch_save(int argc, char **argv)
{
    struct save s = {NULL};
    const char *server = NULL;
    bool prune = false;
    struct cli_option table[] = {
        {"prune", CLI_FLAG, &prune, NULL,
         "takes out cables by name whose two ports are here but not joined"},
        option_server(&server),
        {NULL},
    };
    struct cli_program p = {
        .name = PROGRAM,
        .summary = "adds to a file the cables of the graph that its rules lack",
        .usage = "FILE [OPTIONS]",
        .options = table,
        .notes = "What is in the file stays as it is, also the cables of "
                 "clients that are not here.\nWhat its rules would take off "
                 "is left out. A new file is made where there is none.",
        .max_args = 1,
        .args = &s.path,
    };
    int parsed = cli_parse(&p, argc, argv);
    int code = parsed < 0 ? EXIT_USAGE : EXIT_OK;

    if (parsed > 0)
        code = patch_check_path(PROGRAM, s.path);
    if (parsed > 0 && code == EXIT_OK)
        code = save(&s, server, prune);
    cli_fini(&p);
    return code;
}
