// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/figures.h"

#include <stddef.h>

const struct listener_stats *figures_listener(const struct figures *f,
                                              uint64_t number)
{
    uint32_t low = 0, high = f->n_listeners;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (f->listeners[mid]->id < number)
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->n_listeners && f->listeners[low]->id == number
               ? f->listeners[low]
               : NULL;
}
