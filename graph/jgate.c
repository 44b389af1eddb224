// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/jgate.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/clock.h"

#define LOOK_NS    (2 * NS_PER_MS)
#define PATH_BYTES 160

const char *jgate_server(const char *server)
{
    const char *env = getenv("JACK_DEFAULT_SERVER");

    return server ? server : env && *env ? env : "default";
}

static void name_file(char path[PATH_BYTES], const char *server)
{
    snprintf(path, PATH_BYTES, "/dev/shm/longwave-%u-%.100s.gate",
             (unsigned)getuid(), jgate_server(server));
    for (char *c = path + sizeof("/dev/shm/") - 1; *c; c++)
        if (*c == '/')
            *c = '_';
}

/* Whether fd is still the file of that name: who held it before us takes the
   name away. */
static bool is_there(int fd, const char *path)
{
    struct stat a, b;

    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev;
}

int jgate_enter(const char *server)
{
    int64_t end = clock_now() + JGATE_PATIENCE_MS * NS_PER_MS;
    char path[PATH_BYTES];

    name_file(path, server);
    do {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return -1;
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && is_there(fd, path))
            return fd;
        close(fd);
        clock_sleep(LOOK_NS);
    } while (clock_now() < end);
    return -1;
}

void jgate_leave(int gate, const char *server)
{
    char path[PATH_BYTES];

    if (gate < 0)
        return;
    name_file(path, server);
    /* before the lock goes: nobody else has it, so the name is ours */
    unlink(path);
    close(gate);
}
