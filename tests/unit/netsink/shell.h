// SPDX-License-Identifier: GPL-3.0-or-later
/* Programs that read what we wrote. For tests. */
#ifndef TESTS_UNIT_NETSINK_SHELL_H
#define TESTS_UNIT_NETSINK_SHELL_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/test.h"

/* What a program printed, with a 0 behind it. */
struct shell_out {
    char *data;
    size_t len; /* bytes */
    int status; /* its exit code */
};

static inline struct shell_out shell(const char *command)
{
    struct shell_out o = {0};
    size_t room = 1 << 16, n;
    FILE *p = popen(command, "r");

    assert_non_null(p);
    o.data = malloc(room);
    assert_non_null(o.data);
    while ((n = fread(o.data + o.len, 1, room - o.len - 1, p)) > 0) {
        o.len += n;
        if (room - o.len < 2) {
            room *= 2;
            o.data = realloc(o.data, room);
            assert_non_null(o.data);
        }
    }
    o.data[o.len] = '\0';
    o.status = WEXITSTATUS(pclose(p));
    return o;
}

static inline bool shell_has(const char *program)
{
    char command[64];

    snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
    struct shell_out o = shell(command);
    free(o.data);
    return o.status == 0;
}

#define SHELL_FILE "/tmp/longwave-test-XXXXXX"

/* Writes a file of its own name: path begins as SHELL_FILE; unlink() it. */
static inline void shell_file(char *path, const void *data, size_t len)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), (ssize_t)len);
    close(fd);
}

#endif
