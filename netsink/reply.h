// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Short answers, and what every route asks of a request. [ev] only. Never
 * repeats anything the request said.
 */
#ifndef NETSINK_REPLY_H
#define NETSINK_REPLY_H

#include <stdbool.h>
#include <stddef.h>

struct evhttp_request;

/* The path as it came, not %-decoded, without the query; "" for none. Routes
   compare this: evhttp's own matching ends at a decoded NUL. Lives as long as
   the request. */
const char *reply_path(struct evhttp_request *req);

/* The query as it came, without the "?", or NULL. */
const char *reply_query(struct evhttp_request *req);

/* A header of the request, or NULL. Both live as long as the request. */
const char *reply_said(struct evhttp_request *req, const char *name);

/* The method is HEAD: headers only. */
bool reply_is_head(struct evhttp_request *req);

/* GET and HEAD pass; anything else is answered by 405 and false. */
bool reply_method_ok(struct evhttp_request *req);

/* Adds a header to the answer. */
void reply_header(struct evhttp_request *req, const char *name,
                  const char *value);

/* Answers with a body of len bytes (copied); a HEAD gets the headers. */
void reply_body(struct evhttp_request *req, int code, const char *type,
                const void *body, size_t len);

/* Answers with one line of plain text; text has no newline. */
void reply_text(struct evhttp_request *req, int code, const char *text);

/* For evhttp_connection_set_closecb(): frees a request that was not answered
   yet, unless evhttp does so itself. */
void reply_gone(struct evhttp_request *req);

#endif
