// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/page.h"

#include <event2/http.h>
#include <stdint.h>
#include <string.h>

#include "netsink/reply.h"
#include "web_assets.h" /* made by the build */

/* Nothing inline, nothing from elsewhere, in nobody's frame. */
#define CSP                                                    \
    "default-src 'none'; media-src 'self'; style-src 'self'; " \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

struct file {
    const char *path;
    const char *type;
    const char *etag;
    const uint8_t *data, *end;
};

static const struct file files[] = {
    {"/", "text/html; charset=utf-8", ASSET_INDEX_HTML_ETAG, asset_index_html,
     asset_index_html_end},
    {"/style.css", "text/css; charset=utf-8", ASSET_STYLE_CSS_ETAG,
     asset_style_css, asset_style_css_end},
};

static void serve(struct evhttp_request *req, const struct file *f)
{
    const char *known = evhttp_find_header(
        evhttp_request_get_input_headers(req), "If-None-Match");

    reply_header(req, "ETag", f->etag);
    reply_header(req, "Cache-Control", "no-cache"); /* ask before use */
    reply_header(req, "Content-Security-Policy", CSP);
    reply_header(req, "Referrer-Policy", "no-referrer");
    /* A list of tags or "*" (RFC 9110 13.1.2); ours holds its quotes, so it is
       found only whole. */
    if (known && (strstr(known, f->etag) || strcmp(known, "*") == 0))
        evhttp_send_reply(req, 304, "Not Modified", NULL);
    else
        reply_body(req, 200, f->type, f->data, (size_t)(f->end - f->data));
}

bool page_serve(struct evhttp_request *req, const char *path)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (strcmp(path, files[i].path) == 0) {
            if (reply_method_ok(req))
                serve(req, &files[i]);
            return true;
        }
    }
    return false;
}
