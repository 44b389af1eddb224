// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/osc_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TYPES "ihfdTFsS"

/* The text at p, which ends and is padded to four bytes within len; *used are
   these bytes. NULL: it is not so. */
static const char *text_at(const void *p, size_t len, size_t *used)
{
    size_t n = strnlen(p, len);

    *used = (n / 4 + 1) * 4;
    return *used <= len ? p : NULL;
}

static void take(struct osc_arg *a, char type, const void *v)
{
    int32_t i;
    float f;

    *a = (struct osc_arg){.type = type};
    /* by memcpy: those of eight bytes lie at multiples of four */
    switch (type) {
    case 'i':
        memcpy(&i, v, sizeof(i));
        a->whole = i;
        a->number = i;
        break;
    case 'h':
        memcpy(&a->whole, v, sizeof(a->whole));
        a->number = (double)a->whole;
        break;
    case 'f':
        memcpy(&f, v, sizeof(f));
        a->number = (double)f;
        break;
    case 'd':
        memcpy(&a->number, v, sizeof(a->number));
        break;
    case 'T':
        a->number = 1.0;
        break;
    case 's':
    case 'S':
        a->text = v;
        break;
    }
}

/* The address and the types, before liblo reads the rest: of the types it is
   given only those that it reads within bounds (not so blobs, in 0.31). */
static int check_shape(struct osc_message *m, const uint8_t *data, size_t len,
                       const char **types, char why[OSC_WHY_MAX])
{
    size_t used, more, known;

    m->address = text_at(data, len, &used);
    if (!m->address || m->address[0] != '/') {
        m->address = NULL;
        snprintf(why, OSC_WHY_MAX, "no OSC message");
        return -EINVAL;
    }
    *types = used < len ? text_at(data + used, len - used, &more) : ",";
    if (!*types || (*types)[0] != ',') {
        snprintf(why, OSC_WHY_MAX, "the types of the arguments are missing");
        return -EINVAL;
    }
    ++*types;
    known = strspn(*types, TYPES);
    if ((*types)[known]) {
        snprintf(why, OSC_WHY_MAX,
                 "found an argument of type '%c', allowed are %s",
                 (*types)[known], TYPES);
        return -EINVAL;
    }
    if (known > OSC_ARGS_MAX) {
        snprintf(why, OSC_WHY_MAX, "found %zu arguments, allowed are up to %d",
                 known, OSC_ARGS_MAX);
        return -EINVAL;
    }
    m->n = (uint32_t)known;
    return 0;
}

int osc_message_read(struct osc_message *m, void *data, size_t len,
                     char why[OSC_WHY_MAX])
{
    const char *types;
    lo_arg **argv;
    int result = 0, err;

    m->own = NULL;
    m->n = 0;
    err = check_shape(m, data, len, &types, why);
    if (err || m->n == 0) /* whatever follows no types */
        return err;
    m->own = lo_message_deserialise(data, len, &result);
    argv = m->own ? lo_message_get_argv(m->own) : NULL;
    if (!argv) {
        snprintf(why, OSC_WHY_MAX, "the arguments are not as their types say");
        m->n = 0;
        return result == LO_EALLOC ? -ENOMEM : -EINVAL;
    }
    for (uint32_t i = 0; i < m->n; i++)
        take(&m->arg[i], types[i], argv[i]);
    return 0;
}

void osc_message_fini(struct osc_message *m)
{
    if (m->own)
        lo_message_free(m->own);
    m->own = NULL;
}

/* Takes over m, which may be NULL. */
static int serialise(uint8_t out[OSC_PACKET_MAX], const char *address,
                     lo_message m)
{
    size_t size = m ? lo_message_length(m, address) : 0;
    int n = -ENOMEM;

    if (size > OSC_PACKET_MAX)
        n = -EMSGSIZE;
    else if (m && lo_message_serialise(m, address, out, NULL))
        n = (int)size;
    if (m)
        lo_message_free(m);
    return n;
}

int osc_message_vwrite(uint8_t out[OSC_PACKET_MAX], const char *address,
                       const char *types, va_list ap)
{
    lo_message m = lo_message_new();
    int err = m ? 0 : -1;

    for (; *types && !err; types++) {
        if (*types == 's')
            err = lo_message_add_string(m, va_arg(ap, const char *));
        else if (*types == 'f')
            err = lo_message_add_float(m, (float)va_arg(ap, double));
        else if (*types == 'd')
            err = lo_message_add_double(m, va_arg(ap, double));
        else if (*types == 'i')
            err = lo_message_add_int32(m, va_arg(ap, int32_t));
        else if (*types == 'h')
            err = lo_message_add_int64(m, va_arg(ap, int64_t));
        else {
            lo_message_free(m);
            return -EINVAL;
        }
    }
    if (err && m) {
        lo_message_free(m);
        m = NULL;
    }
    return serialise(out, address, m);
}

int osc_message_write(uint8_t out[OSC_PACKET_MAX], const char *address,
                      const char *types, ...)
{
    va_list ap;
    int n;

    va_start(ap, types);
    n = osc_message_vwrite(out, address, types, ap);
    va_end(ap);
    return n;
}

int osc_message_write_texts(uint8_t out[OSC_PACKET_MAX], const char *address,
                            const char *const *texts, uint32_t n)
{
    lo_message m = lo_message_new();

    for (uint32_t i = 0; m && i < n; i++)
        if (lo_message_add_string(m, texts[i])) {
            lo_message_free(m);
            m = NULL;
        }
    return serialise(out, address, m);
}
