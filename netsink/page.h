// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The listeners' page: the files of web/, part of the program. [ev] only.
 */
#ifndef NETSINK_PAGE_H
#define NETSINK_PAGE_H

#include <stdbool.h>

struct evhttp_request;

/* Answers when path names a file of the page; else false, and nothing was
   done. */
bool page_serve(struct evhttp_request *req, const char *path);

#endif
