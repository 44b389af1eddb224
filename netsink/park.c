// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/park.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>
#include <sys/socket.h>

struct park {
    struct evhttp_connection *conn; /* with its request, until it is freed */
    int fd;
};

int park_new(struct park **out, struct evhttp_request *req)
{
    struct park *p = malloc(sizeof(*p));

    *out = p;
    if (!p)
        return -ENOMEM;
    p->conn = evhttp_request_get_connection(req);
    struct bufferevent *b = evhttp_connection_get_bufferevent(p->conn);
    struct evbuffer *in = bufferevent_get_input(b);
    p->fd = bufferevent_getfd(b);
    evbuffer_drain(in, evbuffer_get_length(in));
    /* Of no more use, and a browser's are a KB or two. */
    evhttp_clear_headers(evhttp_request_get_input_headers(req));
    /* Without its callbacks evhttp never hears of this connection again; no
       event of its is left in the loop. */
    bufferevent_setcb(b, NULL, NULL, NULL, NULL);
    bufferevent_disable(b, EV_READ | EV_WRITE);
    bufferevent_set_timeouts(b, NULL, NULL);
    return 0;
}

int park_fd(const struct park *p)
{
    return p->fd;
}

void park_reset(struct park **p)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    /* To connect to nobody sends the reset, connect(2); SO_LINGER would come
       too late, since evhttp ends the sending side in order before it closes.
     */
    if (*p)
        connect((*p)->fd, &nobody, sizeof(nobody));
    park_close(p);
}

void park_close(struct park **p)
{
    if (!*p)
        return;
    evhttp_connection_free((*p)->conn);
    free(*p);
    *p = NULL;
}
