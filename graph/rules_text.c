// SPDX-License-Identifier: GPL-3.0-or-later
/* One side of a rule, from its text: an exact name, or a POSIX extended regex
   between slashes; and what its groups are filled with. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "graph/rules_priv.h"
#include "graph/text.h"

#define SHOWN 80 /* bytes of a text in a message */

#define ALLOWED \
    "a port (client:port), a client, or a regex of either between slashes"

size_t rules_utf8(const char *s, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *b = (const uint8_t *)s;
    size_t len = b[0] < 0x80   ? 1
                 : b[0] < 0xc0 ? 0
                 : b[0] < 0xe0 ? 2
                 : b[0] < 0xf0 ? 3
                 : b[0] < 0xf8 ? 4
                               : 0;

    if (len == 0 || b[0] == 0)
        return 0;
    *code = len == 1 ? b[0] : b[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xc0) != 0x80) /* the NUL, too */
            return 0;
        *code = *code << 6 | (b[i] & 0x3f);
    }
    if (*code < least[len] || *code > 0x10ffff ||
        (*code >= 0xd800 && *code < 0xe000))
        return 0;
    return len;
}

static bool is_utf8(const char *s)
{
    uint32_t code;

    while (*s) {
        size_t len = rules_utf8(s, &code);
        if (len == 0)
            return false;
        s += len;
    }
    return true;
}

/* ---- groups -------------------------------------------------------------- */

/* The group that an item stands for, or 0. */
static int group_of(const char *p)
{
    return *p == '\\' && p[1] >= '1' && p[1] <= '9' ? p[1] - '0' : 0;
}

static size_t side_item_len(const struct rules_side *s, const char *p)
{
    if (s->regex)
        return rules_item_len(p);
    return group_of(p) ? 2 : 1;
}

static bool has_colon(const struct rules_side *s)
{
    for (const char *p = s->name; *p; p += side_item_len(s, p))
        if (*p == ':' || (p[0] == '\\' && p[1] == ':' && s->regex))
            return true;
    return false;
}

/* The greatest number of a group in a text, or 0. */
static int last_group(const struct rules_side *s)
{
    int last = 0;

    for (const char *p = s->name; *p; p += side_item_len(s, p))
        if (group_of(p) > last)
            last = group_of(p);
    return last;
}

/* ---- making ------------------------------------------------------------- */

void rules_side_free(struct rules_side *s)
{
    rules_uncompile(s);
    free(s->text);
    free(s->name);
    *s = (struct rules_side){.text = NULL};
}

/* A regex with groups is tried with a letter in place of each, so that what is
   wrong with it is said when it is read. */
static int try_groups(const struct rules_side *s, char *why, size_t size)
{
    struct rules_side tried = {.regex = true};
    regmatch_t m[RULES_GROUPS];
    int r = -ENOMEM;

    for (int i = 0; i < RULES_GROUPS; i++)
        m[i] = (regmatch_t){0, 1};
    tried.text = rules_fill_text(s, "x", m);
    if (tried.text)
        tried.name = strndup(tried.text + 1, strlen(tried.text) - 2);
    if (tried.name)
        r = rules_compile(&tried, s->text, why, size);
    rules_side_free(&tried);
    return r;
}

static int check_groups(struct rules_side *s, const struct rules_side *from,
                        char *why, size_t size)
{
    int last = last_group(s);
    size_t has = from && from->regex ? from->re.re_nsub : 0;

    s->groups = from && last > 0;
    if (last == 0 || (size_t)last <= has)
        return 0;
    if (!from && !s->regex) /* a name with a backslash in it */
        return 0;
    if (!from)
        rules_say(why, size, s->text, "groups, and \\1 to \\9 for them in 'to'",
                  "\\%d is for 'to' alone", last);
    else if (!from->regex)
        rules_say(why, size, s->text, "\\1 to \\9 where 'from' is a regex",
                  "\\%d, but 'from' is no regex between slashes", last);
    else
        rules_say(why, size, s->text,
                  has == 0 ? "no \\1, or a group in 'from'"
                           : "the numbers of its groups",
                  "\\%d, but the regex of 'from' has %zu group%s", last, has,
                  has == 1 ? "" : "s");
    return -EINVAL;
}

