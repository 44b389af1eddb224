// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * pings SOCKET: whoever is told by sd_notify what a program says. Binds the
 * socket, prints "bound", then what comes, a message a line; where it has
 * several lines, with '|' between them.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char text[4096];
    int fd;

    if (argc != 2 || strlen(argv[1]) >= sizeof(a.sun_path)) {
        fprintf(stderr, "usage: pings SOCKET\n");
        return 2;
    }
    strcpy(a.sun_path, argv[1]);
    unlink(argv[1]);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
        perror("pings");
        return 1;
    }
    puts("bound");
    fflush(stdout);
    for (;;) {
        ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
        if (n < 0)
            return 1;
        text[n] = '\0';
        for (char *at = text; (at = strchr(at, '\n'));)
            *at = '|';
        puts(text);
        fflush(stdout);
    }
}
