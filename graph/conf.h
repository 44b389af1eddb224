// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * YAML files read strictly: each mapping is read by a table of keys, and what
 * is wrong is reported as "FILE:LINE: key 'x': found Y; allowed Z". libyaml
 * underneath. [main] only; it never guesses and never accepts unknown keys.
 */
#ifndef GRAPH_CONF_H
#define GRAPH_CONF_H

#include <stddef.h>
#include <stdint.h>

#define CONF_ERROR_MAX 512 /* bytes of a message, with its NUL */

struct conf;      /* a file */
struct conf_node; /* a value in it; lives as long as the file */

enum conf_kind { CONF_SCALAR, CONF_LIST, CONF_MAP };

enum conf_type {
    CONF_REAL,  /* double        within [min, max]; ratios "3/2" count */
    CONF_INT,   /* int64_t       within [min, max] */
    CONF_TEXT,  /* char[size]    not longer than size-1 bytes */
    CONF_ENUM,  /* int           index into choices */
    CONF_REALS, /* struct conf_reals  a list of reals, each within [min, max],
                   size_min to size_max of them; one real counts as a list */
    CONF_NODE,  /* const struct conf_node *  any value, read by the caller */
};

#define CONF_REALS_MAX 64
struct conf_reals {
    uint32_t n;
    double v[CONF_REALS_MAX];
};

struct conf_key {
    const char *name; /* NULL ends the table */
    enum conf_type type;
    size_t offset;               /* of the field in the struct being filled */
    double min, max;             /* CONF_REAL, CONF_INT, CONF_REALS */
    uint32_t size_min, size_max; /* CONF_REALS: count; CONF_TEXT: size_max =
                                    bytes of the field */
    const char *const *choices;  /* CONF_ENUM: names, NULL at the end */
    int required;                /* else the field keeps what it held */
    const char *help;            /* meaning and unit, for documentation */
};

/* Reads a file. Errors (text in err): -ENOENT, -EACCES..., -EINVAL (not YAML,
   or no mapping at the top, or a key twice). */
int conf_load(struct conf **out, const char *path, char err[CONF_ERROR_MAX]);

/* The same from memory; name stands for the path in messages. */
int conf_parse(struct conf **out, const char *name, const char *text,
               size_t len, char err[CONF_ERROR_MAX]);

void conf_free(struct conf **c);

const struct conf_node *conf_root(const struct conf *c);

/* Fills the struct at dest from mapping n by the table. Errors: -EINVAL with
   the text in err: not a mapping, unknown key (with a suggestion), missing key,
   wrong type, out of range. */
int conf_read(const struct conf *c, const struct conf_node *n,
              const struct conf_key *keys, void *dest,
              char err[CONF_ERROR_MAX]);

enum conf_kind conf_kind(const struct conf_node *n);
uint32_t conf_line(const struct conf_node *n); /* 1.. */

/* Elements of a list, pairs of a mapping, 0 of a scalar. */
uint32_t conf_count(const struct conf *c, const struct conf_node *n);

/* Element i of a list, value i of a mapping. */
const struct conf_node *conf_at(const struct conf *c, const struct conf_node *n,
                                uint32_t i);

/* Name of pair i of a mapping. */
const char *conf_key_at(const struct conf *c, const struct conf_node *n,
                        uint32_t i);

/* A scalar's text, NULL for others. */
const char *conf_text(const struct conf_node *n);

/* One number, "1.5" or "3/2". Errors: -EINVAL with the text in err. */
int conf_real(const struct conf *c, const struct conf_node *n, const char *what,
              double min, double max, double *out, char err[CONF_ERROR_MAX]);

/* A message in the house form about node n: "FILE:LINE: " and the text. */
void conf_error(const struct conf *c, const struct conf_node *n,
                char err[CONF_ERROR_MAX], const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
