// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * An OSC 1.0 message, from the bytes of a packet and back; liblo has the
 * format. For the control of the generator and for session managers. Any
 * thread. It trusts nothing it reads, and touches no socket.
 */
#ifndef GRAPH_OSC_MESSAGE_H
#define GRAPH_OSC_MESSAGE_H

#include <lo/lo.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define OSC_PACKET_MAX 8192 /* bytes, of all packets in and out */
#define OSC_ARGS_MAX   64   /* arguments of one message that is read */
#define OSC_WHY_MAX    96

struct osc_arg {
    char type;        /* one of i h f d T F s S */
    double number;    /* of i h f d; T is 1, F is 0 */
    int64_t whole;    /* of i h */
    const char *text; /* of s S, else NULL; lives as long as the message */
};

struct osc_message {
    const char *address; /* in the packet */
    uint32_t n;
    struct osc_arg arg[OSC_ARGS_MAX];
    lo_message own; /* what the texts are in, or NULL */
};

/*
 * Reads the message of len bytes, anything at all, at data. To be given to
 * osc_message_fini() whatever comes of it. Errors: -ENOMEM; -EINVAL, and what
 * is wrong in why; the address is then NULL where even that can't be read.
 */
int osc_message_read(struct osc_message *m, void *data, size_t len,
                     char why[OSC_WHY_MAX]);
void osc_message_fini(struct osc_message *m);

/* Writes one with arguments by types: s (const char *), f and d (double),
   i (int32_t), h (int64_t). Returns its length in bytes. Errors: -ENOMEM,
   -EMSGSIZE (longer than a packet), -EINVAL (no such type). */
int osc_message_write(uint8_t out[OSC_PACKET_MAX], const char *address,
                      const char *types, ...);
int osc_message_vwrite(uint8_t out[OSC_PACKET_MAX], const char *address,
                       const char *types, va_list ap);

/* The same of n texts. */
int osc_message_write_texts(uint8_t out[OSC_PACKET_MAX], const char *address,
                            const char *const *texts, uint32_t n);

#endif
