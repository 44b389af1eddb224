// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * libyaml builds the tree (yaml_document_t); this file walks it strictly.
 * A conf_node is a yaml_node_t.
 */
#include "graph/conf.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "graph/suggest.h"

#define KEYS_MAX 64

struct conf {
    char *name; /* for messages */
    yaml_document_t doc;
};

static const yaml_node_t *yaml(const struct conf_node *n)
{
    return (const yaml_node_t *)n;
}

static const struct conf_node *node_at(const struct conf *c, int index)
{
    /* libyaml's getter takes a non-const document but changes nothing. */
    return (const struct conf_node *)yaml_document_get_node(
        (yaml_document_t *)&c->doc, index);
}

static const char *scalar(const struct conf_node *n)
{
    return (const char *)yaml(n)->data.scalar.value;
}

void conf_error(const struct conf *c, const struct conf_node *n,
                char err[CONF_ERROR_MAX], const char *fmt, ...)
{
    int at = snprintf(err, CONF_ERROR_MAX, "%s:%u: ", c->name, conf_line(n));
    if (at < 0 || at >= CONF_ERROR_MAX)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err + at, (size_t)(CONF_ERROR_MAX - at), fmt, ap);
    va_end(ap);
}

enum conf_kind conf_kind(const struct conf_node *n)
{
    switch (yaml(n)->type) {
    case YAML_SEQUENCE_NODE:
        return CONF_LIST;
    case YAML_MAPPING_NODE:
        return CONF_MAP;
    default:
        return CONF_SCALAR;
    }
}

uint32_t conf_line(const struct conf_node *n)
{
    return (uint32_t)yaml(n)->start_mark.line + 1;
}

uint32_t conf_count(const struct conf *c, const struct conf_node *n)
{
    (void)c;
    const yaml_node_t *y = yaml(n);
    if (y->type == YAML_SEQUENCE_NODE)
        return (uint32_t)(y->data.sequence.items.top -
                          y->data.sequence.items.start);
    if (y->type == YAML_MAPPING_NODE)
        return (uint32_t)(y->data.mapping.pairs.top -
                          y->data.mapping.pairs.start);
    return 0;
}

const struct conf_node *conf_at(const struct conf *c, const struct conf_node *n,
                                uint32_t i)
{
    const yaml_node_t *y = yaml(n);
    if (y->type == YAML_SEQUENCE_NODE)
        return node_at(c, y->data.sequence.items.start[i]);
    return node_at(c, y->data.mapping.pairs.start[i].value);
}

static const struct conf_node *key_node(const struct conf *c,
                                        const struct conf_node *n, uint32_t i)
{
    return node_at(c, yaml(n)->data.mapping.pairs.start[i].key);
}

const char *conf_key_at(const struct conf *c, const struct conf_node *n,
                        uint32_t i)
{
    return scalar(key_node(c, n, i));
}

const char *conf_text(const struct conf_node *n)
{
    return conf_kind(n) == CONF_SCALAR ? scalar(n) : NULL;
}

const struct conf_node *conf_root(const struct conf *c)
{
    return node_at(c, 1);
}

/* ---- loading ------------------------------------------------------------ */

/* Keys must be plain texts and stand once, all through the tree. */
static int check_keys(const struct conf *c, char err[CONF_ERROR_MAX])
{
    for (int index = 1;; index++) {
        const struct conf_node *n = node_at(c, index);
        if (!n)
            return 0;
        if (conf_kind(n) != CONF_MAP)
            continue;
        for (uint32_t i = 0; i < conf_count(c, n); i++) {
            const struct conf_node *k = key_node(c, n, i);
            if (conf_kind(k) != CONF_SCALAR) {
                conf_error(c, k, err, "a key must be a plain word");
                return -EINVAL;
            }
            for (uint32_t j = 0; j < i; j++)
                if (strcmp(scalar(k), conf_key_at(c, n, j)) == 0) {
                    conf_error(c, k, err,
                               "key '%s' stands here a second time (first in "
                               "line %u)",
                               scalar(k), conf_line(key_node(c, n, j)));
                    return -EINVAL;
                }
        }
    }
}

