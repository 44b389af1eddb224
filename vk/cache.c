// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/cache.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_MAX ((size_t)16 << 20) /* bytes; what is larger isn't ours */

bool cache_fits(const void *data, size_t size,
                const VkPhysicalDeviceProperties *props)
{
    VkPipelineCacheHeaderVersionOne h;

    if (size < sizeof(h))
        return false;
    memcpy(&h, data, sizeof(h));
    return h.headerSize >= sizeof(h) && h.headerSize <= size &&
           h.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
           h.vendorID == props->vendorID && h.deviceID == props->deviceID &&
           memcmp(h.pipelineCacheUUID, props->pipelineCacheUUID,
                  VK_UUID_SIZE) == 0;
}

/* Folder of the cache, and its file if d. False if there is no place for it. */
static bool path_of(char path[PATH_MAX], const struct device *d)
{
    const char *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    char file[32] = "";
    int n;

    if (d)
        snprintf(file, sizeof(file), "/vulkan-%08x-%08x", d->props.vendorID,
                 d->props.deviceID);
    if (xdg && xdg[0] == '/')
        n = snprintf(path, PATH_MAX, "%s/longwave%s", xdg, file);
    else if (home && home[0] == '/')
        n = snprintf(path, PATH_MAX, "%s/.cache/longwave%s", home, file);
    else
        return false;
    return n > 0 && n < PATH_MAX - 16; /* room for the temporary's suffix */
}

/* The file's content for the caller to free; NULL if there is none that fits.
 */
static void *load(const struct device *d, size_t *size)
{
    char path[PATH_MAX];
    unsigned char *data = NULL;
    struct stat st;
    FILE *f = NULL;
    bool fits = false;

    if (!path_of(path, d))
        return NULL;
    f = fopen(path, "rbe");
    if (!f || fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode) ||
        st.st_size <= 0 || (size_t)st.st_size > CACHE_MAX)
        goto out;
    *size = (size_t)st.st_size;
    data = malloc(*size);
    if (!data || fread(data, 1, *size, f) != *size)
        goto out;
    fits = cache_fits(data, *size, &d->props);
    log_debug(d->log, "pipeline cache %s: %zu bytes%s", path, *size,
              fits ? "" : ", of another device or driver");
out:
    if (f)
        fclose(f);
    if (!fits) {
        free(data);
        data = NULL;
    }
    return data;
}

VkPipelineCache cache_open(const struct device *d)
{
    size_t size = 0;
    void *data = load(d, &size);
    VkPipelineCacheCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
        .initialDataSize = data ? size : 0,
        .pInitialData = data,
    };
    VkPipelineCache cache = VK_NULL_HANDLE;
    VkResult r = d->vk.vkCreatePipelineCache(d->handle, &info, NULL, &cache);

    free(data);
    if (r == VK_SUCCESS)
        return cache;
    log_debug(d->log, "no pipeline cache: %s (%d)", loader_result_name(r),
              (int)r);
    return VK_NULL_HANDLE;
}

/* Makes the folder and those above it. */
static void make_folder(void)
{
    char path[PATH_MAX];

    if (!path_of(path, NULL))
        return;
    for (char *p = path + 1; *p; p++)
        if (*p == '/') {
            *p = '\0';
            mkdir(path, 0700);
            *p = '/';
        }
    mkdir(path, 0700);
}

/* Errors: -errno. */
static int save(const char *path, const void *data, size_t size)
{
    char temporary[PATH_MAX + 8];
    int fd, ret = 0;

    snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
    fd = mkstemp(temporary);
    if (fd < 0)
        return -errno;
    for (size_t at = 0; ret == 0 && at < size;) {
        ssize_t n = write(fd, (const char *)data + at, size - at);
        if (n < 0)
            ret = -errno;
        else
            at += (size_t)n;
    }
    if (close(fd) < 0 && ret == 0)
        ret = -errno;
    if (ret == 0 && rename(temporary, path) < 0)
        ret = -errno;
    if (ret < 0)
        unlink(temporary);
    return ret;
}

/* The cache's content for the caller to free, or NULL. */
static void *content(VkPipelineCache cache, const struct device *d,
                     size_t *size)
{
    void *data = NULL;

    *size = 0;
    if (d->vk.vkGetPipelineCacheData(d->handle, cache, size, NULL) !=
            VK_SUCCESS ||
        *size == 0 || *size > CACHE_MAX)
        return NULL;
    data = malloc(*size);
    if (!data || d->vk.vkGetPipelineCacheData(d->handle, cache, size, data) !=
                     VK_SUCCESS) {
        free(data);
        return NULL;
    }
    return data;
}

/* Whether the file has just that in it. */
static bool on_disk(const struct device *d, const void *data, size_t size)
{
    size_t old_size = 0;
    void *old = load(d, &old_size);
    bool same = old && old_size == size && memcmp(old, data, size) == 0;

    free(old);
    return same;
}

void cache_close(VkPipelineCache cache, const struct device *d)
{
    char path[PATH_MAX];
    void *data = NULL;
    size_t size;

    if (!cache)
        return;
    data = content(cache, d, &size);
    if (data && path_of(path, d) && !on_disk(d, data, size)) {
        int ret;
        make_folder();
        ret = save(path, data, size);
        log_debug(d->log, "pipeline cache %s: %s", path,
                  ret < 0 ? strerror(-ret) : "written");
    }
    free(data);
    d->vk.vkDestroyPipelineCache(d->handle, cache, NULL);
}
