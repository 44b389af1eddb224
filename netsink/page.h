// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The pages: the files of web/, part of the program. Which there are is listed
 * in CMakeLists.txt alone; what a file is shows by the end of its name. [ev]
 * only.
 *
 * The listeners' page has all of web/ but desk/, and index.html at "/". The
 * operator's has web/desk/, with its index.html at "/" and every other file
 * both at "/desk/FILE" and at "/FILE", and besides what the listeners' page
 * has, to share it: where both have a FILE, "/FILE" is the desk's.
 */
#ifndef NETSINK_PAGE_H
#define NETSINK_PAGE_H

#include <stdbool.h>

struct evhttp_request;

enum page { PAGE_LISTENER, PAGE_OPERATOR };

/* Whether who sent this Accept-Encoding (NULL: none; RFC 9110 12.5.3) takes
   gzip. Pure; any thread. */
bool page_gzip_ok(const char *accepted);

/* Answers when path names a file of the page; else false, and nothing was
   done. */
bool page_serve(struct evhttp_request *req, enum page page, const char *path);

#endif
