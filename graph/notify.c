// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/notify.h"

#include <systemd/sd-daemon.h>

void notify_ready(const char *status, const char *detail)
{
    if (detail)
        sd_notifyf(0, "READY=1\nSTATUS=%s\nX_LONGWAVE=%s", status, detail);
    else
        sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_status(const char *status)
{
    sd_notifyf(0, "STATUS=%s", status);
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}
