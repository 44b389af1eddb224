// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Anything at all as a patchbay's file, of each format: refused, or rules that
 * all formats can be written from; and what is written is read without a word
 * of refusal. By libFuzzer under clang; see CMakeLists.txt.
 */
#include <stdlib.h>
#include <string.h>

#include "graph/patch_format.h"
#include "tests/fuzz/fuzz.h"

static void ignore(void *ctx, const char *text)
{
    (void)ctx;
    if (strlen(text) >= CONF_ERROR_MAX)
        abort();
}

static void write_and_read(enum patch_format format, const struct rules *r,
                           const struct jgraph *g)
{
    struct rules *again = NULL;
    char *text = NULL, err[CONF_ERROR_MAX] = "";
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    if (!f || patch_export(format, r, g, f, ignore, NULL) < 0 ||
        fclose(f) != 0 || rules_new(&again) < 0)
        abort();
    if (patch_import(format, again, "again", text, size, ignore, NULL, err) <
        0) {
        fprintf(stderr, "%s\n%s\n", err, text);
        abort();
    }
    rules_free(&again);
    free(text);
}

static void add_port(struct jgraph *g, const char *name, bool output, bool midi)
{
    struct jgraph_port p = {.name = name, .output = output, .midi = midi};

    if (jgraph_add_port(g, &p, NULL) < 0)
        abort();
}

/* Ports that the corpus speaks of. */
static struct jgraph *graph(void)
{
    struct jgraph *g = NULL;

    if (jgraph_new(&g) < 0)
        abort();
    add_port(g, "gen:out_L", true, false);
    add_port(g, "gen:out_R", true, false);
    add_port(g, "gen:keys", true, true);
    add_port(g, "mix:in_1", false, false);
    add_port(g, "mix:in_2", false, false);
    add_port(g, "mix:ctl", false, true);
    add_port(g, "rec:in_L", false, false);
    add_port(g, "rec:in_R", false, false);
    if (jgraph_settle(g) < 0)
        abort();
    return g;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jgraph *g;
    char *copy = malloc(size ? size : 1); /* to the byte, for the sanitizer */

    if (!copy)
        abort();
    if (!g)
        g = graph();
    if (size > 0)
        memcpy(copy, data, size);
    for (int format = PATCH_YAML; patch_format_names[format]; format++) {
        struct rules *r = NULL;
        char err[CONF_ERROR_MAX] = "";

        if (rules_new(&r) < 0)
            abort();
        if (patch_import((enum patch_format)format, r, "fuzz", copy, size,
                         ignore, NULL, err) == 0)
            for (int to = PATCH_YAML; patch_format_names[to]; to++) {
                write_and_read((enum patch_format)to, r, NULL);
                write_and_read((enum patch_format)to, r, g);
            }
        else if (!err[0] || r->n != 0)
            abort();
        rules_free(&r);
    }
    free(copy);
    return 0;
}
