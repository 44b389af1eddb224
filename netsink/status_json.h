// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Writing JSON piece by piece. Each takes the value over, and a container that
 * is NULL (memory was short): then something is missing, nothing breaks.
 */
#ifndef NETSINK_STATUS_JSON_H
#define NETSINK_STATUS_JSON_H

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline void put(json_t *o, const char *key, json_t *value)
{
    json_object_set_new_nocheck(o, key, value);
}

static inline void put_last(json_t *array, json_t *value)
{
    json_array_append_new(array, value);
}

static inline void put_int(json_t *o, const char *key, uint64_t n)
{
    put(o, key, json_integer((json_int_t)n));
}

/* To a millionth: figures read as what they are. */
static inline void put_real(json_t *o, const char *key, double x)
{
    put(o, key, json_real(round(x * 1e6) / 1e6));
}

/* ns as ms. */
static inline void put_ms(json_t *o, const char *key, int64_t ns)
{
    put(o, key, json_real(round((double)ns / 1e3) / 1e3));
}

/* Clean text. */
static inline void put_text(json_t *o, const char *key, const char *text)
{
    put(o, key, json_string(text));
}

static inline void put_bool(json_t *o, const char *key, bool b)
{
    put(o, key, json_boolean(b));
}

#endif
