// SPDX-License-Identifier: GPL-3.0-or-later
/* Regexes in parts: what is asked of them, and the writing. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/patch_regex.h"

struct patch_regex *patch_regex_new(size_t parts)
{
    struct patch_regex *re =
        malloc(sizeof *re + (parts ? parts : 1) * sizeof *re->part);

    if (re)
        re->n = 0;
    return re;
}

void patch_regex_free(struct patch_regex **re)
{
    free(*re);
    *re = NULL;
}

/* ---- what is asked of one ----------------------------------------------- */

int patch_regex_without(struct patch_regex *re, char c)
{
    for (size_t i = 0; i < re->n; i++) {
        struct part *p = &re->part[i];

        if (p->kind == ANY)
            *p = (struct part){.kind = SET, .negated = true};
        if (p->kind == CHAR && p->c == c)
            return -EINVAL;
        if (p->kind != SET)
            continue;
        if (p->negated)
            set_add(p, c);
        else
            set_remove(p, c);
        if (!p->negated && set_count(p) == 0)
            return -EINVAL;
        set_settle(p);
    }
    return 0;
}

/* The first OR outside of parentheses, or CHAR c if not 0; n if none. */
static size_t find_outside(const struct patch_regex *re, enum part_kind kind,
                           char c)
{
    int depth = 0;
    size_t i;

    for (i = 0; i < re->n; i++) {
        const struct part *p = &re->part[i];

        depth += (p->kind == OPEN) - (p->kind == CLOSE);
        if (depth == 0 && p->kind == kind && p->c == c)
            break;
    }
    return i;
}

int patch_regex_split(struct patch_regex *re, char c, struct patch_regex **tail)
{
    size_t at = find_outside(re, CHAR, c);

    *tail = NULL;
    if (at == re->n || find_outside(re, OR, 0) < re->n ||
        (at + 1 < re->n && re->part[at + 1].kind == REPEAT))
        return -ENOENT;
    *tail = patch_regex_new(re->n - at);
    if (!*tail)
        return -ENOMEM;
    (*tail)->n = re->n - at - 1;
    memcpy((*tail)->part, re->part + at + 1, (*tail)->n * sizeof *re->part);
    re->n = at;
    return 0;
}

int patch_regex_literal(const struct patch_regex *re, char **text)
{
    *text = NULL;
    for (size_t i = 0; i < re->n; i++)
        if (re->part[i].kind != CHAR)
            return 0;
    *text = malloc(re->n + 1);
    if (!*text)
        return -ENOMEM;
    for (size_t i = 0; i < re->n; i++)
        (*text)[i] = re->part[i].c;
    (*text)[re->n] = '\0';
    return 0;
}

/* ---- writing ------------------------------------------------------------ */

static void put_char(FILE *f, enum patch_dialect d, char c, bool edge)
{
    if (strchr("\\^$.|?*+()[{", c) || (c == ' ' && edge && d == PATCH_PCRE))
        fputc('\\', f); /* qjackctl's reader of XML drops white space */
    fputc(c, f);
}

static void put_member(FILE *f, enum patch_dialect d, int c)
{
    if (d == PATCH_PCRE && strchr("\\]^-[", c))
        fputc('\\', f);
    fputc(c, f);
}

/* Ranges are of one kind, for whoever reads them. */
static int kind(int c)
{
    return isdigit(c) ? 1 : isupper(c) ? 2 : islower(c) ? 3 : 0;
}

/* Classes with characters that nobody wants to see bare, and XML can't have, by
   their names: out of the set. */
static bool put_classes(FILE *f, struct part *p)
{
    static const struct {
        const char *name;
        int (*is)(int c);
    } class[] = {{"space", isspace}, {"cntrl", iscntrl}, {"blank", isblank}};
    const struct part all = *p;
    bool some = false;

    for (size_t i = 0; i < sizeof(class) / sizeof(*class); i++) {
        bool whole = true, new = false;

        for (int c = 1; c < 128; c++) {
            whole = whole && (!class[i].is(c) || set_has(&all, c));
            new = new || (class[i].is(c) && set_has(p, c));
        }
        if (!whole || !new)
            continue;
        fprintf(f, "[:%s:]", class[i].name);
        for (int c = 1; c < 128; c++)
            if (class[i].is(c))
                set_remove(p, c);
        some = true;
    }
    return some;
}

/* What stands for itself in ERE by its place alone goes there: ] first, - last
   and ^ anywhere else. */
static void put_set(FILE *f, enum patch_dialect d, const struct part *set)
{
    struct part p = *set;
    bool hat = set_has(&p, '^'), dash = set_has(&p, '-'), some = p.negated;

    fputs(p.negated ? "[^" : "[", f);
    set_remove(&p, '^');
    set_remove(&p, '-');
    if (set_has(&p, ']')) {
        put_member(f, d, ']');
        set_remove(&p, ']');
        some = true;
    }
    some |= put_classes(f, &p);
    for (int c = 1, end; c < 128; c = end + 1) {
        for (end = c; end < 127 && set_has(&p, c) && set_has(&p, end + 1) &&
                      kind(c) == kind(end + 1);)
            end++;
        if (!set_has(&p, c))
            continue;
        put_member(f, d, c);
        if (end > c + 1)
            fputc('-', f);
        if (end > c)
            put_member(f, d, end);
        some = true;
    }
    if (hat && some)
        put_member(f, d, '^');
    if (dash)
        put_member(f, d, '-');
    if (hat && !some)
        put_member(f, d, '^');
    fputc(']', f);
}

static void put_repeat(FILE *f, const struct part *p)
{
    if (p->max == FOREVER && p->min <= 1)
        fputc(p->min ? '+' : '*', f);
    else if (p->min == 0 && p->max == 1)
        fputc('?', f);
    else if (p->max == FOREVER)
        fprintf(f, "{%d,}", p->min);
    else if (p->min == p->max)
        fprintf(f, "{%d}", p->min);
    else
        fprintf(f, "{%d,%d}", p->min, p->max);
}

static void put_part(FILE *f, enum patch_dialect d, const struct part *p,
                     bool edge)
{
    static const char sign[] = {
        [ANY] = '.', [OPEN] = '(', [CLOSE] = ')', [OR] = '|'};

    if (p->kind == CHAR)
        put_char(f, d, p->c, edge);
    else if (p->kind == SET)
        put_set(f, d, p);
    else if (p->kind == REPEAT)
        put_repeat(f, p);
    else
        fputc(sign[p->kind], f);
}

int patch_regex_write(const struct patch_regex *re, enum patch_dialect d,
                      char **text)
{
    bool wrap = d == PATCH_ERE && find_outside(re, OR, 0) < re->n;
    size_t size;
    FILE *f = open_memstream(text, &size);

    if (!f)
        return -ENOMEM;
    if (wrap)
        fputc('(', f);
    for (size_t i = 0; i < re->n; i++)
        put_part(f, d, &re->part[i], i == 0 || i + 1 == re->n);
    if (wrap)
        fputc(')', f);
    if (fclose(f) == 0)
        return 0;
    free(*text);
    *text = NULL;
    return -ENOMEM;
}

int patch_regex_quote(enum patch_dialect d, const char *literal, char **text)
{
    size_t n = strlen(literal);
    struct patch_regex *re = patch_regex_new(n);
    int err = -ENOMEM;

    *text = NULL;
    if (!re)
        return -ENOMEM;
    for (; re->n < n; re->n++)
        re->part[re->n] = (struct part){.kind = CHAR, .c = literal[re->n]};
    err = patch_regex_write(re, d, text);
    patch_regex_free(&re);
    return err;
}
