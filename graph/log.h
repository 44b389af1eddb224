// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Messages for people, on stderr: "longwave-sink: warning: text", and kept in a
 * tail of the last ones for whoever asks. Any thread but [rt] may call it; a
 * line is written whole, by one write(). It never allocates and never fails
 * loudly.
 */
#ifndef GRAPH_LOG_H
#define GRAPH_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_ERROR, /* the operator must act */
    LOG_WARN,  /* degraded, going on */
    LOG_INFO,  /* a structural change: started, connected, stopped */
    LOG_DEBUG, /* for the one who mends it */
};

/* "error", "warn", "info", "debug", NULL: what --log-level takes. */
extern const char *const log_level_names[];

struct log_tail;

struct log {
    const char *program;   /* [init] prefix, e.g. "longwave-sink" */
    enum log_level level;  /* [init] what is more talkative is dropped */
    struct log_tail *tail; /* [init] borrowed; or NULL: nothing is kept */
};

/* printf-like; no newline at the end. log NULL is silent. */
void log_write(const struct log *log, enum log_level level, const char *fmt,
               ...) __attribute__((format(printf, 3, 4)));

#define log_error(log, ...) log_write((log), LOG_ERROR, __VA_ARGS__)
#define log_warn(log, ...)  log_write((log), LOG_WARN, __VA_ARGS__)
#define log_info(log, ...)  log_write((log), LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_write((log), LOG_DEBUG, __VA_ARGS__)

/* ---- the last lines (log_tail.c) ------------------------------------------
 *
 * A bounded ring of lines, the oldest of which makes room for the newest. Any
 * thread but [rt]: it has a lock, held for one copy of one line.
 */

#define LOG_TEXT_MAX 512 /* bytes of a line that is kept, with the NUL */
#define LOG_WHO_MAX  80  /* bytes of who said it, with the NUL */

struct log_line {
    uint64_t n;      /* counts up from 1, without a hole */
    int64_t unix_ms; /* when it was said */
    enum log_level level;
    char who[LOG_WHO_MAX];   /* struct log's program; clean text */
    char text[LOG_TEXT_MAX]; /* clean text, without the prefix */
};

/* Keeps so many lines. Errors: -ENOMEM, -EINVAL (0, or over 10,000). */
int log_tail_new(struct log_tail **out, uint32_t n_lines);

/* Nobody writes into it any more, but whom log_tail_hold() is for. Accepts
   NULL. */
void log_tail_free(struct log_tail **t);

/* A thread that nobody can wait for may write into it at any time: it stays
   when it is freed. */
void log_tail_hold(struct log_tail *t);

/* Takes a line over that was said elsewhere; who and text are cleaned and cut,
   n is given here. */
void log_tail_put(struct log_tail *t, int64_t unix_ms, enum log_level level,
                  const char *who, const char *text);

/* The first line after number `after` that is still kept (0: the oldest one);
   false: there is none. Never blocks for longer than a copy. */
bool log_tail_next(struct log_tail *t, uint64_t after, struct log_line *out);

/* Number of the newest line, 0: none yet. */
uint64_t log_tail_newest(struct log_tail *t);

#endif
