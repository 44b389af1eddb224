// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What librtcheck.so watches of stdio and the log: each locks a stream, may
 * write to it, or allocates for a long number. Names with _chk are those that
 * programs built with _FORTIFY_SOURCE call.
 */
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "tests/tools/rtcheck.h"

#define CALL RTCHECK_CALL

CALL(int, puts, (const char *s), (s))
CALL(int, putchar, (int c), (c))
CALL(int, fputs, (const char *s, FILE *f), (s, f))
CALL(int, fputc, (int c, FILE *f), (c, f))
CALL(size_t, fwrite, (const void *p, size_t size, size_t n, FILE *f),
     (p, size, n, f))
CALL(size_t, fread, (void *p, size_t size, size_t n, FILE *f), (p, size, n, f))
CALL(FILE *, fopen, (const char *path, const char *mode), (path, mode))
CALL(int, fclose, (FILE * f), (f))
CALL(int, fflush, (FILE * f), (f))
CALL(void, perror, (const char *s), (s))
CALL(int, vprintf, (const char *s, va_list ap), (s, ap))
CALL(int, vfprintf, (FILE * f, const char *s, va_list ap), (f, s, ap))
CALL(int, vsnprintf, (char *p, size_t n, const char *s, va_list ap),
     (p, n, s, ap))
CALL(int, vdprintf, (int fd, const char *s, va_list ap), (fd, s, ap))
CALL(void, vsyslog, (int level, const char *s, va_list ap), (level, s, ap))

/* name() by `by`(), which takes a list. */
#define TEXT(name, params, by, types, args)           \
    int(name) params                                  \
    {                                                 \
        static void *_Atomic known;                   \
        int(*call) types = rtcheck_real(&known, #by); \
        va_list ap;                                   \
        RTCHECK_TELL(#name);                          \
        va_start(ap, s);                              \
        int r = call args;                            \
        va_end(ap);                                   \
        return r;                                     \
    }

TEXT(printf, (const char *s, ...), vprintf, (const char *, va_list), (s, ap))
TEXT(fprintf, (FILE * f, const char *s, ...), vfprintf,
     (FILE *, const char *, va_list), (f, s, ap))
TEXT(sprintf, (char *p, const char *s, ...), vsprintf,
     (char *, const char *, va_list), (p, s, ap))
TEXT(snprintf, (char *p, size_t n, const char *s, ...), vsnprintf,
     (char *, size_t, const char *, va_list), (p, n, s, ap))
TEXT(dprintf, (int fd, const char *s, ...), vdprintf,
     (int, const char *, va_list), (fd, s, ap))

int __printf_chk(int flag, const char *s, ...);
int __fprintf_chk(FILE *f, int flag, const char *s, ...);
int __snprintf_chk(char *p, size_t n, int flag, size_t room, const char *s,
                   ...);
int __vfprintf_chk(FILE *f, int flag, const char *s, va_list ap);
int __vsnprintf_chk(char *p, size_t n, int flag, size_t room, const char *s,
                    va_list ap);

CALL(int, __vfprintf_chk, (FILE * f, int flag, const char *s, va_list ap),
     (f, flag, s, ap))
CALL(int, __vsnprintf_chk,
     (char *p, size_t n, int flag, size_t room, const char *s, va_list ap),
     (p, n, flag, room, s, ap))
TEXT(__printf_chk, (int flag, const char *s, ...), __vprintf_chk,
     (int, const char *, va_list), (flag, s, ap))
TEXT(__fprintf_chk, (FILE * f, int flag, const char *s, ...), __vfprintf_chk,
     (FILE *, int, const char *, va_list), (f, flag, s, ap))
TEXT(__snprintf_chk,
     (char *p, size_t n, int flag, size_t room, const char *s, ...),
     __vsnprintf_chk, (char *, size_t, int, size_t, const char *, va_list),
     (p, n, flag, room, s, ap))

void(syslog)(int level, const char *s, ...)
{
    static void *_Atomic known;
    void (*call)(int, const char *, va_list) = rtcheck_real(&known, "vsyslog");
    va_list ap;

    RTCHECK_TELL("syslog");
    va_start(ap, s);
    call(level, s, ap);
    va_end(ap);
}
