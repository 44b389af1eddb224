// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/patch_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file's text and where its list is. */
struct edit {
    const char *name, *text;
    size_t size;
    struct conf *conf;
    const struct conf_node *connect; /* NULL: no such key */
    const char *eol;
    char *err;
};

static const struct conf_node *find_key(const struct conf *c, const char *key)
{
    const struct conf_node *root = conf_root(c);

    for (uint32_t i = 0; i < conf_count(c, root); i++)
        if (strcmp(conf_key_at(c, root, i), key) == 0)
            return conf_at(c, root, i);
    return NULL;
}

int patch_text_rules(struct rules **out, const char *name, const char *text,
                     size_t size, char err[CONF_ERROR_MAX])
{
    struct conf *c = NULL;
    int r = conf_parse(&c, name, text, size, err);

    *out = NULL;
    if (r == 0)
        r = rules_read(out, c, find_key(c, "connect"), find_key(c, "exclusive"),
                       err);
    conf_free(&c);
    return r;
}

static int refuse(const struct edit *e, const char *why)
{
    snprintf(e->err, CONF_ERROR_MAX,
             "%s: %s; allowed: 'connect:' at the start of a line and under it "
             "one rule a line, each after a dash",
             e->name, why);
    return -EINVAL;
}

/* ---- lines --------------------------------------------------------------- */

/* Where line n (1..) begins; the end of the text where there is none. */
static size_t line_at(const struct edit *e, uint32_t n)
{
    size_t at = 0;

    while (--n > 0 && at < e->size) {
        const char *nl = memchr(e->text + at, '\n', e->size - at);
        at = nl ? (size_t)(nl - e->text) + 1 : e->size;
    }
    return at;
}

static size_t line_end(const struct edit *e, size_t at)
{
    const char *nl = memchr(e->text + at, '\n', e->size - at);

    return nl ? (size_t)(nl - e->text) + 1 : e->size;
}

static size_t indent(const struct edit *e, size_t at)
{
    size_t n = 0;

    while (at + n < e->size && e->text[at + n] == ' ')
        n++;
    return n;
}

/* Nothing, or a comment, from here to the end of the line. */
static bool is_idle(const struct edit *e, size_t at)
{
    while (at < e->size && strchr(" \t\r", e->text[at]))
        at++;
    return at == e->size || e->text[at] == '\n' || e->text[at] == '#';
}

static size_t line_before(const struct edit *e, size_t at)
{
    if (at > 0)
        at--;
    while (at > 0 && e->text[at - 1] != '\n')
        at--;
    return at;
}

/* ---- a list with dashes -------------------------------------------------- */

/* Where the line with item i's dash begins; e->size where there is none. */
static size_t item_at(const struct edit *e, uint32_t i)
{
    size_t at = line_at(e, conf_line(conf_at(e->conf, e->connect, i)));

    /* "-" alone, and the rule on the lines below it */
    while (at > 0 && e->text[at + indent(e, at)] != '-')
        at = line_before(e, at);
    return at < e->size && e->text[at + indent(e, at)] == '-' ? at : e->size;
}

/* Where the item that begins at `at` ends: what is deeper than its dash, up to
   the last line that is not idle. */
static size_t item_end(const struct edit *e, size_t at)
{
    size_t depth = indent(e, at), end = line_end(e, at);

    for (size_t next = end; next < e->size; next = line_end(e, next)) {
        if (is_idle(e, next))
            continue;
        if (indent(e, next) <= depth)
            break;
        end = line_end(e, next);
    }
    return end;
}

/* ---- writing ------------------------------------------------------------- */

static void put(FILE *f, const struct edit *e, size_t from, size_t to)
{
    fwrite(e->text + from, 1, to - from, f);
}

/* The rules, each as rules_write() has it, at a depth; first NULL: lines with
   dashes, else it stands before the first in a list of brackets. */
