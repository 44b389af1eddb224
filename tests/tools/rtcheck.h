// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The inside of librtcheck.so (see rtcheck.c), for the functions that it puts
 * in the place of others: rtcheck_calls.c, rtcheck_text.c, rtcheck_jack.c. Any
 * thread, also within a process callback and a signal handler.
 */
#ifndef TOOLS_RTCHECK_H
#define TOOLS_RTCHECK_H

#include <stdatomic.h>
#include <stdbool.h>

/* True on a thread that is in a process callback now. */
bool rtcheck_inside(void);

/* Writes down, with its stack, that the callback called the function of this
   name (a constant), from where it stands in its place. */
void rtcheck_note(const char *name);

/* The real function of that name; *known is NULL before the first time. */
void *rtcheck_real(void *_Atomic *known, const char *name);

#define RTCHECK_TELL(name)      \
    do {                        \
        if (rtcheck_inside())   \
            rtcheck_note(name); \
    } while (0)

/* Defines a function that tells, and then is the real one. */
#define RTCHECK_CALL(type, name, params, args)            \
    type(name) params                                     \
    {                                                     \
        static void *_Atomic known;                       \
        type(*call) params = rtcheck_real(&known, #name); \
        RTCHECK_TELL(#name);                              \
        return call args;                                 \
    }

#endif
