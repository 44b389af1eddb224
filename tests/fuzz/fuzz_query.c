// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A path, a query and a Range header as strangers write them, with a 0 between
 * them: what is taken makes sense, what is refused is said in clean text.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/query.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/netsink/mounts.h"

#define PARTS 3

static void check(const struct query *q, int err, const char *said)
{
    if (!memchr(said, '\0', QUERY_SAID))
        abort();
    for (const char *c = said; *c; c++) {
        if (*c < ' ' || *c > '~')
            abort();
    }
    if ((err == -EINVAL) != (said[0] != '\0'))
        abort();
    if (err)
        return;
    if (!q->mount || q->rung >= q->mount->n_rungs ||
        q->latency >= LATENCY_CLASSES ||
        (q->kind == STREAM_WAV) !=
            (q->mount->rungs[q->rung].spec.codec == RUNG_WAV))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mount mounts[2];
    struct query q;
    char said[QUERY_SAID];
    char *parts[PARTS]; /* each in memory of its own, for the sanitizer */
    uint64_t first;

    mounts_describe(&mounts[0], "live", 2);
    mounts_describe(&mounts[1], "quiet", 1);
    for (int i = 0; i < PARTS; i++) {
        const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
        size_t len = end ? (size_t)(end - data) : size;

        parts[i] = strndup(size > 0 ? (const char *)data : "", len);
        if (!parts[i])
            abort();
        data += end ? len + 1 : len;
        size -= end ? len + 1 : len;
    }
    check(&q, query_parse(&q, mounts, 2, parts[0], parts[1], said), said);
    if (query_range(parts[2], &first) && !strchr(parts[2], '-'))
        abort();
    for (int i = 0; i < PARTS; i++)
        free(parts[i]);
    return 0;
}
