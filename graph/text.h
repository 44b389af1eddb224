// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Text from strangers, made fit for logs and JSON. Any thread; allocates
 * nothing.
 */
#ifndef GRAPH_TEXT_H
#define GRAPH_TEXT_H

#include <stddef.h>

/*
 * Copies src (NULL counts as empty) into dst[size], NUL included, cut between
 * characters where it is too long. What is not valid UTF-8 (RFC 3629: no
 * overlong forms, no surrogates) or a control character becomes '?', byte by
 * byte.
 */
void text_clean(char *dst, size_t size, const char *src);

#endif
