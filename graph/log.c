// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "graph/clock.h"

const char *const log_level_names[] = {"error", "warn", "info", "debug", NULL};

static void keep(const struct log *log, enum log_level level, const char *text)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    log_tail_put(log->tail, (int64_t)t.tv_sec * 1000 + t.tv_nsec / NS_PER_MS,
                 level, log->program, text);
}

void log_write(const struct log *log, enum log_level level, const char *fmt,
               ...)
{
    static const char *const words[] = {"error: ", "warning: ", "", "debug: "};
    if (!log || level > log->level)
        return;

    char line[1024];
    int n = snprintf(line, sizeof line, "%s: %s", log->program, words[level]);
    va_list ap;
    va_start(ap, fmt);
    int m = vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
    va_end(ap);
    if (m < 0)
        return;
    size_t len = (size_t)n + (size_t)m;
    if (log->tail)
        keep(log, level, line + n);
    if (len > sizeof line - 1) /* cut, with room for the newline */
        len = sizeof line - 1;
    /* Strangers' text (a user agent, a file name) must not forge lines. */
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[len++] = '\n';
    ssize_t w = write(STDERR_FILENO, line, len);
    (void)w; /* nowhere left to complain */
}
