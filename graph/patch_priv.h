// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the formats of patch_format.h share: a file being read and the rules
 * that come of it, a file being written, XML both ways, and regexes between
 * PCRE, which qjackctl speaks, and POSIX ERE, which rules do. Any one thread.
 */
#ifndef GRAPH_PATCH_PRIV_H
#define GRAPH_PATCH_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "graph/patch_format.h"
#include "graph/plan.h"

/* ---- reading ------------------------------------------------------------ */

struct patch_in {
    const char *name; /* the file's, in messages */
    const char *text;
    size_t size;     /* bytes */
    struct rules *r; /* new, for this file alone */
    patch_warn *warn;
    void *ctx;
    char *err; /* [CONF_ERROR_MAX] */
};

/* "FILE:LINE: " and the text, fit for a terminal. line 0: of no line. */
void patch_in_warn(const struct patch_in *in, unsigned long line,
                   const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same into err. Returns -EINVAL. */
int patch_in_error(const struct patch_in *in, unsigned long line,
                   const char *fmt, ...) __attribute__((format(printf, 3, 4)));

int patch_read_qjackctl(struct patch_in *in);
int patch_read_aj(struct patch_in *in);

/* ---- writing ------------------------------------------------------------ */

struct patch_out {
    FILE *f;
    const struct rules *r;
    const struct jgraph *g; /* or NULL */
    struct plan *plan;      /* of both; NULL without a graph */
    patch_warn *warn;
    void *ctx;
};

/* "FROM -> TO: " and the text. */
void patch_out_warn(const struct patch_out *out, const struct rule *rule,
                    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* For what is not one rule's. */
void patch_out_say(const struct patch_out *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Two port names and no condition but `exclusive`, `enforce` and `type`. */
bool patch_rule_is_cable(const struct rule *rule);

/*
 * The cables that a rule is the first to want, both ends there, as the graph
 * is: each is given to add(), borrowed from the plan. Warns what becomes of the
 * rule. Errors: add()'s.
 */
int patch_out_expand(const struct patch_out *out, const struct rule *rule,
                     int (*add)(void *ctx, const struct rule *rule,
                                const char *from, const char *to),
                     void *ctx);

/* Exclusive clients and graphs, which no other format has. */
void patch_out_alone(const struct patch_out *out);

int patch_write_qjackctl(struct patch_out *out);
int patch_write_aj(struct patch_out *out);

/* ---- XML ---------------------------------------------------------------- */

#define PATCH_SIZE_MAX  (8 << 20) /* bytes of a file */
#define PATCH_DEPTH_MAX 16

/* Elements as they come. attrs: name, value, ..., NULL. Negative returns stop
   the reading and are what patch_xml_read() returns; err is theirs to fill. */
struct patch_xml_ops {
    int (*open)(void *ctx, unsigned long line, const char *tag,
                const char *const *attrs);
    /* text: what stood in the element, but not in those within it */
    int (*close)(void *ctx, unsigned long line, const char *tag,
                 const char *text);
};

/* Documents that declare entities are refused. Errors: -EINVAL (err says it),
   -ENOMEM, those of ops. */
int patch_xml_read(const struct patch_in *in, const struct patch_xml_ops *ops,
                   void *ctx);

/* The value of an attribute, or NULL. */
const char *patch_xml_attr(const char *const *attrs, const char *name);

/* Whether XML 1.0 has a way to write it: UTF-8 without control characters. */
bool patch_xml_can(const char *text);
/* Escaped, for an attribute and for an element's text alike. */
void patch_xml_put(FILE *f, const char *text);
/* ` name="value"` */
void patch_xml_put_attr(FILE *f, const char *name, const char *value);

/* ---- regexes ------------------------------------------------------------ */

enum patch_dialect { PATCH_PCRE, PATCH_ERE };

#define PATCH_REGEX_MAX 1024 /* bytes of one */
#define PATCH_REPEATS_MAX                              \
    512 /* product of the numbers in braces: regcomp() \
           makes that many copies */

/* A regex that is anchored at both ends, in parts that both dialects have. */
struct patch_regex;

/* Errors: -EINVAL (*why says what it has that can't be carried over), -ENOMEM.
 */
int patch_regex_read(struct patch_regex **out, enum patch_dialect d,
                     const char *text, const char **why);
void patch_regex_free(struct patch_regex **re); /* accepts NULL */

/* Nothing in it matches c any more. Errors: -EINVAL (it asks for c itself). */
int patch_regex_without(struct patch_regex *re, char c);

/* Splits at the first c that stands in no parentheses, which both lose; re is
   the part before it then. Errors: -ENOENT (none, or one of alternatives),
   -ENOMEM. */
int patch_regex_split(struct patch_regex *re, char c,
                      struct patch_regex **tail);

/* The one text it matches, or NULL if there may be several; to be freed.
   Errors: -ENOMEM. */
int patch_regex_literal(const struct patch_regex *re, char **text);

/* In a dialect, in parentheses where it has alternatives and stands beside
   others; to be freed. Errors: -ENOMEM. */
int patch_regex_write(const struct patch_regex *re, enum patch_dialect d,
                      char **text);

/* A regex for this one text; to be freed. Errors: -ENOMEM. */
int patch_regex_quote(enum patch_dialect d, const char *literal, char **text);

/* ---- qjackctl's names ---------------------------------------------------- */

/* A client's or plug's: a name, or an ERE. */
struct patch_pattern {
    char *text; /* the caller's to free; NULL: none */
    bool exact;
};

/* Of qjackctl's regex. A client's has no colon, whatever it says. Errors:
   -EINVAL (*why says what can't be carried over), -ENOMEM. */
int patch_pattern_read(struct patch_pattern *p, const char *text, bool client,
                       const char **why);

/* Whether one name may be of both; two regexes are looked at but briefly. */
bool patch_patterns_meet(const struct patch_pattern *a,
                         const struct patch_pattern *b);

#endif
