// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * nsmd: as much of a Non Session Manager as a client sees of one, by liblo's
 * own server. It prints "url URL" for $NSM_URL and then a line for each message
 * that comes, and does what is said on its stdin, a command a line, to the
 * client that announced itself last:
 *
 *   accept | refuse | deaf        what the next announcements get
 *   open PATH ID | save | loaded | show
 *   number                        an open whose arguments are numbers
 *   later                         a message of a later API
 *   junk BYTES                    as they are
 *   stranger PATH ID              an open from another socket than the
 * manager's term                          SIGTERM to the client's pid
 *
 * It ends at the end of its stdin.
 */
#include <lo/lo.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct nsmd {
    lo_server server;
    lo_address client; /* NULL: none yet */
    int pid;
    enum { ACCEPT, REFUSE, DEAF } mood;
};

static void say_args(const char *types, lo_arg **argv)
{
    for (int i = 0; types[i]; i++)
        switch (types[i]) {
        case 's':
            printf(" '%s'", &argv[i]->s);
            break;
        case 'i':
            printf(" %d", argv[i]->i);
            break;
        case 'f':
            printf(" %g", (double)argv[i]->f);
            break;
        default:
            printf(" ?%c", types[i]);
        }
    putchar('\n');
    fflush(stdout);
}

static void announced(struct nsmd *d, const char *types, lo_arg **argv,
                      lo_address from)
{
    if (strcmp(types, "sssiii") != 0)
        return;
    if (d->client)
        lo_address_free(d->client);
    d->client = lo_address_new(lo_address_get_hostname(from),
                               lo_address_get_port(from));
    d->pid = argv[5]->i;
    if (d->mood == ACCEPT)
        lo_send_from(d->client, d->server, LO_TT_IMMEDIATE, "/reply", "ssss",
                     "/nsm/server/announce", "welcome", "nsmd of the tests",
                     ":server-control:");
    else if (d->mood == REFUSE)
        lo_send_from(d->client, d->server, LO_TT_IMMEDIATE, "/error", "sis",
                     "/nsm/server/announce", -2, "too old for this");
}

static int on_message(const char *path, const char *types, lo_arg **argv,
                      int argc, lo_message m, void *ctx)
{
    (void)argc;
    printf("%s", path);
    say_args(types, argv);
    if (strcmp(path, "/nsm/server/announce") == 0)
        announced(ctx, types, argv, lo_message_get_source(m));
    return 0;
}

static void send_bytes(const struct nsmd *d, int fd, const void *bytes,
                       size_t n)
{
    struct sockaddr_in to = {.sin_family = AF_INET};

    to.sin_port = htons((uint16_t)atoi(lo_address_get_port(d->client)));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sendto(fd, bytes, n, 0, (struct sockaddr *)&to, sizeof(to));
}

/* From a socket of its own, as anybody's; liblo sends all from the server's. */
static void stranger(const struct nsmd *d, const char *path, const char *id)
{
    lo_message m = lo_message_new();
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    size_t n;
    void *bytes;

    lo_message_add(m, "sss", path, "the test", id);
    bytes = lo_message_serialise(m, "/nsm/client/open", NULL, &n);
    send_bytes(d, fd, bytes, n);
    free(bytes);
    close(fd);
    lo_message_free(m);
}

static bool is(const char *line, const char *word)
{
    return strcmp(line, word) == 0;
}

static void obey(struct nsmd *d, const char *line)
{
    const lo_timetag now = LO_TT_IMMEDIATE;
    char path[512], id[512];

    if (is(line, "accept"))
        d->mood = ACCEPT;
    else if (is(line, "refuse"))
        d->mood = REFUSE;
    else if (is(line, "deaf"))
        d->mood = DEAF;
    else if (!d->client)
        printf("nobody has announced itself\n");
    else if (sscanf(line, "open %511s %511s", path, id) == 2)
        lo_send_from(d->client, d->server, now, "/nsm/client/open", "sss", path,
                     "the test", id);
    else if (sscanf(line, "stranger %511s %511s", path, id) == 2)
        stranger(d, path, id);
    else if (is(line, "save"))
        lo_send_from(d->client, d->server, now, "/nsm/client/save", "");
    else if (is(line, "loaded"))
        lo_send_from(d->client, d->server, now, "/nsm/client/session_is_loaded",
                     "");
    else if (is(line, "show"))
        lo_send_from(d->client, d->server, now, "/nsm/client/show_optional_gui",
                     "");
    else if (is(line, "number"))
        lo_send_from(d->client, d->server, now, "/nsm/client/open", "ifi", 1,
                     2.0, 3);
    else if (is(line, "later"))
        lo_send_from(d->client, d->server, now, "/nsm/client/dance", "s", "x");
    else if (strncmp(line, "junk ", 5) == 0)
        send_bytes(d, lo_server_get_socket_fd(d->server), line + 5,
                   strlen(line + 5));
    else if (is(line, "term"))
        kill(d->pid, SIGTERM);
    else
        printf("what is '%s'?\n", line);
    fflush(stdout);
}

int main(void)
{
    struct nsmd d = {.server = lo_server_new(NULL, NULL)};
    struct pollfd fd[2] = {{.events = POLLIN}, {.fd = 0, .events = POLLIN}};
    char line[4096];

    if (!d.server)
        return 1;
    setvbuf(stdin, NULL, _IONBF, 0); /* poll() must see what is there */
    lo_server_add_method(d.server, NULL, NULL, on_message, &d);
    printf("url osc.udp://127.0.0.1:%d/\n", lo_server_get_port(d.server));
    fflush(stdout);
    fd[0].fd = lo_server_get_socket_fd(d.server);
    for (;;) {
        poll(fd, 2, -1);
        /* commands first: what they say holds for whoever comes after them */
        if (fd[1].revents) {
            if (!fgets(line, sizeof(line), stdin))
                break;
            line[strcspn(line, "\n")] = '\0';
            obey(&d, line);
        } else if (fd[0].revents) {
            lo_server_recv_noblock(d.server, 0);
        }
    }
    if (d.client)
        lo_address_free(d.client);
    lo_server_free(d.server);
    return 0;
}