static int parse(struct conf **out, const char *name, yaml_parser_t *parser,
                 char err[CONF_ERROR_MAX])
{
    int r = -ENOMEM;
    struct conf *c = calloc(1, sizeof *c);
    *out = NULL;
    if (!c || !(c->name = strdup(name))) {
        snprintf(err, CONF_ERROR_MAX, "%s: out of memory", name);
        goto out;
    }
    r = -EINVAL;
    if (!yaml_parser_load(parser, &c->doc)) {
        snprintf(err, CONF_ERROR_MAX, "%s:%zu: not YAML: %s", name,
                 parser->problem_mark.line + 1,
                 parser->problem ? parser->problem : "unreadable");
        goto out;
    }
    const struct conf_node *root = conf_root(c);
    if (!root || conf_kind(root) != CONF_MAP) {
        snprintf(err, CONF_ERROR_MAX,
                 "%s:1: found no 'key: value' lines at the top", name);
        goto out;
    }
    r = check_keys(c, err);
    if (r < 0)
        goto out;
    *out = c;
    c = NULL;
out:
    conf_free(&c);
    return r;
}

int conf_load(struct conf **out, const char *path, char err[CONF_ERROR_MAX])
{
    *out = NULL;
    FILE *f = fopen(path, "re");
    yaml_parser_t parser;
    if (!f) {
        int r = -errno;
        snprintf(err, CONF_ERROR_MAX, "%s: %s", path, strerror(-r));
        return r;
    }
    int r = -ENOMEM;
    struct stat st;
    if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
        r = -EISDIR;
        snprintf(err, CONF_ERROR_MAX, "%s: %s", path, strerror(-r));
    } else if (yaml_parser_initialize(&parser)) {
        yaml_parser_set_input_file(&parser, f);
        r = parse(out, path, &parser, err);
        yaml_parser_delete(&parser);
    } else {
        snprintf(err, CONF_ERROR_MAX, "%s: out of memory", path);
    }
    fclose(f);
    return r;
}

