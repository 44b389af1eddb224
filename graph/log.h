// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Messages for people, on stderr: "longwave-sink: warning: text".
 * Any thread but [rt] may call it; a line is written whole, by one write().
 * It never allocates and never fails loudly.
 */
#ifndef GRAPH_LOG_H
#define GRAPH_LOG_H

enum log_level {
    LOG_ERROR, /* the operator must act */
    LOG_WARN,  /* degraded, going on */
    LOG_INFO,  /* a structural change: started, connected, stopped */
    LOG_DEBUG, /* for the one who mends it */
};

/* "error", "warn", "info", "debug", NULL: what --log-level takes. */
extern const char *const log_level_names[];

struct log {
    const char *program;  /* [init] prefix, e.g. "longwave-sink" */
    enum log_level level; /* [init] what is more talkative is dropped */
};

/* printf-like; no newline at the end. log NULL is silent. */
void log_write(const struct log *log, enum log_level level, const char *fmt,
               ...) __attribute__((format(printf, 3, 4)));

#define log_error(log, ...) log_write((log), LOG_ERROR, __VA_ARGS__)
#define log_warn(log, ...)  log_write((log), LOG_WARN, __VA_ARGS__)
#define log_info(log, ...)  log_write((log), LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_write((log), LOG_DEBUG, __VA_ARGS__)

#endif