static int put_rules(FILE *f, const struct edit *e, const struct rules *add,
                     size_t depth, const char *first)
{
    char *text = NULL, *rest, *line;
    size_t size;
    FILE *mem = open_memstream(&text, &size);
    bool list = false;

    if (!mem)
        return -ENOMEM;
    int r = rules_write(add, mem);
    if (fclose(mem) != 0 || r < 0) {
        free(text);
        return -ENOMEM;
    }
    rest = text;
    while ((line = strsep(&rest, "\n"))) {
        char *in = line + strspn(line, " ");
        if (strncmp(in, "- ", 2) == 0)
            list = true;
        else if (!list || !*in)
            continue; /* the key before them */
        else if (in == line)
            break; /* and the one after them */
        if (first) {
            fprintf(f, "%s%s", first, in + 2);
            first = ", ";
        } else {
            /* what belongs to a dash keeps its distance from it */
            size_t more = (size_t)(in - line) > 2 ? (size_t)(in - line) - 2 : 0;
            fprintf(f, "%*s%s%s", (int)(depth + more), "", in, e->eol);
        }
    }
    free(text);
    return 0;
}

static uint32_t count_left(const struct edit *e, const bool *drop)
{
    uint32_t left = 0, n = e->connect ? conf_count(e->conf, e->connect) : 0;

    for (uint32_t i = 0; i < n; i++)
        left += !drop || !drop[i];
    return left;
}

/* The line with the key, before the line `at`. */
static size_t key_line(const struct edit *e, size_t at)
{
    for (;;) {
        if (strncmp(e->text + at, "connect:", strlen("connect:")) == 0)
            return at;
        if (at == 0)
            return e->size;
        at = line_before(e, at);
    }
}

static int edit_dashes(FILE *f, const struct edit *e, const struct rules *add,
                       const bool *drop)
{
    uint32_t n = conf_count(e->conf, e->connect);
    size_t first = item_at(e, 0), at = 0, end = 0, key;

    if (first == e->size)
        return refuse(e, "its list 'connect' has no dashes");
    key = key_line(e, first);
    if (key == e->size)
        return refuse(e, "its key 'connect' was not found");
    if (count_left(e, drop) == 0 && add->n == 0) {
        /* an empty list has to say that it is one */
        put(f, e, 0, key + strlen("connect:"));
        fputs(" []", f);
        at = key + strlen("connect:");
    }
    for (uint32_t i = 0; i < n; i++) {
        size_t item = item_at(e, i);
        if (item == e->size || item < at)
            return refuse(e, "its list 'connect' has two rules in a line");
        end = item_end(e, item);
        put(f, e, at, drop && drop[i] ? item : end);
        at = end;
    }
    if (add->n > 0 && e->text[end - 1] != '\n')
        fputs(e->eol, f);
    int r = put_rules(f, e, add, indent(e, first), NULL);
    put(f, e, end, e->size);
    return r;
}

/* ---- a list in brackets -------------------------------------------------- */

/* From the bracket at `at`, its partner; *last: after the last thing in it, or
   at + 1. e->size where there is none. */
