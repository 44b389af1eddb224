// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The operator's token: who knows it may give orders. Any thread.
 */
#ifndef NETSINK_TOKEN_H
#define NETSINK_TOKEN_H

#include <stdbool.h>

#define TOKEN_ENV     "LONGWAVE_ADMIN_TOKEN" /* where a program gets it from */
#define TOKEN_MIN     8
#define TOKEN_MAX     128 /* characters */
#define TOKEN_ALLOWED "8 to 128 letters, digits and characters of -._~+/="

/* A new one of 128 random bits, in hex. Errors: -EIO (no random numbers). */
int token_make(char out[TOKEN_MAX + 1]);

/* Those characters that an Authorization header (RFC 6750 2.1) and the end of a
   URL can carry as they are. */
bool token_ok(const char *text);

/* From the first line of a file. Errors: -errno of reading it, -EINVAL (no
   token). */
int token_read(const char *path, char out[TOKEN_MAX + 1]);

/* Whether both are the same; how long it takes says nothing about what they
   have in common. */
bool token_same(const char *a, const char *b);

#endif
