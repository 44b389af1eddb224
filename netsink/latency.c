// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/latency.h"

const struct latency_class latency_classes[LATENCY_CLASSES] = {
    [LATENCY_LIVE] = {"live", 5, 1, 1, 20},
    [LATENCY_LOW] = {"low", 50, 5, 5, 20},
    [LATENCY_NORMAL] = {"normal", 200, 20, 10, 40},
    [LATENCY_SAFE] = {"safe", 500, 50, 25, 100},
};