static size_t closing(const struct edit *e, size_t at, size_t *last)
{
    int depth = 0;
    char quote = 0;

    *last = at + 1;
    for (size_t i = at; i < e->size; i++) {
        char c = e->text[i];
        if (quote) {
            if (quote == '"' && c == '\\')
                i++;
            else if (c == quote)
                quote = 0;
        } else if ((c == '"' || c == '\'') &&
                   strchr(" \t\n\r,[{:", e->text[i - 1])) {
            quote = c; /* elsewhere it is a letter of a plain word */
        } else if (c == '#' && strchr(" \t\n\r", e->text[i - 1])) {
            i = line_end(e, i) - 1;
            continue;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if ((c == ']' || c == '}') && --depth == 0) {
            return i;
        }
        if (i > at && !strchr(" \t\r\n", c))
            *last = i + 1;
    }
    return e->size;
}

static int edit_brackets(FILE *f, const struct edit *e, size_t open,
                         const struct rules *add, const bool *drop)
{
    size_t last, close = closing(e, open, &last);
    uint32_t n = conf_count(e->conf, e->connect);

    if (close == e->size)
        return refuse(e, "its list 'connect' is in brackets that don't match");
    if (count_left(e, drop) != n)
        return refuse(e, "its list 'connect' is in brackets, from which "
                         "nothing is taken out");
    if (n == 0 && last == open + 1 && is_idle(e, close + 1)) {
        /* nobody wants a hundred cables in one line */
        size_t end = line_end(e, close), upto = open;
        while (upto > 0 && e->text[upto - 1] == ' ')
            upto--;
        put(f, e, 0, upto);
        put(f, e, close + 1, end);
        if (e->text[end - 1] != '\n')
            fputs(e->eol, f);
        int r = put_rules(f, e, add, 2, NULL);
        put(f, e, end, e->size);
        return r;
    }
    put(f, e, 0, last);
    int r = put_rules(f, e, add, 0,
                      n == 0 || e->text[last - 1] == ',' ? " " : ", ");
    put(f, e, last, e->size);
    return r;
}

/* ---- all of it ----------------------------------------------------------- */

static int edit(FILE *f, const struct edit *e, const struct rules *add,
                const bool *drop)
{
    uint32_t n = e->connect ? conf_count(e->conf, e->connect) : 0;

    if (add->n == 0 && count_left(e, drop) == n) {
        put(f, e, 0, e->size);
        return 0;
    }
    if (!e->connect) {
        put(f, e, 0, e->size);
        fprintf(f, "%sconnect:%s",
                e->size > 0 && e->text[e->size - 1] != '\n' ? e->eol : "",
                e->eol);
        return put_rules(f, e, add, 2, NULL);
    }
    size_t at = line_at(e, conf_line(e->connect));
    size_t key = key_line(e, at);
    if (key == e->size)
        return refuse(e, "its key 'connect' was not found");
    size_t open = key + strlen("connect:");
    while (open < e->size && strchr(" \t", e->text[open]))
        open++;
    if (open < e->size && e->text[open] == '[')
        return edit_brackets(f, e, open, add, drop);
    if (n == 0) { /* nothing follows the key, but maybe a comment */
        size_t end = line_end(e, key);
        put(f, e, 0, end);
        if (e->text[end - 1] != '\n')
            fputs(e->eol, f);
        int r = put_rules(f, e, add, 2, NULL);
        put(f, e, end, e->size);
        return r;
    }
    return edit_dashes(f, e, add, drop);
}

static bool same_rule(const struct rule *a, const struct rule *b)
{
    return strcmp(a->from.text, b->from.text) == 0 &&
           strcmp(a->to.text, b->to.text) == 0 && a->fan == b->fan &&
           a->type == b->type && a->exclusive == b->exclusive &&
           a->fallback == b->fallback && a->enforce == b->enforce;
}

/* That the outcome says what was meant. */
static int check(const struct edit *e, const char *text, size_t size,
                 const struct rules *was, const struct rules *add,
                 const bool *drop)
{
    struct rules *now = NULL;
    char err[CONF_ERROR_MAX];
    int r = patch_text_rules(&now, e->name, text, size, err);
    uint32_t k = 0;
    bool same = r == 0;

    if (r == -ENOMEM)
        return r;
    for (uint32_t i = 0; same && i < was->n; i++)
        if (!drop || !drop[i]) {
            same = k < now->n && same_rule(&was->rule[i], &now->rule[k]);
            k++;
        }
    for (uint32_t i = 0; same && i < add->n; i++, k++)
        same = k < now->n && same_rule(&add->rule[i], &now->rule[k]);
    same = same && k == now->n && now->n_alone == was->n_alone &&
           now->all_alone == was->all_alone;
    rules_free(&now);
    return same ? 0
                : refuse(e, "it is written in a way that can't be added to");
}

int patch_text_edit(char **out, size_t *out_size, const char *name,
                    const char *text, size_t size, const struct rules *add,
                    const bool *drop, char err[CONF_ERROR_MAX])
{
    struct edit e = {.name = name,
                     .text = text,
                     .size = size,
                     .eol = memchr(text, '\r', size) ? "\r\n" : "\n",
                     .err = err};
    struct rules *was = NULL;
    char *made = NULL;
    size_t made_size = 0;
    FILE *f = NULL;
    int r = conf_parse(&e.conf, name, text, size, err);

    *out = NULL;
    *out_size = 0;
    if (r == 0)
        r = patch_text_rules(&was, name, text, size, err);
    if (r < 0)
        goto out;
    e.connect = find_key(e.conf, "connect");
    r = -ENOMEM;
    f = open_memstream(&made, &made_size);
    if (!f)
        goto out;
    r = edit(f, &e, add, drop);
    if (fclose(f) != 0 && r == 0)
        r = -ENOMEM;
    if (r == 0)
        r = check(&e, made, made_size, was, add, drop);
    if (r == 0) {
        *out = made;
        *out_size = made_size;
        made = NULL;
    }
out:
    if (r == -ENOMEM)
        snprintf(err, CONF_ERROR_MAX, "%s: out of memory", name);
    free(made);
    rules_free(&was);
    conf_free(&e.conf);
    return r;
}
