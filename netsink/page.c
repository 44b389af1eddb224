// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/page.h"

#include <errno.h>
#include <event2/http.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "netsink/reply.h"
#include "web_assets.h" /* made by the build */

/* Nothing inline, nothing from elsewhere, in nobody's frame. A Media Source's
   URL is a blob. */
#define CSP                                                            \
    "default-src 'none'; script-src 'self'; style-src 'self'; "        \
    "img-src 'self' data:; connect-src 'self'; media-src 'self' "      \
    "blob:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; " \
    "form-action 'none'; frame-ancestors 'none'"

#define FILES     (sizeof(web_assets) / sizeof(web_assets[0]))
#define NAME_SIZE 128 /* of a file of ours, and the end */
#define DESK      "desk/"
#define INDEX     "index.html"
#define USUAL     "live" /* the mount that index.html names, as "/live.KIND" */

struct page_home {
    size_t len; /* bytes of text */
    char etag[NAME_SIZE];
    char text[];
};

static const char *type_of(const char *file)
{
    static const struct {
        const char *end, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
    };
    const char *end = strrchr(file, '.');

    for (size_t i = 0; end && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(end, types[i].end) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

bool page_gzip_ok(const char *accepted)
{
    static const char name[] = "gzip";
    const char *at = accepted;
    bool ok = false;

    while (at && *at) {
        size_t n = strcspn(at, ",");
        const char *p = at + strspn(at, " \t"), *end = at + n;

        if (end - p >= 4 && strncasecmp(p, name, 4) == 0 &&
            (end - p == 4 || strchr(" \t;", p[4]))) {
            const char *q = memchr(p, '=', (size_t)(end - p));
            /* ";q=0": not at all; a number here ends where the element does */
            ok = !q || strtod(q + 1, NULL) > 0;
        }
        at = *end ? end + 1 : end;
    }
    return ok;
}

/* home: instead of the file's bytes, or NULL. */
static void serve(struct evhttp_request *req, size_t i,
                  const struct page_home *home)
{
    const char *known = reply_said(req, "If-None-Match");
    bool packed = !home && page_gzip_ok(reply_said(req, "Accept-Encoding"));
    const char *etag = home ? home->etag : web_assets[i].as[packed].etag;
    const uint8_t *data = web_assets[i].as[packed].data;
    size_t len = (size_t)(web_assets[i].as[packed].end - data);

    reply_header(req, "ETag", etag);
    reply_header(req, "Vary", "Accept-Encoding");
    reply_header(req, "Cache-Control", "no-cache"); /* ask before use */
    reply_header(req, "Content-Security-Policy", CSP);
    reply_header(req, "Referrer-Policy", "no-referrer");
    /* A list of tags or "*" (RFC 9110 13.1.2); ours holds its quotes, so it is
       found only whole. */
    if (known && (strstr(known, etag) || strcmp(known, "*") == 0)) {
        evhttp_send_reply(req, 304, "Not Modified", NULL);
        return;
    }
    if (packed)
        reply_header(req, "Content-Encoding", "gzip");
    reply_body(req, 200, type_of(web_assets[i].file),
               home ? (const void *)home->text : data, home ? home->len : len);
}

/* FILES: none. */
static size_t find(const char *file)
{
    size_t i = 0;

    while (i < FILES && strcmp(web_assets[i].file, file) != 0)
        i++;
    return i;
}

/* The file that a path means on a page, or FILES. */
static size_t choose(enum page page, const char *path)
{
    char desk[NAME_SIZE + sizeof(DESK)];
    const char *file = path + 1;
    size_t i = FILES;

    if (*path != '/' || strlen(path) >= NAME_SIZE)
        return FILES;
    if (*file == '\0')
        file = INDEX;
    else if (strcmp(file, INDEX) == 0)
        return FILES; /* one file, one address */
    if (page == PAGE_OPERATOR) {
        snprintf(desk, sizeof(desk), DESK "%s", file);
        i = find(desk);
    }
    if (i == FILES && strcmp(path, "/") == 0 && page == PAGE_OPERATOR)
        return FILES;
    if (i == FILES)
        i = find(file);
    if (i < FILES && page == PAGE_LISTENER &&
        strncmp(web_assets[i].file, DESK, strlen(DESK)) == 0)
        return FILES;
    return i;
}

/* The text from src to end with another mount's name; to: NULL, to measure.
   Returns its length. */
static size_t rename_mount(char *to, const char *src, const char *end,
                           const char *mount)
{
    static const char usual[] = "/" USUAL ".";
    const size_t n = sizeof(usual) - 1, name = strlen(mount);
    size_t len = 0;

    while (src < end) {
        const char *at = memmem(src, (size_t)(end - src), usual, n);
        const size_t kept = (size_t)((at ? at + 1 : end) - src);

        if (to)
            memcpy(to + len, src, kept);
        len += kept;
        src += kept;
        if (!at)
            break;
        if (to)
            memcpy(to + len, mount, name);
        len += name;
        src += sizeof(USUAL) - 1;
    }
    return len;
}

int page_home_new(struct page_home **out, const char *mount)
{
    const size_t i = find(INDEX);
    struct page_home *home;
    const char *src, *end;

    *out = NULL;
    if (strcmp(mount, USUAL) == 0 || i == FILES)
        return 0;
    src = (const char *)web_assets[i].as[0].data;
    end = (const char *)web_assets[i].as[0].end;
    home = malloc(sizeof(*home) + rename_mount(NULL, src, end, mount));
    if (!home)
        return -ENOMEM;
    home->len = rename_mount(home->text, src, end, mount);
    /* The file's, without its last quote, and the name. */
    snprintf(home->etag, sizeof(home->etag), "%.*s-%s\"",
             (int)strlen(web_assets[i].as[0].etag) - 1,
             web_assets[i].as[0].etag, mount);
    *out = home;
    return 0;
}

const char *page_home_text(const struct page_home *home, size_t *len)
{
    *len = home->len;
    return home->text;
}

void page_home_free(struct page_home **home)
{
    free(*home);
    *home = NULL;
}

bool page_serve(struct evhttp_request *req, enum page page,
                const struct page_home *home, const char *path)
{
    size_t i = choose(page, path);

    if (i == FILES)
        return false;
    if (reply_method_ok(req))
        serve(req, i,
              page == PAGE_LISTENER && strcmp(path, "/") == 0 ? home : NULL);
    return true;
}
