// SPDX-License-Identifier: GPL-3.0-or-later
/* Inside of the control by OSC: packets (osc.c) and addresses (osc_space.c). */
#ifndef GENERATOR_OSC_PRIV_H
#define GENERATOR_OSC_PRIV_H

#include <stdalign.h>
#include <sys/socket.h>

#include "clients/generator/osc.h"
#include "graph/osc_message.h"

#define OSC_PREFIX "/longwave/"

/* Changes of preset or seed, which take up to a second each, per wake. */
#define OSC_CHANGES 2

struct osc {
    /* [init] */
    const struct log *log;
    const struct osc_ops *ops;
    void *ctx;
    int fd;

    /* of the packet that is being handled */
    struct sockaddr_storage from;
    socklen_t from_len;
    uint32_t left;    /* messages it may still hold */
    uint32_t changes; /* that may still be made in this wake */

    /* of the log */
    int64_t second;  /* ns, when the present one began */
    uint32_t said;   /* lines in it */
    uint64_t unsaid; /* wrong messages without a line */

    /* one byte more than is allowed, to know what was cut off */
    alignas(8) uint8_t in[OSC_PACKET_MAX + 4];
    alignas(8) uint8_t out[OSC_PACKET_MAX];
};

/* A packet of o->from: a message or a bundle, len bytes of anything at all. */
void osc_take(struct osc *o, uint8_t *data, size_t len);

/* Does what the message asks for. */
void osc_handle(struct osc *o, const struct osc_message *m);

/* Sends what is in o->out, n bytes (or an error of osc_message_write()) in
   reply to address. */
void osc_send(struct osc *o, const char *address, int n);

/* types: as osc_message_write(). */
void osc_reply(struct osc *o, const char *address, const char *types, ...);

/* Answers with /longwave/error and logs it, unless much was logged just now. */
void osc_fail(struct osc *o, const char *address, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether the sender is on this machine. */
bool osc_from_here(const struct osc *o);

#endif
