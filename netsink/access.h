// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Who may see the operator's address, and who may give orders there. A browser
 * of the operator's runs pages of strangers too: what such a page asks for, and
 * an address of theirs that was made to mean ours (DNS rebinding), is told by
 * the request's headers. Pure; any thread.
 */
#ifndef NETSINK_ACCESS_H
#define NETSINK_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A Host header (NULL: none, as only HTTP/1.0 has it, which no browser speaks)
 * that the operator's address goes by: numbers, localhost, or one of n names;
 * with or without a port.
 */
bool access_host_ok(const char *host, const char *const *names, uint32_t n);

/* A request's Sec-Fetch-Site and Origin headers, each may be NULL: no page from
   elsewhere has sent it. */
bool access_site_ok(const char *site, const char *origin, const char *host);

/* The same of a request that only looks, with its Sec-Fetch-Mode, or NULL. A
   link elsewhere may lead to the page at "/", and to nothing else. */
bool access_look_ok(const char *site, const char *mode, const char *path);

/* The token in an Authorization header, or NULL: it has none. */
const char *access_bearer(const char *authorization);

/* A Content-Type header that is JSON's, with or without parameters. */
bool access_is_json(const char *type);

#endif
