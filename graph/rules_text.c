// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One side of a rule, from its text: an exact name, or a POSIX extended regex
 * between slashes. regexec() finds the leftmost and longest match, so one that
 * could be the whole text is; and there are no back references in what it gets,
 * which would take it for ever.
 */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "graph/rules_priv.h"
#include "graph/text.h"

#define SHOWN     80   /* bytes of a text in a message */
#define ITEMS_MAX 5000 /* of a regex with its repetitions written out */

#define ALLOWED \
    "a port (client:port), a client, or a regex of either between slashes"

static void say(char *why, size_t size, const char *text, const char *allowed,
                const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void say(char *why, size_t size, const char *text, const char *allowed,
                const char *fmt, ...)
{
    char shown[SHOWN], words[2 * SHOWN];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(words, sizeof(words), fmt, ap);
    va_end(ap);
    text_clean(shown, sizeof(shown), text);
    snprintf(why, size, "found '%s' (%s); allowed: %s", shown, words, allowed);
}

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

/* ---- walking a regex ---------------------------------------------------- */

/* Bytes of the [...] at p; where it doesn't end, all the rest. */
static size_t bracket_len(const char *p)
{
    size_t i = 1;

    if (p[i] == '^')
        i++;
    if (p[i] == ']')
        i++;
    while (p[i] && p[i] != ']') {
        if (p[i] == '[' && p[i + 1] && strchr(":.=", p[i + 1])) {
            char close[3] = {p[i + 1], ']', '\0'};
            const char *end = strstr(p + i + 2, close);
            if (!end)
                return i + strlen(p + i);
            i = (size_t)(end - p) + 2;
        } else {
            i++;
        }
    }
    return p[i] ? i + 1 : i;
}

/* Bytes of what stands at p: a bracket, an escape or one character. */
static size_t item_len(const char *p)
{
    if (*p == '[')
        return bracket_len(p);
    if (*p == '\\' && p[1])
        return 2;
    return 1;
}

/* The group that an item stands for, or 0. */
static int group_of(const char *p)
{
    return *p == '\\' && p[1] >= '1' && p[1] <= '9' ? p[1] - '0' : 0;
}

static size_t side_item_len(const struct rules_side *s, const char *p)
{
    if (s->regex)
        return item_len(p);
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

static bool repeated(char c)
{
    return c && strchr("*+?{", c);
}

/* How often a quantifier at p has what is before it; its bytes. regcomp() makes
   as many copies, of what is copies itself already where they are nested. */
static double times(const char *p, size_t *len)
{
    const char *end = strchr(p, '}');
    double most = 1.0;

    *len = 1;
    if (*p == '+')
        return 2.0;
    if (*p != '{')
        return 1.0;
    *len = end ? (size_t)(end - p) + 1 : strlen(p);
    for (size_t i = 1; i < *len; i++)
        most = fmax(most, strtod(p + i, NULL) + 1.0);
    return most;
}

/* Items of all that is up to the ')' of this level, written out. */
static double written_out(const char **p)
{
    double sum = 0.0;
    size_t len;

    while (**p && **p != ')') {
        double n = 1.0;
        if (**p == '(') {
            ++*p;
            n = written_out(p);
            *p += **p == ')';
        } else {
            *p += item_len(*p);
        }
        for (; repeated(**p); *p += len)
            n *= times(*p, &len);
        sum += n;
    }
    return sum;
}

/* The character that an item is literally, or 0. */
static char literal(const char *p)
{
    if (*p == '\\')
        return p[1] && strchr("\\.[]()*+?{}|^$/:-", p[1]) ? p[1] : '\0';
    if ((uint8_t)*p >= 0x80) /* of what is more than a byte */
        return '\0';
    return strchr(".[()*+?{|^$", *p) ? '\0' : *p;
}

/* Bytes from p, just after a '(', to after its ')'. */
static size_t parens_len(const char *p)
{
    const char *start = p;
    int depth = 1;

    while (*p && depth > 0) {
        depth += (*p == '(') - (*p == ')');
        p += item_len(p);
    }
    return (size_t)(p - start);
}

/*
 * What every match starts and ends with: the literal characters before the
 * first thing that isn't one, and after the last. Both have room for the
 * pattern. A '|' that isn't in parentheses leaves nothing.
 */
static void find_literals(const char *pattern, char *starts, char *ends)
{
    size_t first = 0, run = 0;
    bool whole = true; /* nothing but literals until now */

    for (const char *p = pattern; *p;) {
        size_t len = item_len(p);
        char c = literal(p);
        bool again = repeated(p[len]);

        if (*p == '|') {
            first = run = 0;
            break;
        }
        if (*p == '(')
            len += parens_len(p + 1);
        else if (*p == '{')
            (void)times(p, &len);
        if (c && !again) {
            if (whole)
                starts[first++] = c;
            ends[run++] = c;
        } else if (!(*p == '^' && p == pattern) &&
                   !(*p == '$' && p[1] == '\0')) {
            whole = false;
            run = 0;
        }
        p += len;
    }
    starts[first] = '\0';
    ends[run] = '\0';
}

/* ---- making ------------------------------------------------------------- */

void rules_side_free(struct rules_side *s)
{
    if (s->regex && s->starts)
        regfree(&s->re);
    free(s->text);
    free(s->name);
    free(s->starts);
    free(s->ends);
    *s = (struct rules_side){.text = NULL};
}

/* shown is what it comes from. */
static int compile(struct rules_side *s, const char *shown, char *why,
                   size_t size)
{
    const char *p = s->name;
    char words[SHOWN];
    int r;

    if (written_out(&p) > ITEMS_MAX) {
        say(why, size, shown, "at most 5000",
            "all that it repeats, written "
            "out, is more than 5000 characters");
        return -EINVAL;
    }
    r = regcomp(&s->re, s->name, REG_EXTENDED);
    if (r == REG_ESPACE)
        return -ENOMEM;
    if (r != 0) {
        regerror(r, &s->re, words, sizeof(words));
        say(why, size, shown, "a POSIX extended regex between slashes", "%s",
            words);
        return -EINVAL;
    }
    s->starts = malloc(strlen(s->name) + 1);
    s->ends = malloc(strlen(s->name) + 1);
    if (!s->starts || !s->ends) {
        if (!s->starts) /* what rules_side_free() goes by */
            regfree(&s->re);
        return -ENOMEM;
    }
    find_literals(s->name, s->starts, s->ends);
    return 0;
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
        r = compile(&tried, s->text, why, size);
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
        say(why, size, s->text, "groups, and \\1 to \\9 for them in 'to'",
            "\\%d is for 'to' alone", last);
    else if (!from->regex)
        say(why, size, s->text, "\\1 to \\9 where 'from' is a regex",
            "\\%d, but 'from' is no regex between slashes", last);
    else
        say(why, size, s->text,
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
        say(why, size, text, "at most 1023 bytes", "%zu bytes", len);
    else if (!is_utf8(text))
        say(why, size, text, ALLOWED, "bytes that are no UTF-8");
    else if (strcmp(text, "//") == 0)
        say(why, size, text, ALLOWED, "a regex of nothing");
    else if (text[0] == '/' && (len == 1 || text[len - 1] != '/'))
        say(why, size, text, ALLOWED, "a slash before a regex, none after it");
    else if (text[0] != '/' && colon == text)
        say(why, size, text, ALLOWED, "no client before the colon");
    else if (text[0] != '/' && colon && !colon[1])
        say(why, size, text, ALLOWED, "no port after the colon");
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
                     : compile(s, s->text, why, size);
}

int rules_side_init(struct rules_side *out, const char *text,
                    const struct rules_side *from, char *why, size_t size)
{
    int r = check_text(text, why, size);

    *out = (struct rules_side){.text = NULL};
    if (r == 0)
        r = make(out, text, text[0] == '/', from, why, size);
    if (r == -ENOMEM)
        snprintf(why, size, "out of memory");
    if (r < 0)
        rules_side_free(out);
    return r;
}

/* ---- matching and filling ----------------------------------------------- */

bool rules_matches(const struct rules_side *s, const char *text,
                   regmatch_t m[RULES_GROUPS])
{
    size_t len = strlen(text), first, last;
    regmatch_t whole[1];

    assert(!s->groups);
    if (!s->regex)
        return strcmp(s->name, text) == 0;
    first = strlen(s->starts);
    last = strlen(s->ends);
    if (first > len || last > len || memcmp(text, s->starts, first) != 0 ||
        memcmp(text + len - last, s->ends, last) != 0)
        return false;
    if (regexec(&s->re, text, m ? RULES_GROUPS : 1, m ? m : whole, 0) != 0)
        return false;
    if (!m)
        m = whole;
    return m[0].rm_so == 0 && (size_t)m[0].rm_eo == len;
}

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
