// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/playlist.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOST_MAX 255 /* bytes, as names have at most, and no longer numbers */
#define LINK_MAX 512
#define STREAM   ".opus"

static const struct {
    const char *suffix, *type;
} kinds[] = {
    [PLAYLIST_M3U] = {".m3u", "audio/x-mpegurl"},
    [PLAYLIST_PLS] = {".pls", "audio/x-scpls"},
    [PLAYLIST_XSPF] = {".xspf", "application/xspf+xml"},
};

const char *playlist_type(enum playlist_kind kind)
{
    return kinds[kind].type;
}

int playlist_parse(struct playlist *p, const struct mount *mounts,
                   uint32_t n_mounts, const char *path, const char *query,
                   char said[QUERY_SAID])
{
    char stream[1 + MOUNT_NAME_MAX + sizeof(STREAM)];

    said[0] = '\0';
    for (int i = PLAYLIST_M3U; i <= PLAYLIST_XSPF; i++) {
        size_t n = strlen(path), end = strlen(kinds[i].suffix);
        if (n <= end || n - end > 1 + MOUNT_NAME_MAX ||
            strcmp(path + n - end, kinds[i].suffix) != 0)
            continue;
        p->kind = (enum playlist_kind)i;
        /* Its stream's query is its own. */
        snprintf(stream, sizeof(stream), "%.*s" STREAM, (int)(n - end), path);
        return query_parse(&p->q, mounts, n_mounts, stream, query, said);
    }
    return -ENOENT;
}

bool playlist_host_ok(const char *host)
{
    static const char digits[] = "0123456789";
    static const char letters[] = "0123456789.-_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz";
    size_t n;

    if (!host || strlen(host) > HOST_MAX)
        return false;
    if (*host == '[') {
        n = 1 + strspn(host + 1, "0123456789abcdefABCDEF:.");
        if (n < 3 || host[n++] != ']')
            return false;
    } else {
        n = strspn(host, letters);
        if (n == 0)
            return false;
    }
    if (host[n] == '\0')
        return true;
    return host[n] == ':' && host[n + 1] &&
           strspn(host + n + 1, digits) == strlen(host + n + 1) &&
           strlen(host + n + 1) <= 5;
}

/* The stream's URL. in_xml: "&" is written as XML has it; nothing else in it
   means anything there. */
static void write_link(const struct playlist *p, const char *base, bool in_xml,
                       char text[LINK_MAX])
{
    const struct query *q = &p->q;
    const char *mark = "?";
    int n = snprintf(text, LINK_MAX, "%s/%s" STREAM, base, q->mount->name);

    if (q->latency != LATENCY_SAFE && n < LINK_MAX) {
        n += snprintf(text + n, (size_t)(LINK_MAX - n), "%slatency=%s", mark,
                      latency_classes[q->latency].name);
        mark = in_xml ? "&amp;" : "&";
    }
    if (q->pinned && n < LINK_MAX)
        snprintf(text + n, (size_t)(LINK_MAX - n), "%sbitrate=%u", mark,
                 (unsigned)q->mount->rungs[q->rung].spec.kbps);
}

size_t playlist_write(const struct playlist *p, const char *base,
                      char text[PLAYLIST_MAX])
{
    const char *mount = p->q.mount->name; /* of a-z, 0-9, _ and - */
    char link[LINK_MAX];
    int n = 0;

    write_link(p, base, p->kind == PLAYLIST_XSPF, link);
    switch (p->kind) {
    case PLAYLIST_M3U:
        n = snprintf(text, PLAYLIST_MAX,
                     "#EXTM3U\n#EXTINF:-1,Longwave %s\n%s\n", mount, link);
        break;
    case PLAYLIST_PLS:
        n = snprintf(text, PLAYLIST_MAX,
                     "[playlist]\nNumberOfEntries=1\nFile1=%s\n"
                     "Title1=Longwave %s\nLength1=-1\nVersion=2\n",
                     link, mount);
        break;
    case PLAYLIST_XSPF:
        n = snprintf(
            text, PLAYLIST_MAX,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\">\n"
            "  <title>Longwave</title>\n"
            "  <trackList>\n"
            "    <track>\n"
            "      <location>%s</location>\n"
            "      <title>Longwave %s</title>\n"
            "    </track>\n"
            "  </trackList>\n"
            "</playlist>\n",
            link, mount);
        break;
    }
    return n > 0 && n < PLAYLIST_MAX ? (size_t)n : 0;
}