static int check_text(const char *text, char *why, size_t size)
{
    size_t len = strlen(text);
    const char *colon = strchr(text, ':');

    if (len == 0) {
        snprintf(why, size, "found nothing; allowed: %s", ALLOWED);
        return -EINVAL;
    }
    if (len >= RULES_TEXT_MAX)
        rules_say(why, size, text, "at most 1023 bytes", "%zu bytes", len);
    else if (!is_utf8(text))
        rules_say(why, size, text, ALLOWED, "bytes that are no UTF-8");
    else if (strcmp(text, "//") == 0)
        rules_say(why, size, text, ALLOWED, "a regex of nothing");
    else if (text[0] == '/' && (len == 1 || text[len - 1] != '/'))
        rules_say(why, size, text, ALLOWED,
                  "a slash before a regex, none after it");
    else if (text[0] != '/' && colon == text)
        rules_say(why, size, text, ALLOWED, "no client before the colon");
    else if (text[0] != '/' && colon && !colon[1])
        rules_say(why, size, text, ALLOWED, "no port after the colon");
    else
        return 0;
    return -EINVAL;
}

/* The text is fit. */
static int make(struct rules_side *s, const char *text, bool regex,
                const struct rules_side *from, char *why, size_t size)
{
    size_t len = strlen(text);
    int r;

    *s = (struct rules_side){.regex = regex};
    s->text = strdup(text);
    s->name = regex ? strndup(text + 1, len - 2) : strdup(text);
    if (!s->text || !s->name)
        return -ENOMEM;
    r = check_groups(s, from, why, size);
    if (r < 0)
        return r;
    s->client = !has_colon(s);
    if (!s->regex)
        return 0;
    return s->groups ? try_groups(s, why, size)
                     : rules_compile(s, s->text, why, size);
}

int rules_side_init(struct rules_side *out, const char *text,
                    const struct rules_side *from, char *why, size_t size)
{
    int r = check_text(text, why, size);

    *out = (struct rules_side){.text = NULL};
    if (r == 0)
        r = make(out, text, text[0] == '/', from, why, size);
    if (r == 0 && out->regex && !out->groups)
        r = rules_split(out);
    if (r == -ENOMEM)
        snprintf(why, size, "out of memory");
    if (r < 0)
        rules_side_free(out);
    return r;
}

/* ---- filling ------------------------------------------------------------ */

/* Appends so that a regex takes it literally, a byte that is no UTF-8 as a
   dot. Returns where it ends; needs twice the room. */
static char *escape(char *at, const char *text, size_t len)
{
    uint32_t code;

    for (size_t i = 0; i < len;) {
        size_t n = rules_utf8(text + i, &code);
        if (n == 0 || i + n > len) {
            *at++ = '.';
            i++;
            continue;
        }
        if (strchr(".[()*+?{|^$\\", text[i]))
            *at++ = '\\';
        memcpy(at, text + i, n);
        at += n;
        i += n;
    }
    return at;
}

char *rules_fill_text(const struct rules_side *to, const char *text,
                      const regmatch_t m[RULES_GROUPS])
{
    size_t room = strlen(to->text) + 1, len;
    const char *p, *end = to->text + strlen(to->text);
    char *out, *at;

    for (p = to->text; *p; p++)
        if (group_of(p))
            room += 2 * strlen(text) + 2;
    out = at = malloc(room);
    if (!out)
        return NULL;
    for (p = to->text; p < end; p += len) {
        const regmatch_t *g = &m[group_of(p)];
        const char *found = text + (g->rm_so < 0 ? 0 : g->rm_so);
        size_t n = g->rm_so < 0 ? 0 : (size_t)(g->rm_eo - g->rm_so);

        len = side_item_len(to, p);
        if (!group_of(p)) {
            memcpy(at, p, len);
            at += len;
        } else if (to->regex) {
            *at++ = '(';
            at = escape(at, found, n);
            *at++ = ')';
        } else {
            memcpy(at, found, n);
            at += n;
        }
    }
    *at = '\0';
    return out;
}

int rules_fill(struct rules_side *out, const struct rules_side *to,
               const char *text, const regmatch_t m[RULES_GROUPS])
{
    char why[RULES_WHY];
    char *filled = rules_fill_text(to, text, m);
    int r = -ENOMEM;

    *out = (struct rules_side){.text = NULL};
    if (filled && (!filled[0] || strlen(filled) >= RULES_TEXT_MAX))
        r = -EINVAL;
    else if (filled)
        r = make(out, filled, to->regex, NULL, why, sizeof(why));
    if (r < 0)
        rules_side_free(out);
    free(filled);
    return r;
}

char *rules_exact_text(const char *name, bool to)
{
    bool odd = name[0] == '/' || !is_utf8(name);
    char *text, *at;

    for (const char *p = name; *p && to; p++)
        odd = odd || group_of(p);
    if (!odd)
        return strdup(name);
    text = at = malloc(2 * strlen(name) + 3);
    if (!text)
        return NULL;
    *at++ = '/';
    at = escape(at, name, strlen(name));
    *at++ = '/';
    *at = '\0';
    return text;
}
