// SPDX-License-Identifier: GPL-3.0-or-later
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clients/station/doctor_priv.h"

#define TCP_LISTENING 0x0a /* a state's number in /proc/net/tcp */
#define FURTHER       10   /* where a free port is looked for: that much on */
#define TRIES         50

/* As the sink and the generator will ask for it, but given back at once. 0 or
   errno. */
static int try_bind(const struct cli_addr *a, uint16_t port, bool udp)
{
    struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
        .ai_socktype = udp ? SOCK_DGRAM : SOCK_STREAM,
    };
    struct addrinfo *ai = NULL;
    char text[8];
    int fd, one = 1, err = 0;

    snprintf(text, sizeof(text), "%u", (unsigned)port);
    if (getaddrinfo(a->host, text, &hints, &ai))
        return EINVAL;
    fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, 0);
    if (fd < 0 ||
        (!udp &&
         setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0) ||
        bind(fd, ai->ai_addr, ai->ai_addrlen) < 0)
        err = errno;
    if (fd >= 0)
        close(fd);
    freeaddrinfo(ai);
    return err;
}

/* Any IPv4 address as IPv6 has it: one that is taken in one family can be taken
   in the other too. */
static void map_v4(struct in6_addr *out, const void *v4)
{
    *out = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(out->s6_addr + 12, v4, 4);
}

static bool read_host(const char *host, struct in6_addr *out)
{
    struct in_addr v4;

    if (inet_pton(AF_INET6, host, out) == 1)
        return true;
    if (inet_pton(AF_INET, host, &v4) != 1)
        return false;
    map_v4(out, &v4);
    return true;
}

/* As the kernel's tables have it: words of the machine, in hex. */
static bool read_hex(const char *hex, struct in6_addr *out)
{
    uint32_t word[4];
    size_t n = strlen(hex) / 8;

    if (strlen(hex) % 8 || (n != 1 && n != 4))
        return false;
    for (size_t i = 0; i < n; i++)
        if (sscanf(hex + 8 * i, "%8" SCNx32, &word[i]) != 1)
            return false;
    if (n == 1)
        map_v4(out, word);
    else
        memcpy(out, word, sizeof(*out));
    return true;
}

/* Whether it stands for all of a's family; IPv6's for IPv4's too. */
static bool covers(const struct in6_addr *any, const struct in6_addr *a)
{
    static const uint8_t none[4] = {0};

    return IN6_IS_ADDR_UNSPECIFIED(any) ||
           (IN6_IS_ADDR_V4MAPPED(any) && IN6_IS_ADDR_V4MAPPED(a) &&
            memcmp(any->s6_addr + 12, none, sizeof(none)) == 0);
}

/* Whether two sockets with one port are in each other's way. */
static bool is_in_the_way(const struct in6_addr *a, const struct in6_addr *b)
{
    return IN6_ARE_ADDR_EQUAL(a, b) || covers(a, b) || covers(b, a);
}

/* The inode of a socket that has the address, by one of /proc/net's tables. */
static uint64_t find_inode(const char *table, const struct cli_addr *want,
                           bool udp)
{
    FILE *f = fopen(table, "re");
    struct in6_addr host, other;
    char line[512], hex[33];
    uint64_t found = 0;

    while (f && !found && read_host(want->host, &host) &&
           fgets(line, sizeof(line), f)) {
        unsigned at, state;
        uint64_t inode;
        if (sscanf(line,
                   " %*d: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s "
                   "%*d %*d %" SCNu64,
                   hex, &at, &state, &inode) == 4 &&
            at == want->port && (udp || state == TCP_LISTENING) &&
            read_hex(hex, &other) && is_in_the_way(&host, &other))
            found = inode;
    }
    if (f)
        fclose(f);
    return found;
}

/* Whether the process has that socket open; false where we may not look. */
static bool has_socket(const char *pid, uint64_t inode)
{
    char dir[64], want[64];
    struct dirent *e;
    bool found = false;
    DIR *d;

    snprintf(dir, sizeof(dir), "/proc/%.20s/fd", pid);
    snprintf(want, sizeof(want), "socket:[%" PRIu64 "]", inode);
    d = opendir(dir);
    while (d && !found && (e = readdir(d))) {
        char link[64];
        ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);
        if (n > 0) {
            link[n] = '\0';
            found = strcmp(link, want) == 0;
        }
    }
    if (d)
        closedir(d);
    return found;
}

static void find_holder(struct doctor_port *p, bool udp)
{
    static const char *const tables[2][2] = {
        {"/proc/net/tcp", "/proc/net/tcp6"},
        {"/proc/net/udp", "/proc/net/udp6"}};
    uint64_t inode = find_inode(tables[udp][0], &p->addr, udp);
    struct dirent *e;
    DIR *d;

    if (!inode)
        inode = find_inode(tables[udp][1], &p->addr, udp);
    d = inode ? opendir("/proc") : NULL;
    while (d && !p->pid && (e = readdir(d))) {
        char path[64];
        if (e->d_name[0] < '1' || e->d_name[0] > '9' ||
            !has_socket(e->d_name, inode))
            continue;
        p->pid = atoi(e->d_name);
        snprintf(path, sizeof(path), "/proc/%d/comm", p->pid);
        doctor_read_line(path, p->program, sizeof(p->program));
    }
    if (d)
        closedir(d);
}

void doctor_ask_port(struct doctor_port *p, bool udp)
{
    if (!*p->addr.host || p->addr.port == 0)
        return;
    p->error = try_bind(&p->addr, p->addr.port, udp);
    if (p->error == EADDRINUSE)
        find_holder(p, udp);
    for (int i = 0; p->error && i < TRIES && !p->instead; i++) {
        unsigned port = p->addr.port + FURTHER + (unsigned)i;
        /* a privileged port's like is one that everybody may have */
        port += p->error == EACCES ? 8000 : 0;
        if (port <= UINT16_MAX && try_bind(&p->addr, (uint16_t)port, udp) == 0)
            p->instead = (uint16_t)port;
    }
}
