// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMP ".XXXXXX" /* mkostemp() */

static int write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, text, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        text += done;
        size -= (size_t)done;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* That of the file, or of any new one. */
static mode_t mode_of(const char *path)
{
    mode_t mask = umask(0);
    struct stat s;

    umask(mask);
    return stat(path, &s) == 0 ? s.st_mode & 07777 : 0666 & ~mask;
}

/* That it has another name now is on the disk too; where a file system can't
   do that, nothing is lost yet. */
static void sync_folder(const char *path)
{
    char copy[PATH_MAX];

    snprintf(copy, sizeof(copy), "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

int file_replace(const char *path, const char *text, size_t size)
{
    char real[PATH_MAX], temp[PATH_MAX + sizeof(TEMP)];
    int fd, err = 0;

    if (strlen(path) >= sizeof(real))
        return -ENAMETOOLONG;
    if (!realpath(path, real))
        snprintf(real, sizeof(real), "%s", path); /* a new one */
    snprintf(temp, sizeof(temp), "%s" TEMP, real);
    fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fchmod(fd, mode_of(real)) < 0)
        err = -errno;
    if (!err)
        err = write_all(fd, text, size);
    if (close(fd) < 0 && !err)
        err = -errno;
    if (!err && rename(temp, real) < 0)
        err = -errno;
    if (err)
        unlink(temp);
    else
        sync_folder(real);
    return err;
}
