// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/nsm.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "graph/osc_message.h"
#include "graph/text.h"
#include "graph/threads.h"

#define API_MAJOR 1
#define API_MINOR 1
#define SERVE_MAX 16  /* messages at a time */
#define TEXT_MAX  256 /* bytes of the manager's words */
#define TAIL_ROOM 64  /* bytes of a path for what the caller adds */
#define PRIORITY  1   /* of messages, 0 to 3 */

#define ANNOUNCE "/nsm/server/announce"
#define OPEN     "/nsm/client/open"
#define SAVE     "/nsm/client/save"

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

struct nsm {
    const struct log *log;
    int fd;
    union address manager;
    socklen_t manager_len;
    enum nsm_state state;
    bool dirty_wanted;
    bool dirty; /* as said last */
    char why[TEXT_MAX];
    char id[NSM_ID_MAX];
    char path[PATH_MAX];
    /* one byte more than is allowed, to know what was cut off */
    _Alignas(8) uint8_t in[OSC_PACKET_MAX + 4];
    _Alignas(8) uint8_t out[OSC_PACKET_MAX];
};

/* --- sending -------------------------------------------------------------- */

/* n bytes of n->out, or an error of osc_message_write(). Whatever can't be sent
   is lost: a manager that has gone is none of the music's business. */
static void send_out(struct nsm *n, int len)
{
    if (len < 0) {
        log_debug(n->log, "session manager: a message can't be made: %s",
                  strerror(-len));
        return;
    }
    if (sendto(n->fd, n->out, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL,
               &n->manager.any, n->manager_len) < 0)
        log_debug(n->log, "session manager: %s", strerror(errno));
}

static void reply(struct nsm *n, const char *address, enum nsm_error code,
                  const char *text)
{
    send_out(n, code == NSM_OK
                    ? osc_message_write(n->out, "/reply", "ss", address, text)
                    : osc_message_write(n->out, "/error", "sis", address,
                                        (int32_t)code, text));
}

/* --- what comes ----------------------------------------------------------- */

static bool has_types(const struct osc_message *m, const char *types)
{
    uint32_t n = (uint32_t)strlen(types);

    for (uint32_t i = 0; i < n && m->n >= n; i++)
        if (m->arg[i].type != types[i])
            return false;
    return m->n >= n; /* more may be a later version's */
}

static bool is_announce(const struct osc_message *m)
{
    return strcmp(m->arg[0].text, ANNOUNCE) == 0;
}

/* A name that JACK takes as it is, or why not. */
static const char *check_id(const char *id)
{
    char clean[NSM_ID_MAX];

    if (!*id)
        return "the client id is empty";
    if (strlen(id) >= NSM_ID_MAX)
        return "the client id is longer than JACK's names, which have 64 bytes";
    text_clean(clean, sizeof(clean), id);
    if (strcmp(clean, id) != 0)
        return "the client id is not text";
    if (strchr(id, ':'))
        return "the client id has a ':', which JACK's names can't";
    return NULL;
}

static const char *check_path(const char *path)
{
    if (path[0] != '/')
        return "the project's path is not absolute";
    if (strlen(path) >= PATH_MAX - TAIL_ROOM)
        return "the project's path is too long";
    return NULL;
}

static enum nsm_event take_open(struct nsm *n, const struct osc_message *m)
{
    const char *wrong;

    if (!has_types(m, "sss")) {
        reply(n, OPEN, NSM_GENERAL,
              "allowed are a path, a display name and a client id");
        return NSM_NOTHING;
    }
    if (n->state == NSM_OPENED) {
        reply(n, OPEN, NSM_NOT_NOW,
              "a session is open; :switch: was not announced");
        return NSM_NOTHING;
    }
    wrong = check_path(m->arg[0].text);
    if (wrong) {
        log_error(n->log, "session manager: %s", wrong);
        reply(n, OPEN, NSM_CREATE_FAILED, wrong);
        return NSM_NOTHING;
    }
    wrong = check_id(m->arg[2].text);
    if (wrong) {
        log_error(n->log, "session manager: %s", wrong);
        reply(n, OPEN, NSM_GENERAL, wrong);
        return NSM_NOTHING;
    }
    snprintf(n->path, sizeof(n->path), "%s", m->arg[0].text);
    snprintf(n->id, sizeof(n->id), "%s", m->arg[2].text);
    n->state = NSM_OPENED;
    return NSM_OPEN;
}

