// SPDX-License-Identifier: GPL-3.0-or-later
/* What a function writes to stdout or stderr, caught in memory. */
#ifndef TESTS_UNIT_GRAPH_CAPTURE_H
#define TESTS_UNIT_GRAPH_CAPTURE_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct capture {
    int fd, saved, file;
};

static inline struct capture capture_start(int fd)
{
    struct capture c = {.fd = fd};
    fflush(NULL);
    c.saved = dup(fd);
    c.file = memfd_create("capture", 0);
    dup2(c.file, fd);
    return c;
}

static inline const char *capture_end(struct capture *c, char *text,
                                      size_t size)
{
    fflush(NULL);
    dup2(c->saved, c->fd);
    close(c->saved);
    ssize_t n = pread(c->file, text, size - 1, 0);
    close(c->file);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

#endif
