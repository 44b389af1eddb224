// SPDX-License-Identifier: GPL-3.0-or-later
/* XML from strangers by expat, and to them by hand. */
#include <errno.h>
#include <expat.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graph/patch_priv.h"
#include "graph/text.h"

struct reader {
    const struct patch_in *in;
    const struct patch_xml_ops *ops;
    void *ctx;
    XML_Parser expat;
    int depth; /* elements that are open */
    int err;
    char *text; /* of the innermost element */
    size_t len, room;
};

static unsigned long line(const struct reader *r)
{
    return XML_GetCurrentLineNumber(r->expat);
}

static void stop(struct reader *r, int err)
{
    r->err = err;
    XML_StopParser(r->expat, XML_FALSE);
}

static void XMLCALL on_open(void *ctx, const XML_Char *tag,
                            const XML_Char **attrs)
{
    struct reader *r = ctx;
    int err = 0;

    r->len = 0;
    if (++r->depth > PATCH_DEPTH_MAX)
        err = patch_in_error(r->in, line(r),
                             "found <%s> within %d others; allowed: %d", tag,
                             r->depth - 1, PATCH_DEPTH_MAX - 1);
    else
        err = r->ops->open(r->ctx, line(r), tag, (const char *const *)attrs);
    if (err < 0)
        stop(r, err);
}

static void XMLCALL on_close(void *ctx, const XML_Char *tag)
{
    struct reader *r = ctx;
    int err;

    if (r->err < 0) /* expat closes an empty element even when told to stop */
        return;
    r->depth--;
    r->text[r->len] = '\0';
    err = r->ops->close(r->ctx, line(r), tag, r->text);
    r->len = 0;
    if (err < 0)
        stop(r, err);
}

static void XMLCALL on_text(void *ctx, const XML_Char *s, int n)
{
    struct reader *r = ctx;
    size_t need = r->len + (size_t)n + 1;

    if (r->err < 0)
        return;
    if (need > r->room) {
        char *grown = realloc(r->text, 2 * need);

        if (!grown) {
            stop(r, -ENOMEM);
            return;
        }
        r->text = grown;
        r->room = 2 * need;
    }
    memcpy(r->text + r->len, s, (size_t)n);
    r->len += (size_t)n;
}

/* No patchbay has them, but every XML bomb does. */
static void XMLCALL on_entity(void *ctx, const XML_Char *name, int is_parameter,
                              const XML_Char *value, int len,
                              const XML_Char *base, const XML_Char *system,
                              const XML_Char *public, const XML_Char *notation)
{
    struct reader *r = ctx;

    (void)is_parameter, (void)value, (void)len, (void)base, (void)system;
    (void)public, (void)notation;
    if (r->err == 0)
        stop(r, patch_in_error(r->in, line(r),
                               "found the declaration of an entity '%s'; "
                               "allowed: none",
                               name));
}

static int parse(struct reader *r)
{
    enum XML_Error code;

    XML_SetUserData(r->expat, r);
    XML_SetElementHandler(r->expat, on_open, on_close);
    XML_SetCharacterDataHandler(r->expat, on_text);
    XML_SetEntityDeclHandler(r->expat, on_entity);
    if (XML_Parse(r->expat, r->in->text, (int)r->in->size, 1) == XML_STATUS_OK)
        return 0;
    if (r->err < 0)
        return r->err;
    code = XML_GetErrorCode(r->expat);
    if (code == XML_ERROR_NO_MEMORY)
        return -ENOMEM;
    return patch_in_error(r->in, line(r), "not XML: %s", XML_ErrorString(code));
}

int patch_xml_read(const struct patch_in *in, const struct patch_xml_ops *ops,
                   void *ctx)
{
    struct reader r = {.in = in, .ops = ops, .ctx = ctx, .room = 64};
    int err = -ENOMEM;

    if (in->size > PATCH_SIZE_MAX)
        return patch_in_error(in, 0, "found %zu bytes; allowed: %d", in->size,
                              PATCH_SIZE_MAX);
    r.text = malloc(r.room);
    r.expat = XML_ParserCreate(NULL);
    if (r.text && r.expat)
        err = parse(&r);
    if (r.expat)
        XML_ParserFree(r.expat);
    free(r.text);
    return err;
}

const char *patch_xml_attr(const char *const *attrs, const char *name)
{
    for (; *attrs; attrs += 2)
        if (strcmp(attrs[0], name) == 0)
            return attrs[1];
    return NULL;
}

/* ---- writing ------------------------------------------------------------ */

bool patch_xml_can(const char *text)
{
    size_t size = strlen(text) + 1;
    char *clean = malloc(size);
    bool same;

    if (!clean)
        return false;
    text_clean(clean, size, text);
    same = strcmp(clean, text) == 0;
    free(clean);
    /* UTF-8, but no characters of XML */
    return same && !strstr(text, "\xef\xbf\xbe") &&
           !strstr(text, "\xef\xbf\xbf");
}

void patch_xml_put(FILE *f, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", f);
            break;
        case '<':
            fputs("&lt;", f);
            break;
        case '>':
            fputs("&gt;", f);
            break;
        case '"':
            fputs("&quot;", f);
            break;
        default:
            fputc(*text, f);
        }
}

void patch_xml_put_attr(FILE *f, const char *name, const char *value)
{
    fprintf(f, " %s=\"", name);
    patch_xml_put(f, value);
    fputc('"', f);
}
