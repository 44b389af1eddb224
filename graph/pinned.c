// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/pinned.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whole pages: locks don't nest, so a page that two share would be unlocked by
   the first who goes. 0: more than there can be. */
static size_t pages(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (bytes == 0)
        bytes = 1;
    return bytes > SIZE_MAX - page ? 0 : (bytes + page - 1) / page * page;
}

/* Whole pages, or NULL. */
static void *get_pages(size_t size)
{
    return size ? aligned_alloc((size_t)sysconf(_SC_PAGESIZE), size) : NULL;
}

/* Unless too little would be left to others. */
static void lock(void *p, size_t size)
{
    if (mlock(p, size) == 0 && !pinned_permitted(PINNED_SPARE))
        munlock(p, size);
}

void *pinned_new(size_t bytes)
{
    size_t size = pages(bytes);
    void *p = get_pages(size);

    if (!p)
        return NULL;
    memset(p, 0, size);
    lock(p, size);
    return p;
}

void pinned_free(void *p, size_t bytes)
{
    if (!p)
        return;
    munlock(p, pages(bytes));
    free(p);
}

bool pinned_permitted(size_t bytes)
{
    size_t size = pages(bytes);
    void *p = get_pages(size);
    bool can = p && mlock(p, size) == 0;

    if (can)
        munlock(p, size);
    free(p);
    return can;
}
