// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/patch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clients/paths.h"
#include "clients/station/commands.h"
#include "graph/jgate.h"
#include "graph/cli.h"
#include "graph/patchbay.h"
#include "graph/suggest.h"
#include "graph/text.h"

#define FILE_MAX (4u << 20) /* bytes; a patchbay takes thousands */

int patch_load(const char *program, const char *name, char path[PATCH_PATH_MAX],
               struct rules **out)
{
    char err[4 * PATCH_PATH_MAX];
    int r = paths_preset("stations", name ? name : "default", path,
                         PATCH_PATH_MAX, err, sizeof(err));

    *out = NULL;
    if (r == 0)
        r = rules_load(out, path, err);
    if (r == 0)
        return EXIT_OK;
    fprintf(stderr, "%s: %s\n", program, err);
    return EXIT_USAGE;
}

int patch_no_server(const char *program, const char *server, int err)
{
    server = jgate_server(server);
    if (err == -ENOMEM) {
        fprintf(stderr, "%s: out of memory\n", program);
        return EXIT_RUNNING;
    }
    if (err == -EHOSTDOWN)
        fprintf(stderr,
                "%s: no JACK server '%s' is running: start one, or name "
                "another with --server\n",
                program, server);
    else if (err == -ETIMEDOUT)
        fprintf(stderr,
                "%s: JACK server '%s' runs but does not answer: it is stopped, "
                "or hangs; kill -CONT its jackd, or start it again\n",
                program, server);
    else
        fprintf(stderr,
                "%s: JACK server '%s' runs but refuses us (another user's "
                "server, or too many clients?)\n",
                program, server);
    return EXIT_ABSENT;
}

int patch_visit(const char *program, const char *server, struct jgraph **out)
{
    int r = patchbay_look(out, server);

    return r < 0 ? patch_no_server(program, server, r) : EXIT_OK;
}

int patch_read(const char *path, char **text, size_t *size)
{
    FILE *f = fopen(path, "re");
    char *all = NULL;
    struct stat st;
    int r = 0;

    *text = NULL;
    *size = 0;
    if (!f)
        return -errno;
    if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode))
        r = -EISDIR;
    else if (!(all = malloc(FILE_MAX + 1)))
        r = -ENOMEM;
    else
        *size = fread(all, 1, FILE_MAX, f);
    if (r == 0 && ferror(f))
        r = -EIO;
    else if (r == 0 && !feof(f) && fgetc(f) != EOF)
        r = -EFBIG;
    fclose(f);
    if (r < 0) {
        free(all);
        *size = 0;
        return r;
    }
    all[*size] = '\0';
    *text = all;
    return 0;
}

int patch_check_path(const char *program, const char *path)
{
    if (path && *path && paths_is_path(path))
        return EXIT_OK;
    if (path && *path)
        fprintf(stderr,
                "%s: '%s' would be a station's name; allowed: a path, such as "
                "%s.yaml or ./%s\n",
                program, path, path, path);
    else
        fprintf(stderr, "%s: a file is missing; --help shows the usage\n",
                program);
    return EXIT_USAGE;
}

json_t *patch_json(const char *text)
{
    char clean[1024];

    if (!text)
        return json_null();
    text_clean(clean, sizeof(clean), text);
    return json_string(clean);
}

void patch_print_json(json_t *o)
{
    json_dumpf(o, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(o);
}

static void usage(FILE *f)
{
    fprintf(f,
            "longwave patch: the patchbay of a JACK graph\n\n"
            "  longwave patch show               the graph as it is\n"
            "  longwave patch diff [STATION]     what its rules would change\n"
            "  longwave patch apply [STATION]    makes it so; --watch keeps it "
            "so\n"
            "  longwave patch save FILE          adds what is joined now to a "
            "file\n"
            "  longwave patch import FILE --format qjackctl|aj-snapshot|yaml\n"
            "  longwave patch export FILE --format qjackctl|aj-snapshot|yaml\n"
            "  longwave patch COMMAND --help     options of each\n");
}

int command_patch(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } table[] = {{"show", patch_show},          {"diff", patch_diff},
                 {"apply", patch_apply},        {"save", patch_save},
                 {"import", patch_import_file}, {"export", patch_export_file}};
    const char *names[sizeof(table) / sizeof(table[0]) + 1] = {NULL};
    const char *command = argc > 1 ? argv[1] : "";

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        names[i] = table[i].name;
        if (strcmp(command, table[i].name) == 0)
            return table[i].run(argc - 1, argv + 1);
    }
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
        usage(stdout);
        return EXIT_OK;
    }
    if (*command) {
        const char *near = suggest(command, names);
        fprintf(stderr, "longwave patch: unknown command '%s'%s%s%s\n", command,
                near ? "; did you mean '" : "", near ? near : "",
                near ? "'?" : "");
    }
    usage(stderr);
    return EXIT_USAGE;
}
