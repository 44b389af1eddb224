// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Regexes from PCRE to POSIX ERE and back, the reading. One is read into parts,
 * sets of characters spelt out, and written from them; what only one of the
 * dialects has is refused by name. All of them are anchored, which makes lazy
 * repeats the same as greedy ones and groups that don't capture the same as
 * those that do (nobody refers to them). Sets know ASCII alone: rules are
 * matched byte by byte.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/patch_regex.h"

struct reader {
    enum patch_dialect d;
    const char *at;
    struct patch_regex *re; /* as many parts as the text has bytes */
    int depth;
    long repeats; /* the product so far */
    const char **why;
};

static int refuse(struct reader *r, const char *why)
{
    *r->why = why;
    return -EINVAL;
}

static struct part *push(struct reader *r, enum part_kind kind)
{
    struct part *p = &r->re->part[r->re->n++];

    *p = (struct part){.kind = kind};
    return p;
}

static void push_char(struct reader *r, char c)
{
    push(r, CHAR)->c = c;
}

/* ---- sets --------------------------------------------------------------- */

static int is_word(int c)
{
    return isalnum(c) || c == '_';
}

static int is_blank(int c)
{
    return c == ' ' || c == '\t';
}

/* The C locale's, as rules.c has it. */
static const struct {
    const char *name;
    int (*is)(int c);
    char escape; /* the letter of PCRE's escape, its capital for the others */
} classes[] = {
    {"alnum", isalnum, 0},   {"alpha", isalpha, 0},   {"blank", is_blank, 'h'},
    {"cntrl", iscntrl, 0},   {"digit", isdigit, 'd'}, {"graph", isgraph, 0},
    {"lower", islower, 0},   {"print", isprint, 0},   {"punct", ispunct, 0},
    {"space", isspace, 's'}, {"upper", isupper, 0},   {"word", is_word, 'w'},
    {"xdigit", isxdigit, 0},
};

#define N_CLASSES (sizeof classes / sizeof *classes)

static void set_add_class(struct part *p, size_t class)
{
    for (int c = 1; c < 128; c++)
        if (classes[class].is(c))
            set_add(p, c);
}

static size_t class_of_escape(char c)
{
    size_t i = 0;

    while (i < N_CLASSES && (c == 0 || classes[i].escape != c))
        i++;
    return i;
}

/* ---- escapes ------------------------------------------------------------ */

static int hex(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10
                                        : -1;
}

/* \x41 or \x{41}, from behind the x. */
static int read_hex(struct reader *r, char *c)
{
    bool braces = *r->at == '{';
    int v = 0, digits = 0;

    r->at += braces;
    while (hex(*r->at) >= 0 && digits < (braces ? 6 : 2)) {
        v = v * 16 + hex(*r->at++);
        digits++;
    }
    if (braces && *r->at++ != '}')
        return refuse(r, "\\x{ without its }");
    if (v < 1 || v > 127)
        return refuse(r, "\\x beyond ASCII");
    *c = (char)v;
    return 0;
}

/* The character that PCRE writes \n, \t, ...; 0 for none. */
static char control_escape(char c)
{
    static const char letter[] = "aefnrt", value[] = "\a\033\f\n\r\t";
    const char *p = c ? strchr(letter, c) : NULL;

    return p ? value[p - letter] : 0;
}

/* \ and a letter or digit of PCRE's, from behind it. Into c; 0: none of the
   characters. */
static int read_char_escape(struct reader *r, char e, char *c)
{
    *c = control_escape(e);
    return e == 'x' ? read_hex(r, c) : 0;
}

/* \Q...\E, from behind the Q. */
static void read_quoted(struct reader *r)
{
    const char *end = strstr(r->at, "\\E");
    size_t n = end ? (size_t)(end - r->at) : strlen(r->at);

    for (size_t i = 0; i < n; i++)
        push_char(r, r->at[i]);
    r->at += n + (end ? 2 : 0);
}

static bool at_start(const struct reader *r)
{
    return r->depth == 0 &&
           (r->re->n == 0 || r->re->part[r->re->n - 1].kind == OR);
}

static bool at_end(const struct reader *r)
{
    return r->depth == 0 && (*r->at == '\0' || *r->at == '|');
}

