// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/hub.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct packet {
    uint16_t len; /* bytes */
    uint8_t data[HUB_PACKET_MAX];
};

struct hub {
    pthread_mutex_t m;
    int fd; /* [init] eventfd, enc>ev; -1: none */

    /* [lock:m] */
    uint64_t first, end;    /* numbers held: [first, end) */
    struct packet *packets; /* [HUB_PACKETS], packet seq at seq mod that */
};

int hub_new(struct hub **out)
{
    struct hub *h = calloc(1, sizeof(*h));
    int err = -ENOMEM;

    *out = NULL;
    if (!h)
        goto out;
    pthread_mutex_init(&h->m, NULL);
    h->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (h->fd < 0) {
        err = -errno;
        goto out;
    }
    h->packets = calloc(HUB_PACKETS, sizeof(*h->packets));
    if (!h->packets)
        goto out;
    err = 0;
out:
    if (err)
        hub_free(&h);
    *out = h;
    return err;
}

void hub_free(struct hub **h)
{
    if (!*h)
        return;
    if ((*h)->fd >= 0)
        close((*h)->fd);
    pthread_mutex_destroy(&(*h)->m);
    free((*h)->packets);
    free(*h);
    *h = NULL;
}

static void wake(struct hub *h)
{
    uint64_t one = 1;
    /* It fails only when the counter is full, and then it is readable. */
    ssize_t n = write(h->fd, &one, sizeof(one));
    (void)n;
}

int hub_put(struct hub *h, uint64_t seq, const uint8_t *data, uint32_t len)
{
    int err = -EINVAL;

    if (len == 0 || len > HUB_PACKET_MAX)
        return err;
    pthread_mutex_lock(&h->m);
    if (h->first == h->end)
        h->first = h->end = seq;
    if (seq != h->end)
        goto out;
    struct packet *p = &h->packets[seq % HUB_PACKETS];
    memcpy(p->data, data, len);
    p->len = (uint16_t)len;
    h->end++;
    if (h->end - h->first > HUB_PACKETS)
        h->first++;
    err = 0;
out:
    pthread_mutex_unlock(&h->m);
    if (!err)
        wake(h);
    return err;
}

void hub_range(struct hub *h, uint64_t *first, uint64_t *end)
{
    pthread_mutex_lock(&h->m);
    *first = h->first;
    *end = h->end;
    pthread_mutex_unlock(&h->m);
}

int hub_get(struct hub *h, uint64_t seq, uint8_t *data)
{
    int len = -ENOENT;

    pthread_mutex_lock(&h->m);
    if (seq >= h->first && seq < h->end) {
        const struct packet *p = &h->packets[seq % HUB_PACKETS];
        memcpy(data, p->data, p->len);
        len = p->len;
    }
    pthread_mutex_unlock(&h->m);
    return len;
}

int hub_fd(const struct hub *h)
{
    return h->fd;
}