static void take_reply(struct nsm *n, const struct osc_message *m)
{
    if (n->state != NSM_ANNOUNCED || !has_types(m, "ss") || !is_announce(m))
        return;
    n->state = NSM_JOINED;
    text_clean(n->why, sizeof(n->why), m->arg[1].text);
}

static void take_error(struct nsm *n, const struct osc_message *m)
{
    if (n->state != NSM_ANNOUNCED || !has_types(m, "sis") || !is_announce(m))
        return;
    n->state = NSM_REFUSED;
    text_clean(n->why, sizeof(n->why), m->arg[2].text);
}

static enum nsm_event take(struct nsm *n, const struct osc_message *m)
{
    char clean[TEXT_MAX];

    if (strcmp(m->address, "/reply") == 0) {
        take_reply(n, m);
    } else if (strcmp(m->address, "/error") == 0) {
        take_error(n, m);
    } else if (strcmp(m->address, OPEN) == 0) {
        return take_open(n, m);
    } else if (strcmp(m->address, SAVE) == 0) {
        if (n->state == NSM_OPENED)
            return NSM_SAVE;
        reply(n, SAVE, NSM_NO_SESSION_OPEN, "no session is open");
    } else if (strcmp(m->address, "/nsm/client/session_is_loaded") == 0) {
        /* asks for nothing */
    } else {
        text_clean(clean, sizeof(clean), m->address);
        log_debug(n->log, "session manager: nobody here knows %s", clean);
        reply(n, clean, NSM_GENERAL, "unknown here");
    }
    return NSM_NOTHING;
}