static int read_letter_escape(struct reader *r, char e)
{
    size_t class = class_of_escape((char)tolower(e));
    char c = 0;
    int err;

    if (class < N_CLASSES && (r->d == PATCH_PCRE || e != 'd')) {
        struct part *p = push(r, SET);

        p->negated = isupper((unsigned char)e);
        set_add_class(p, class);
        return 0;
    }
    if (r->d == PATCH_ERE || strchr("bBGKRX", e))
        return refuse(r, "an escape that the other dialect lacks");
    if (e == 'E')
        return 0;
    if (e == 'Q') {
        read_quoted(r);
        return 0;
    }
    if (e == 'A')
        return at_start(r) ? 0 : refuse(r, "\\A inside");
    if (e == 'z' || e == 'Z')
        return at_end(r) ? 0 : refuse(r, "\\z inside");
    err = read_char_escape(r, e, &c);
    if (err < 0)
        return err;
    if (!c)
        return refuse(r, "an escape that the other dialect lacks");
    push_char(r, c);
    return 0;
}

/* From behind the backslash. */
static int read_escape(struct reader *r)
{
    char e = *r->at;

    if (e == '\0')
        return refuse(r, "a backslash at the end");
    r->at++;
    if (isdigit((unsigned char)e))
        return refuse(r, "a reference to a group");
    if (isalpha((unsigned char)e))
        return read_letter_escape(r, e);
    if (r->d == PATCH_ERE && strchr("<>`'", e))
        return refuse(r, "an escape that the other dialect lacks");
    push_char(r, e);
    return 0;
}

/* ---- brackets ----------------------------------------------------------- */

/* [:alpha:] within brackets, from behind the first of its own. */
static int read_class(struct reader *r, struct part *p)
{
    for (size_t i = 0; i < N_CLASSES; i++) {
        size_t n = strlen(classes[i].name);

        if (strncmp(r->at + 1, classes[i].name, n) == 0 &&
            strncmp(r->at + 1 + n, ":]", 2) == 0 &&
            (r->d == PATCH_PCRE || strcmp(classes[i].name, "word") != 0)) {
            set_add_class(p, i);
            r->at += n + 3;
            return 0;
        }
    }
    return refuse(r, "a class of characters that is not known");
}

/* One character or class. Into *c; -1: it was a class, and is in p. */
static int read_member(struct reader *r, struct part *p, int *c)
{
    char e = *r->at++, v;
    size_t class;
    int err;

    *c = (unsigned char)e;
    if (*c > 127)
        return refuse(r, "brackets with letters beyond ASCII");
    if (e == '[' && (*r->at == '.' || *r->at == '='))
        return refuse(r, "a collating element");
    if (e == '[' && *r->at == ':') {
        *c = -1;
        return read_class(r, p);
    }
    if (e != '\\' || r->d == PATCH_ERE)
        return 0;
    e = *r->at;
    if (e == '\0')
        return refuse(r, "a bracket without its end");
    r->at++;
    *c = (unsigned char)e;
    if (!isalnum(*c))
        return *c > 127 ? refuse(r, "brackets with letters beyond ASCII") : 0;
    class = class_of_escape(e);
    if (class < N_CLASSES) {
        *c = -1;
        set_add_class(p, class);
        return 0;
    }
    err = read_char_escape(r, e, &v);
    *c = (unsigned char)(e == 'b' ? '\b' : v);
    return err < 0 || *c ? err : refuse(r, "an escape within brackets");
}

/* From behind the bracket. */
static int read_set(struct reader *r)
{
    struct part *p = push(r, SET);
    bool first = true;

    if (*r->at == '^') {
        p->negated = true;
        r->at++;
    }
    for (; *r->at != ']' || first; first = false) {
        int lo, hi, err;

        if (*r->at == '\0')
            return refuse(r, "a bracket without its end");
        err = read_member(r, p, &lo);
        if (err < 0)
            return err;
        hi = lo;
        if (lo >= 0 && r->at[0] == '-' && r->at[1] != ']' && r->at[1]) {
            r->at++;
            err = read_member(r, p, &hi);
            if (err < 0)
                return err;
            if (hi < lo)
                return refuse(r, "a range whose end comes first");
        }
        for (int c = lo; c >= 0 && c <= hi; c++)
            set_add(p, c);
    }
    r->at++;
    set_settle(p);
    return 0;
}

/* ---- groups and repeats ------------------------------------------------- */

