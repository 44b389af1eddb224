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
#include <stddef.h>

struct evhttp_request;

enum page { PAGE_LISTENER, PAGE_OPERATOR };

/* Whether who sent this Accept-Encoding (NULL: none; RFC 9110 12.5.3) takes
   gzip. Pure; any thread. */
bool page_gzip_ok(const char *accepted);

/*
 * The listeners' index.html where no mount is called "live", as it calls the
 * one that it plays unless another one is chosen: its links, and all of it that
 * works without scripts, name this mount instead.
 */
struct page_home;

/* mount: [a-z0-9_-]+, copied. "live" gives 0 and NULL: the file is right as it
   is. Errors: -ENOMEM. */
int page_home_new(struct page_home **out, const char *mount);

/* Its text, *len bytes, not ended by NUL; lives as long as it. */
const char *page_home_text(const struct page_home *home, size_t *len);

/* Accepts NULL. */
void page_home_free(struct page_home **home);

/* Answers when path names a file of the page; else false, and nothing was
   done. home: of the listeners' page, or NULL. */
bool page_serve(struct evhttp_request *req, enum page page,
                const struct page_home *home, const char *path);

#endif