/* 127.x or ::1, by which one machine's programs may call it differently. */
static bool is_loopback(const union address *a)
{
    if (a->any.sa_family == AF_INET)
        return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

static bool is_manager(const struct nsm *n, const union address *a)
{
    const union address *m = &n->manager;

    if (a->any.sa_family != m->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_port == m->v4.sin_port &&
               (a->v4.sin_addr.s_addr == m->v4.sin_addr.s_addr ||
                (is_loopback(a) && is_loopback(m)));
    return a->v6.sin6_port == m->v6.sin6_port &&
           memcmp(&a->v6.sin6_addr, &m->v6.sin6_addr,
                  sizeof(a->v6.sin6_addr)) == 0;
}

enum nsm_event nsm_serve(struct nsm *n)
{
    enum nsm_event event = NSM_NOTHING;

    for (int i = 0; n && i < SERVE_MAX && event == NSM_NOTHING; i++) {
        struct osc_message m;
        union address from = {.any = {0}};
        socklen_t from_len = sizeof(from);
        char why[OSC_WHY_MAX];
        ssize_t len = recvfrom(n->fd, n->in, sizeof(n->in), MSG_DONTWAIT,
                               &from.any, &from_len);

        if (len < 0 && errno != ECONNREFUSED)
            break;
        if (len <= 0 || len > OSC_PACKET_MAX || !is_manager(n, &from))
            continue;
        if (osc_message_read(&m, n->in, (size_t)len, why) == 0)
            event = take(n, &m);
        else
            log_debug(n->log, "session manager: %s", why);
        osc_message_fini(&m);
    }
    return event;
}

/* --- begin and end -------------------------------------------------------- */

static int look_up(struct nsm *n, const char *host, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;
    /* liblo's servers have IPv4 alone, unless they are told otherwise */
    int err = getaddrinfo(host, port, &hints, &found);

    if (err) {
        hints.ai_family = AF_INET6;
        err = getaddrinfo(host, port, &hints, &found);
    }
    if (err) {
        log_error(n->log, "NSM_URL: host '%s': %s", host, gai_strerror(err));
        return -EHOSTUNREACH;
    }
    memcpy(&n->manager, found->ai_addr, found->ai_addrlen);
    n->manager_len = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

static int find_manager(struct nsm *n, const char *url)
{
    char *host = lo_url_get_hostname(url), *port = lo_url_get_port(url);
    int err = -EINVAL;

    /* lo_url_get_protocol_id() says what it doesn't know on stdout */
    if (strncmp(url, "osc.udp://", 10) != 0 || !host || !port || !*host ||
        strspn(port, "0123456789") != strlen(port) || atol(port) < 1 ||
        atol(port) > 65535)
        log_error(n->log,
                  "NSM_URL: found '%.200s'; allowed: osc.udp://HOST:PORT/",
                  url);
    else
        err = look_up(n, host, port);
    free(host);
    free(port);
    return err;
}

/* Where the manager is on this machine, nobody else gets at the socket. */
static int open_socket(struct nsm *n)
{
    union address own = {.any = {.sa_family = n->manager.any.sa_family}};

    if (is_loopback(&n->manager)) {
        own.v6.sin6_addr = in6addr_loopback;
        if (own.any.sa_family == AF_INET) {
            own = (union address){.any = {.sa_family = AF_INET}};
            own.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        }
    }
    n->fd =
        socket(own.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (n->fd < 0 || bind(n->fd, &own.any, n->manager_len) < 0) {
        int err = -errno;
        log_error(n->log, "session manager: no socket: %s", strerror(-err));
        return err;
    }
    return 0;
}

int nsm_new(struct nsm **out, const struct nsm_opts *o)
{
    struct nsm *n = calloc(1, sizeof(*n));
    int err = -ENOMEM;

    thread_assert(TH_MAIN);
    *out = NULL;
    if (!n)
        return err;
    n->log = o->log;
    n->fd = -1;
    n->dirty_wanted = o->dirty;
    err = find_manager(n, o->url);
    if (!err)
        err = open_socket(n);
    if (err)
        goto out;
    send_out(n, osc_message_write(
                    n->out, ANNOUNCE, "sssiii", o->name,
                    o->dirty ? ":dirty:message:" : ":message:", o->program,
                    (int32_t)API_MAJOR, (int32_t)API_MINOR, (int32_t)getpid()));
    *out = n;
    n = NULL;
out:
    nsm_free(&n);
    return err;
}

void nsm_free(struct nsm **n)
{
    if (!*n)
        return;
    if ((*n)->fd >= 0)
        close((*n)->fd);
    free(*n);
    *n = NULL;
}

int nsm_fd(const struct nsm *n)
{
    return n ? n->fd : -1;
}

enum nsm_state nsm_state(const struct nsm *n)
{
    return n->state;
}

const char *nsm_why(const struct nsm *n)
{
    return n->why;
}

const char *nsm_client_id(const struct nsm *n)
{
    return n->id;
}

const char *nsm_path(const struct nsm *n)
{
    return n->path;
}

void nsm_answer(struct nsm *n, enum nsm_event what, enum nsm_error code,
                const char *text)
{
    if (n && what != NSM_NOTHING)
        reply(n, what == NSM_OPEN ? OPEN : SAVE, code, text);
}

void nsm_dirty(struct nsm *n, bool dirty)
{
    if (!n || !n->dirty_wanted || n->dirty == dirty)
        return;
    n->dirty = dirty;
    send_out(n, osc_message_write(n->out,
                                  dirty ? "/nsm/client/is_dirty"
                                        : "/nsm/client/is_clean",
                                  ""));
}

void nsm_message(struct nsm *n, const char *text)
{
    if (n)
        send_out(n, osc_message_write(n->out, "/nsm/client/message", "is",
                                      (int32_t)PRIORITY, text));
}
