// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/watchdog.h"

void watchdog_init(struct watchdog *w, int64_t period, int64_t now)
{
    *w = (struct watchdog){.period = period, .due = now};
}

int64_t watchdog_due(const struct watchdog *w)
{
    return w->period > 0 ? w->due : INT64_MAX;
}

static bool all_moved(const struct watchdog *w, const uint64_t *count,
                      uint32_t n)
{
    for (uint32_t i = 0; i < n && n == w->n; i++)
        if (count[i] == w->seen[i])
            return false;
    return true;
}

bool watchdog_alive(struct watchdog *w, int64_t now, const uint64_t *count,
                    uint32_t n)
{
    if (w->period <= 0 || now < w->due)
        return false;
    if (n > WATCHDOG_COUNTS)
        n = WATCHDOG_COUNTS;
    if (!all_moved(w, count, n)) {
        w->due = now + w->period / 4;
        return false;
    }
    w->n = n;
    for (uint32_t i = 0; i < n; i++)
        w->seen[i] = count[i];
    w->due = now + w->period;
    return true;
}
