// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "graph/file.h"

#define FILE_MAX   (1 << 20) /* bytes that are read */
#define REAL_CHARS 32

/* Nothing that would be waited for, has no end, or is lost when a file takes
   its place. */
static int check_kind(const char *path, char err[STATE_ERROR_MAX])
{
    struct stat s;

    if (stat(path, &s) < 0)
        return -errno;
    if (S_ISREG(s.st_mode) && s.st_size <= FILE_MAX)
        return 0;
    snprintf(err, STATE_ERROR_MAX, "%.400s: %s", path,
             S_ISREG(s.st_mode) ? "too large for a state" : "not a file");
    return -EINVAL;
}

int state_load(struct cli_program *p, const char *path,
               char err[STATE_ERROR_MAX])
{
    struct conf *c;
    int r = check_kind(path, err);

    if (r == -ENOENT)
        return 0;
    if (r == -EINVAL)
        return r;
    r = conf_load(&c, path, err); /* which says why it can't be looked at */
    if (r == 0)
        r = cli_take(p, c, CLI_STATE, err);
    return r < 0 ? r : 1;
}

/* --- the text ------------------------------------------------------------- */

static void put_text(FILE *f, const char *text)
{
    putc('"', f);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', f);
        putc(*text, f);
    }
    putc('"', f);
}

/* As short as it can be and still read back the same. */
static void put_real(FILE *f, double x)
{
    char text[REAL_CHARS];

    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    fputs(text, f);
}

static void put_strings(FILE *f, const struct cli_strings *all)
{
    putc('[', f);
    for (uint32_t i = 0; i < all->n; i++) {
        fputs(i ? ", " : "", f);
        put_text(f, all->text[i]);
    }
    putc(']', f);
}

static void put_value(FILE *f, const struct cli_option *o)
{
    char addr[CLI_ADDR_TEXT_MAX];

    switch (o->type) {
    case CLI_FLAG:
        fputs(*(const bool *)o->dest ? "true" : "false", f);
        break;
    case CLI_STRING:
        put_text(f, *(const char *const *)o->dest);
        break;
    case CLI_UINT:
        fprintf(f, "%" PRIu32, *(const uint32_t *)o->dest);
        break;
    case CLI_REAL:
        put_real(f, *(const double *)o->dest);
        break;
    case CLI_HEX:
        fprintf(f, "%06" PRIx64, *(const uint64_t *)o->dest);
        break;
    case CLI_CHOICE:
        put_text(f, o->choices[*(const int *)o->dest]);
        break;
    case CLI_ADDR:
    case CLI_ADDR_OR_NONE:
        put_text(f, cli_format_addr(o->dest, addr));
        break;
    case CLI_STRINGS:
        put_strings(f, o->dest);
        break;
    }
}

static bool is_kept(const struct cli_option *o, bool moving)
{
    switch (o->keep) {
    case CLI_KEEP_NEVER:
        return false;
    case CLI_KEEP_GIVEN:
        if (!o->given)
            return false;
        break;
    case CLI_KEEP_MOVING:
        if (!moving)
            return false;
        break;
    case CLI_KEEP_ALWAYS:
        break;
    }
    return o->type != CLI_STRING || *(const char *const *)o->dest;
}

char *state_text(const struct cli_program *p, bool moving)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    bool wrong;

    if (!f)
        return NULL;
    for (const struct cli_option *o = p->options; o->name; o++) {
        if (!is_kept(o, moving))
            continue;
        fprintf(f, "%s: ", o->name);
        put_value(f, o);
        putc('\n', f);
    }
    wrong = ferror(f);
    if (fclose(f) || wrong) {
        free(text);
        text = NULL;
    }
    return text;
}

/* --- the file ------------------------------------------------------------- */

/* By name and time, for who finds the file. */
static char *whole_text(const struct cli_program *p)
{
    char *text = state_text(p, true), *whole = NULL, when[64];
    time_t now = time(NULL);
    struct tm tm;

    if (!text)
        return NULL;
    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", localtime_r(&now, &tm));
    if (asprintf(&whole, "# The state of %s, saved %s. Keys: its options.\n%s",
                 p->name, when, text) < 0)
        whole = NULL;
    free(text);
    return whole;
}

int state_save(const struct cli_program *p, const char *path,
               char err[STATE_ERROR_MAX])
{
    struct conf *c = NULL;
    char *text = NULL;
    int r = check_kind(path, err);

    if (r == -EINVAL)
        return r;
    text = whole_text(p);
    r = -ENOMEM;
    if (!text)
        goto out;
    /* what can't be read back must not take a good file's place */
    r = conf_parse(&c, path, text, strlen(text), err);
    if (r < 0) {
        r = -EILSEQ;
        snprintf(err, STATE_ERROR_MAX,
                 "%.300s: not written, since a text in it is not UTF-8 or has "
                 "control characters",
                 path);
        goto said;
    }
    r = file_replace(path, text, strlen(text));
out:
    if (r < 0)
        snprintf(err, STATE_ERROR_MAX, "%.400s: %s", path, strerror(-r));
said:
    conf_free(&c);
    free(text);
    return r;
}
