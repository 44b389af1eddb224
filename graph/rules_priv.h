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

/* The text of a side that stands for this very name. to: groups would be seen
   in it. The caller frees it; NULL where there is no memory. */
char *rules_exact_text(const char *name, bool to);

/* rules_add(), which also says whose fault it is: key is "from", "to" or
   "connect". */
int rules_add_keyed(struct rules *r, const struct rules_text *t,
                    const char **key, char *why, size_t size);

#endif
