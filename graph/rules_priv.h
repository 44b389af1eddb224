// SPDX-License-Identifier: GPL-3.0-or-later
/* What the rules_*.c share. */
#ifndef GRAPH_RULES_PRIV_H
#define GRAPH_RULES_PRIV_H

#include "graph/rules.h"

#define RULES_WHY 400 /* bytes of a message without its place */

extern const char *const rules_fan_names[];  /* ends with NULL */
extern const char *const rules_type_names[]; /* ends with NULL */

/* Bytes of the UTF-8 character at s, 0 where there is none; its number into
 *code. */
size_t rules_utf8(const char *s, uint32_t *code);

/*
 * Makes a side of a text. from is what fills the groups, NULL where there can
 * be none. why says what was found and what is allowed. Errors: -EINVAL,
 * -ENOMEM; out is zeroed then.
 */
int rules_side_init(struct rules_side *out, const char *text,
                    const struct rules_side *from, char *why, size_t size);

/* Writes into why: found 'TEXT' (what fmt says); allowed: ALLOWED. */
void rules_say(char *why, size_t size, const char *text, const char *allowed,
               const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Bytes of what stands at p in a regex: a bracket, an escape or one
   character. */
size_t rules_item_len(const char *p);

/* Makes the regex of a side that has a name; shown is what it comes from.
   Errors: -EINVAL (said in why), -ENOMEM. */
int rules_compile(struct rules_side *s, const char *shown, char *why,
                  size_t size);
/* And its two parts, where it has them. Errors: -ENOMEM. */
int rules_split(struct rules_side *s);
void rules_uncompile(struct rules_side *s); /* one that isn't, too */

/* The text of a side that stands for this very name. to: groups would be seen
   in it. The caller frees it; NULL where there is no memory. */
char *rules_exact_text(const char *name, bool to);

/* rules_add(), which also says whose fault it is: key is "from", "to" or
   "connect". */
int rules_add_keyed(struct rules *r, const struct rules_text *t,
                    const char **key, char *why, size_t size);

#endif
