// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A path, a query, a Range header and a Host as strangers write them, with a 0
 * between them: what is taken makes sense, what is refused is said in clean
 * text, and what a link is made of means nothing in a playlist.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "netsink/access.h"
#include "netsink/playlist.h"
#include "netsink/query.h"
#include "netsink/roster.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/netsink/mounts.h"

#define PARTS 4

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

static void check_playlist(const struct mount *mounts, const char *path,
                           const char *query, const char *host)
{
    char said[QUERY_SAID], base[300], text[PLAYLIST_MAX];
    struct playlist p;
    int err = playlist_parse(&p, mounts, 2, path, query, said);

    if (err != -ENOENT)
        check(&p.q, err, said);
    if (err || !playlist_host_ok(host))
        return;
    if (strpbrk(host, "<>&\"'/?# \r\n"))
        abort();
    snprintf(base, sizeof(base), "https://%s", host);
    if (playlist_write(&p, base, text) != strlen(text) || !strstr(text, base))
        abort();
}

static void check_roster(const char *query)
{
    struct roster_query q;
    char said[ROSTER_SAID];
    int err = roster_parse(&q, query, said);

    if ((err == -EINVAL) != (said[0] != '\0'))
        abort();
    if (!err &&
        (q.limit < 1 || q.limit > ROSTER_LIMIT_MAX || q.sort >= ROSTER_SORTS))
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
    check_playlist(mounts, parts[0], parts[1], parts[3]);
    check_roster(parts[1]);
    /* No name that we did not give is the operator's. */
    if (access_host_ok(parts[3], NULL, 0) &&
        strncasecmp(parts[3], "localhost", 9) != 0 &&
        strspn(parts[3], "0123456789abcdefABCDEF.:[]") != strlen(parts[3]))
        abort();
    for (int i = 0; i < PARTS; i++)
        free(parts[i]);
    return 0;
}