/* From behind the parenthesis. */
static int read_open(struct reader *r)
{
    r->depth++;
    push(r, OPEN);
    if (r->d == PATCH_PCRE && *r->at == '*')
        return refuse(r, "a verb in parentheses");
    if (r->d == PATCH_ERE || *r->at != '?')
        return 0;
    if (r->at[1] == ':') {
        r->at += 2;
        return 0;
    }
    const char *name = r->at + 1 + (r->at[1] == 'P');
    const char *end = NULL;
    if (name[0] == '<' && name[1] != '=' && name[1] != '!')
        end = strchr(name, '>');
    if (name[0] == '\'')
        end = strchr(name + 1, '\'');
    if (!end)
        return refuse(r, "parentheses that look around or set an option");
    r->at = end + 1;
    return 0;
}

/* Digits. Without one: -1. */
static int read_number(const char **at)
{
    int v = -1;

    while (isdigit((unsigned char)**at)) {
        v = (v < 0 ? 0 : v) * 10 + (**at - '0');
        if (v > PATCH_REPEATS_MAX)
            v = PATCH_REPEATS_MAX + 1;
        (*at)++;
    }
    return v;
}

/* {2}, {2,} or {2,3} (ERE of GNU: {,3} too), from behind the brace. */
static bool read_braces(struct reader *r, int *min, int *max)
{
    const char *at = r->at;

    *min = read_number(&at);
    *max = *min;
    if (*at == ',') {
        at++;
        *max = read_number(&at);
        if (*min < 0 && (r->d == PATCH_PCRE || *max < 0))
            return false;
        if (*min < 0)
            *min = 0;
    }
    if (*min < 0 || *at != '}')
        return false;
    r->at = at + 1;
    return true;
}

static int push_repeat(struct reader *r, int min, int max)
{
    const struct part *before =
        r->re->n ? &r->re->part[r->re->n - 1] : &(struct part){.kind = OR};

    if (before->kind == OPEN || before->kind == OR)
        return refuse(r, "a repeat of nothing");
    if (before->kind == REPEAT)
        return refuse(r, "a repeat of a repeat");
    if (before->kind == CHAR && (unsigned char)before->c > 127)
        return refuse(r, "a repeat of a letter beyond ASCII");
    if (max != FOREVER && max < min)
        return refuse(r, "a repeat whose end comes first");
    r->repeats *= max > 1 ? max : min > 1 ? min : 1;
    if (r->repeats > PATCH_REPEATS_MAX)
        return refuse(r, "too many repeats");
    *push(r, REPEAT) = (struct part){.kind = REPEAT, .min = min, .max = max};
    if (r->d == PATCH_PCRE && *r->at == '?') /* lazy, which is the same here */
        r->at++;
    else if (r->d == PATCH_PCRE && *r->at == '+')
        return refuse(r, "a repeat that gives nothing back");
    return 0;
}

static int read_brace(struct reader *r)
{
    int min, max;

    if (read_braces(r, &min, &max))
        return push_repeat(r, min, max);
    if (r->d == PATCH_ERE)
        return refuse(r, "a brace that is no repeat");
    push_char(r, '{');
    return 0;
}

static int read_part(struct reader *r)
{
    char c = *r->at++;

    switch (c) {
    case '\\':
        return read_escape(r);
    case '[':
        return read_set(r);
    case '(':
        return read_open(r);
    case ')':
        if (--r->depth < 0)
            return refuse(r, "a parenthesis too many");
        push(r, CLOSE);
        return 0;
    case '|':
        push(r, OR);
        return 0;
    case '.':
        push(r, ANY);
        return 0;
    case '*':
        return push_repeat(r, 0, FOREVER);
    case '+':
        return push_repeat(r, 1, FOREVER);
    case '?':
        return push_repeat(r, 0, 1);
    case '{':
        return read_brace(r);
    case '^':
        return at_start(r) ? 0 : refuse(r, "^ inside");
    case '$':
        return at_end(r) ? 0 : refuse(r, "$ inside");
    default:
        push_char(r, c);
        return 0;
    }
}

int patch_regex_read(struct patch_regex **out, enum patch_dialect d,
                     const char *text, const char **why)
{
    struct reader r = {.d = d, .at = text, .repeats = 1, .why = why};
    int err = 0;

    *out = NULL;
    if (strlen(text) > PATCH_REGEX_MAX)
        return refuse(&r, "more than 1024 bytes");
    r.re = patch_regex_new(strlen(text));
    if (!r.re)
        return -ENOMEM;
    while (*r.at && err == 0)
        err = read_part(&r);
    if (err == 0 && r.depth > 0)
        err = refuse(&r, "a parenthesis without its end");
    if (err < 0)
        patch_regex_free(&r.re);
    *out = r.re;
    return err;
}
