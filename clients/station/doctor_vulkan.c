// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clients/station/doctor_priv.h"
#include "vk/device.h"

#define PATIENCE_MS 20000 /* a driver of a sleeping card takes seconds */

/* In a child: drivers abort, hang and print. */
static void ask_drivers(void *out, const void *ctx)
{
    struct doctor_vulkan *v = out;
    struct loader l;

    (void)ctx;
    v->state = DOCTOR_NO_LOADER;
    if (loader_open(&l, NULL) < 0)
        return;
    loader_close(&l);
    v->state = DOCTOR_NO_DEVICE;
    if (device_list(v->device, &v->n, NULL) == 0 && v->n > 0)
        v->state = DOCTOR_DEVICES;
}

/* Whether any of "FILE:FILE..." can be read. */
static bool leads_somewhere(const char *files)
{
    char *list = strdup(files), *rest = list, *file;
    bool found = false;

    while (!found && (file = strsep(&rest, ":")))
        found = *file && access(file, R_OK) == 0;
    free(list);
    return found;
}

/* The loader takes its drivers from these alone, where they are set. */
static void ask_environment(struct doctor_vulkan *v)
{
    static const char *const names[] = {"VK_DRIVER_FILES", "VK_ICD_FILENAMES"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (!value || !*value || leads_somewhere(value))
            continue;
        snprintf(v->lost_env, sizeof(v->lost_env), "%s", names[i]);
        snprintf(v->lost_value, sizeof(v->lost_value), "%s", value);
        return;
    }
}

/* A graphics card as the kernel shows it, whatever Vulkan thinks. */
static void ask_nodes(struct doctor_vulkan *v)
{
    glob_t g = {0};

    if (access("/dev/nvidiactl", F_OK) == 0) {
        v->nvidia = true;
        snprintf(v->node, sizeof(v->node), "/dev/nvidiactl");
    } else if (glob("/dev/dri/renderD*", 0, NULL, &g) == 0) {
        snprintf(v->node, sizeof(v->node), "%s", g.gl_pathv[0]);
    }
    globfree(&g);
    v->node_denied = *v->node && access(v->node, R_OK | W_OK) < 0;
}

void doctor_ask_vulkan(struct doctor_vulkan *out)
{
    int err =
        doctor_in_child(ask_drivers, NULL, out, sizeof(*out), PATIENCE_MS);

    if (err) {
        out->state = DOCTOR_VULKAN_BROKEN;
        out->broken_by = err > 0 ? err : 0;
    }
    ask_environment(out);
    ask_nodes(out);
}
