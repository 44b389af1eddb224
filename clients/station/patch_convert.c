// SPDX-License-Identifier: GPL-3.0-or-later
/* `longwave patch import` and `export`: patchbay files of other programs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clients/station/patch.h"
#include "clients/station/options.h"
#include "graph/file.h"
#include "graph/cli.h"
#include "graph/patch_format.h"
#include "graph/patchbay.h"

#define IMPORT "longwave patch import"
#define EXPORT "longwave patch export"

static void warn(void *ctx, const char *text)
{
    fprintf(stderr, "%s: warning: %s\n", (const char *)ctx, text);
}

static int fail(const char *program, const char *path, int err)
{
    fprintf(stderr, "%s: %s: %s\n", program, path, strerror(-err));
    return EXIT_RUNNING;
}

/* The format has no default: a wrong guess would lose cables. */
static int check_format(const char *program, const struct cli_option *format)
{
    if (format->given)
        return EXIT_OK;
    fprintf(stderr,
            "%s: --format is missing; allowed: yaml, qjackctl, aj-snapshot\n",
            program);
    return EXIT_USAGE;
}

/* What was written to a stream in memory goes to path, NULL or "-": stdout.
   Errors: -errno. */
static int deliver(const char *path, const char *text, size_t size)
{
    if (path && strcmp(path, "-") != 0)
        return file_replace(path, text, size);
    if (fwrite(text, 1, size, stdout) != size || fflush(stdout) != 0)
        return -EIO;
    return 0;
}

/* ---- import -------------------------------------------------------------- */

static int read_rules(const char *path, enum patch_format format,
                      struct rules **out)
{
    char err[CONF_ERROR_MAX], program[] = IMPORT, *text = NULL;
    size_t size;
    int r = patch_read(path, &text, &size);

    *out = NULL;
    if (r < 0) {
        fprintf(stderr, IMPORT ": %s: %s\n", path, strerror(-r));
        return EXIT_USAGE;
    }
    snprintf(err, sizeof(err), "out of memory");
    r = rules_new(out);
    if (r == 0)
        r = patch_import(format, *out, path, text, size, warn, program, err);
    free(text);
    if (r < 0)
        fprintf(stderr, IMPORT ": %s\n", err);
    return r == 0 ? EXIT_OK : r == -ENOMEM ? EXIT_RUNNING : EXIT_USAGE;
}

static int write_rules(const struct rules *rules, const char *to)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    int r = f ? rules_write(rules, f) : -ENOMEM;

    if (f && fclose(f) != 0)
        r = -ENOMEM;
    if (r == 0)
        r = deliver(to, text, size);
    free(text);
    return r < 0 ? fail(IMPORT, to ? to : "stdout", r) : EXIT_OK;
}

static int check_new(const char *path)
{
    int code = patch_check_path(IMPORT, path);

    if (code == EXIT_OK && access(path, F_OK) == 0) {
        fprintf(stderr,
                IMPORT ": %s: is there already; name a new file, or leave --to "
                       "out and add what is printed yourself\n",
                path);
        code = EXIT_USAGE;
    }
    return code;
}

int patch_import_file(int argc, char **argv)
{
    const char *path, *to = NULL;
    int format = 0;
    struct rules *rules = NULL;
    struct cli_option table[] = {
        {"format", CLI_CHOICE, &format, "FORMAT",
         "of FILE: yaml, qjackctl or aj-snapshot",
         .choices = patch_format_names},
        {"to", CLI_STRING, &to, "NEWFILE", "where to (default: stdout)"},
        {NULL},
    };
    struct cli_program p = {
        .name = IMPORT,
        .summary = "makes rules of another program's patchbay file",
        .usage = "FILE --format FORMAT [OPTIONS]",
        .options = table,
        .notes = "What can't be said in rules is warned of.",
        .max_args = 1,
        .args = &path,
    };
    int parsed = cli_parse(&p, argc, argv);
    int code = parsed < 0 ? EXIT_USAGE : EXIT_OK;

    if (parsed <= 0)
        goto out;
    code = check_format(IMPORT, &table[0]);
    if (code == EXIT_OK && !path) {
        fprintf(stderr, IMPORT ": a file is missing; --help shows the usage\n");
        code = EXIT_USAGE;
    }
    if (code == EXIT_OK && to)
        code = check_new(to);
    if (code == EXIT_OK)
        code = read_rules(path, (enum patch_format)format, &rules);
    if (code == EXIT_OK)
        code = write_rules(rules, to);
out:
    rules_free(&rules);
    cli_fini(&p);
    return code;
}