int conf_parse(struct conf **out, const char *name, const char *text,
               size_t len, char err[CONF_ERROR_MAX])
{
    yaml_parser_t parser;
    *out = NULL;
    if (!yaml_parser_initialize(&parser)) {
        snprintf(err, CONF_ERROR_MAX, "%s: out of memory", name);
        return -ENOMEM;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    int r = parse(out, name, &parser, err);
    yaml_parser_delete(&parser);
    return r;
}

void conf_free(struct conf **c)
{
    if (!*c)
        return;
    yaml_document_delete(&(*c)->doc); /* fine on a zeroed one */
    free((*c)->name);
    free(*c);
    *c = NULL;
}

/* ---- reading by a table ------------------------------------------------- */

/* "1.5", "3/2"; the whole text or nothing. */
static int parse_real(const char *text, double *out)
{
    char *end;
    double v = strtod(text, &end);
    if (end == text)
        return -EINVAL;
    if (*end == '/') {
        const char *below = end + 1;
        double d = strtod(below, &end);
        if (end == below || d == 0.0)
            return -EINVAL;
        v /= d;
    }
    if (*end || !isfinite(v))
        return -EINVAL;
    *out = v;
    return 0;
}

static const char *found(const struct conf_node *n, char *text, size_t size)
{
    switch (conf_kind(n)) {
    case CONF_LIST:
        return "a list";
    case CONF_MAP:
        return "a mapping";
    default:
        snprintf(text, size, "'%s'", scalar(n));
        return text;
    }
}

int conf_real(const struct conf *c, const struct conf_node *n, const char *what,
              double min, double max, double *out, char err[CONF_ERROR_MAX])
{
    char text[80];
    double v;
    if (conf_kind(n) != CONF_SCALAR || parse_real(scalar(n), &v) < 0 ||
        v < min || v > max) {
        conf_error(c, n, err,
                   "key '%s': found %s; allowed: a number from %g "
                   "to %g",
                   what, found(n, text, sizeof text), min, max);
        return -EINVAL;
    }
    *out = v;
    return 0;
}

static int read_reals(const struct conf *c, const struct conf_node *n,
                      const struct conf_key *k, struct conf_reals *out,
                      char err[CONF_ERROR_MAX])
{
    bool list = conf_kind(n) == CONF_LIST;
    uint32_t count = list ? conf_count(c, n) : 1;
    if (count < k->size_min || count > k->size_max || count > CONF_REALS_MAX) {
        conf_error(c, n, err, "key '%s': found %u values; allowed: %u to %u",
                   k->name, count, k->size_min, k->size_max);
        return -EINVAL;
    }
    for (uint32_t i = 0; i < count; i++)
        if (conf_real(c, list ? conf_at(c, n, i) : n, k->name, k->min, k->max,
                      &out->v[i], err) < 0)
            return -EINVAL;
    out->n = count;
    return 0;
}

static int read_enum(const struct conf *c, const struct conf_node *n,
                     const struct conf_key *k, int *out,
                     char err[CONF_ERROR_MAX])
{
    const char *text = conf_text(n);
    char allowed[256];
    int at = 0;
    for (int i = 0; k->choices[i]; i++) {
        if (text && strcmp(text, k->choices[i]) == 0) {
            *out = i;
            return 0;
        }
        if ((size_t)at < sizeof allowed)
            at += snprintf(allowed + at, sizeof allowed - (size_t)at, "%s%s",
                           i ? ", " : "", k->choices[i]);
    }
    char buf[80];
    conf_error(c, n, err, "key '%s': found %s; allowed: %s", k->name,
               found(n, buf, sizeof buf), allowed);
    return -EINVAL;
}

static int read_text(const struct conf *c, const struct conf_node *n,
                     const struct conf_key *k, char *out,
                     char err[CONF_ERROR_MAX])
{
    char buf[80];
    const char *text = conf_text(n);
    if (!text || strlen(text) >= k->size_max) {
        conf_error(c, n, err,
                   "key '%s': found %s; allowed: a text of at most "
                   "%u bytes",
                   k->name, found(n, buf, sizeof buf), k->size_max - 1);
        return -EINVAL;
    }
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

static int read_value(const struct conf *c, const struct conf_node *n,
                      const struct conf_key *k, char *field,
                      char err[CONF_ERROR_MAX])
{
    double v;
    switch (k->type) {
    case CONF_REAL:
        return conf_real(c, n, k->name, k->min, k->max, (double *)field, err);
    case CONF_INT: {
        if (conf_real(c, n, k->name, k->min, k->max, &v, err) < 0)
            return -EINVAL;
        if (v != floor(v)) {
            conf_error(c, n, err,
                       "key '%s': found '%s'; allowed: a whole "
                       "number from %g to %g",
                       k->name, scalar(n), k->min, k->max);
            return -EINVAL;
        }
        *(int64_t *)field = (int64_t)v;
        return 0;
    }
    case CONF_TEXT:
        return read_text(c, n, k, field, err);
    case CONF_ENUM:
        return read_enum(c, n, k, (int *)field, err);
    case CONF_REALS:
        return read_reals(c, n, k, (struct conf_reals *)field, err);
    case CONF_NODE:
        *(const struct conf_node **)field = n;
        return 0;
    }
    return -EINVAL;
}

static int unknown_key(const struct conf *c, const struct conf_node *key,
                       const struct conf_key *keys, char err[CONF_ERROR_MAX])
{
    const char *names[KEYS_MAX + 1];
    uint32_t n = 0;
    for (; keys[n].name && n < KEYS_MAX; n++)
        names[n] = keys[n].name;
    names[n] = NULL;
    const char *near = suggest(scalar(key), names);
    if (near) {
        conf_error(c, key, err, "unknown key '%s'; did you mean '%s'?",
                   scalar(key), near);
        return -EINVAL;
    }
    char all[CONF_ERROR_MAX / 2];
    int at = 0;
    for (uint32_t i = 0; i < n && (size_t)at < sizeof all; i++)
        at += snprintf(all + at, sizeof all - (size_t)at, "%s%s", i ? ", " : "",
                       names[i]);
    conf_error(c, key, err, "unknown key '%s'; allowed: %s", scalar(key), all);
    return -EINVAL;
}

int conf_read(const struct conf *c, const struct conf_node *n,
              const struct conf_key *keys, void *dest, char err[CONF_ERROR_MAX])
{
    bool seen[KEYS_MAX] = {false};
    char buf[80];
    if (conf_kind(n) != CONF_MAP) {
        conf_error(c, n, err, "found %s; allowed: 'key: value' lines",
                   found(n, buf, sizeof buf));
        return -EINVAL;
    }
    for (uint32_t i = 0; i < conf_count(c, n); i++) {
        uint32_t k = 0;
        while (keys[k].name && strcmp(keys[k].name, conf_key_at(c, n, i)) != 0)
            k++;
        if (!keys[k].name || k >= KEYS_MAX)
            return unknown_key(c, key_node(c, n, i), keys, err);
        seen[k] = true;
        if (read_value(c, conf_at(c, n, i), &keys[k],
                       (char *)dest + keys[k].offset, err) < 0)
            return -EINVAL;
    }
    for (uint32_t k = 0; keys[k].name; k++)
        if (keys[k].required && !seen[k]) {
            conf_error(c, n, err, "key '%s' is missing (%s)", keys[k].name,
                       keys[k].help ? keys[k].help : "required");
            return -EINVAL;
        }
    return 0;
}
