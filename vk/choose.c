// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/choose.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define AMBIGUOUS (DEVICE_NONE - 1)

static int rank_type(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return 5;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return 4;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return 3;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return 2;
    default:
        return 1;
    }
}

static bool usable(const struct device_candidate *c)
{
    return c->api >= VK_API_VERSION_1_2 && c->timeline &&
           c->family != DEVICE_NONE;
}

uint32_t choose_best(const struct device_candidate *c, uint32_t n)
{
    uint32_t best = DEVICE_NONE;
    int best_rank = 0;

    for (uint32_t i = 0; i < n; i++) {
        int rank = rank_type(c[i].type);
        if (usable(&c[i]) && rank > best_rank) {
            best = i;
            best_rank = rank;
        }
    }
    return best;
}

const char *choose_type_name(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return "discrete";
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return "integrated";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return "virtual";
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return "software";
    default:
        return "other";
    }
}

const char *choose_describe(const struct device_candidate *c, uint32_t index,
                            char line[CHOOSE_LINE])
{
    char uuid[2 * VK_UUID_SIZE + 5];
    int at = 0;

    for (uint32_t i = 0; i < VK_UUID_SIZE; i++)
        at += snprintf(uuid + at, sizeof(uuid) - (size_t)at, "%s%02x",
                       i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                       c->uuid[i]);
    snprintf(line, CHOOSE_LINE, "%u  %-10s  %s  %s  %s", index,
             choose_type_name(c->type), c->name, uuid, c->driver);
    return line;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Whether text is a UUID and nothing else; dashes may be anywhere. */
static bool parse_uuid(const char *text, uint8_t uuid[VK_UUID_SIZE])
{
    uint32_t digits = 0;

    memset(uuid, 0, VK_UUID_SIZE);
    for (; *text; text++) {
        int v = hex_digit(*text);
        if (*text == '-')
            continue;
        if (v < 0 || digits == 2 * VK_UUID_SIZE)
            return false;
        uuid[digits / 2] = (uint8_t)(uuid[digits / 2] << 4 | v);
        digits++;
    }
    return digits == 2 * VK_UUID_SIZE;
}

/* Whether text is a number below n and nothing else. */
static bool parse_index(const char *text, uint32_t n, uint32_t *index)
{
    uint32_t v = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        v = v * 10 + (uint32_t)(*text - '0');
        if (v >= n)
            return false;
    }
    *index = v;
    return true;
}

static bool contains(const char *name, const char *part)
{
    size_t len = strlen(part);

    for (; strlen(name) >= len; name++)
        if (strncasecmp(name, part, len) == 0)
            return true;
    return false;
}

/* DEVICE_NONE, AMBIGUOUS or an index. */
static uint32_t find(const struct device_candidate *c, uint32_t n,
                     const char *gpu)
{
    uint8_t uuid[VK_UUID_SIZE];
    bool by_uuid = parse_uuid(gpu, uuid);
    uint32_t found = DEVICE_NONE;

    if (!by_uuid && parse_index(gpu, n, &found))
        return found;
    for (uint32_t i = 0; i < n; i++) {
        if (by_uuid ? memcmp(c[i].uuid, uuid, sizeof(uuid)) != 0
                    : !*gpu || !contains(c[i].name, gpu))
            continue;
        if (found != DEVICE_NONE)
            return AMBIGUOUS;
        found = i;
    }
    return found;
}

static uint32_t choose_freely(const struct device_candidate *c, uint32_t n,
                              const struct log *log)
{
    uint32_t best = choose_best(c, n);

    if (best == DEVICE_NONE)
        log_info(log,
                 "no Vulkan: none of %u devices has version 1.2, timeline "
                 "semaphores and a compute queue",
                 n);
    return best;
}

uint32_t choose_device(const struct device_candidate *c, uint32_t n,
                       const char *gpu, const struct log *log)
{
    const char *why = NULL;
    uint32_t found;

    if (!gpu || strcasecmp(gpu, "auto") == 0)
        return choose_freely(c, n, log);
    found = find(c, n, gpu);
    if (found == AMBIGUOUS)
        why = "fits several Vulkan devices";
    else if (found == DEVICE_NONE)
        why = "fits no Vulkan device";
    else if (!usable(&c[found]))
        why = "lacks version 1.2, timeline semaphores or a compute queue";
    if (!why)
        return found;
    log_error(log, "GPU '%s' %s; there %s:", gpu, why,
              n == 0   ? "is none"
              : n == 1 ? "is one"
                       : "are");
    for (uint32_t i = 0; i < n; i++) {
        char line[CHOOSE_LINE];
        log_error(log, "  %s", choose_describe(&c[i], i, line));
    }
    return DEVICE_NONE;
}
