// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define NS_PER_US INT64_C(1000)

/* sd_notify() waits for as long as the listener's queue is full, of ten
   messages by default: whoever was started by something that stands still would
   stand still too. sd_notify(3) has the protocol. */
static void tell(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    int fd;

    if (len < 2 || len >= sizeof(a.sun_path) ||
        (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(a.sun_path, path, len);
    if (path[0] == '@') /* the abstract name space, unix(7) */
        a.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&a,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    close(fd);
}

void notify_ready(const char *status, const char *detail)
{
    if (detail)
        sd_notifyf(0, "READY=1\nSTATUS=%s\nX_LONGWAVE=%s", status, detail);
    else
        sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_status(const char *status)
{
    char text[512];

    snprintf(text, sizeof(text), "STATUS=%s", status);
    tell(text);
}

void notify_state(const char *state)
{
    char text[2048];

    snprintf(text, sizeof(text), "X_LONGWAVE_STATE=%s", state);
    tell(text);
}

int64_t notify_watchdog_period(void)
{
    uint64_t us;

    if (sd_watchdog_enabled(0, &us) <= 0 ||
        us > INT64_MAX / (uint64_t)NS_PER_US)
        return 0;
    return (int64_t)us * NS_PER_US / 2;
}

void notify_watchdog_allow(int64_t ns)
{
    int64_t usual = 2 * notify_watchdog_period();
    char text[48];

    if (usual == 0)
        return;
    if (ns < usual)
        ns = usual;
    snprintf(text, sizeof(text), "WATCHDOG_USEC=%" PRId64, ns / NS_PER_US);
    tell(text);
}

void notify_watchdog(void)
{
    tell("WATCHDOG=1");
}

bool notify_is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat is;
    char own[64];

    if (!stream || fstat(fd, &is))
        return false;
    snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)is.st_dev,
             (uintmax_t)is.st_ino);
    return strcmp(own, stream) == 0;
}

void notify_stopping(void)
{
    tell("STOPPING=1");
}