/* ---- export -------------------------------------------------------------- */

/* Exact rules of all that is joined. */
static int live_rules(const struct jgraph *g, struct rules **out)
{
    int r = rules_new(out);

    for (uint32_t i = 0; i < jgraph_n_links(g) && r == 0; i++) {
        const struct jgraph_link *l = &jgraph_links(g)[i];
        r = rules_add_cable(*out, jgraph_port(g, l->from)->name,
                            jgraph_port(g, l->to)->name);
    }
    if (r < 0)
        fprintf(stderr, EXPORT ": %s\n",
                r == -ENOMEM ? "out of memory" : "too many cables");
    return r < 0 ? EXIT_RUNNING : EXIT_OK;
}

static int export_to(const char *to, enum patch_format format,
                     const struct rules *rules, const struct jgraph *g)
{
    char program[] = EXPORT, *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    int r = f ? patch_export(format, rules, g, f, warn, program) : -ENOMEM;

    if (f && fclose(f) != 0)
        r = -ENOMEM;
    if (r == 0)
        r = deliver(to, text, size);
    free(text);
    return r < 0 ? fail(EXPORT, to, r) : EXIT_OK;
}

/* The graph helps where a format has exact names alone; without a server it is
   done without. */
static int export_file(const char *to, enum patch_format format,
                       const char *name, const char *server, bool live)
{
    char path[PATCH_PATH_MAX];
    struct rules *rules = NULL;
    struct jgraph *g = NULL;
    int r = patchbay_look(&g, server), code = EXIT_OK;

    if (live)
        code =
            r < 0 ? patch_no_server(EXPORT, server, r) : live_rules(g, &rules);
    else
        code = patch_load(EXPORT, name, path, &rules);
    if (code == EXIT_OK)
        code = export_to(to, format, rules, g);
    rules_free(&rules);
    jgraph_free(&g);
    return code;
}

int patch_export_file(int argc, char **argv)
{
    const char *arg[2], *server = NULL;
    int format = 0;
    bool live = false;
    struct cli_option table[] = {
        {"format", CLI_CHOICE, &format, "FORMAT",
         "yaml, qjackctl or aj-snapshot", .choices = patch_format_names},
        {"live", CLI_FLAG, &live, NULL,
         "the cables of the graph as it is, in place of a station's rules"},
        option_server(&server),
        {NULL},
    };
    struct cli_program p = {
        .name = EXPORT,
        .summary = "writes a station's rules for another patchbay program",
        .usage = "FILE|- [STATION|FILE] --format FORMAT [OPTIONS]",
        .options = table,
        .notes = "The first FILE is written, - is stdout. STATION is a file of "
                 "presets/stations\n(default: default). What a format can't "
                 "say is warned of; where it has exact\nnames alone, rules are "
                 "written as what they stand for in the graph.",
        .max_args = 2,
        .args = arg,
    };
    int parsed = cli_parse(&p, argc, argv);
    int code = parsed < 0 ? EXIT_USAGE : EXIT_OK;

    if (parsed <= 0)
        goto out;
    code = check_format(EXPORT, &table[0]);
    if (code == EXIT_OK && !arg[0]) {
        fprintf(stderr, EXPORT ": a file is missing; --help shows the usage\n");
        code = EXIT_USAGE;
    }
    if (code == EXIT_OK && live && arg[1]) {
        fprintf(stderr, EXPORT ": --live: goes without '%s'\n", arg[1]);
        code = EXIT_USAGE;
    }
    if (code == EXIT_OK)
        code = export_file(arg[0], (enum patch_format)format, arg[1], server,
                           live);
out:
    cli_fini(&p);
    return code;
}
