// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The regexes of rules. regexec() finds the leftmost and longest match, so one
 * that could be the whole text is; and there are no back references in what it
 * gets, which would take it for ever.
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

void rules_say(char *why, size_t size, const char *text, const char *allowed,
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

size_t rules_item_len(const char *p)
{
    if (*p == '[')
        return bracket_len(p);
    if (*p == '\\' && p[1])
        return 2;
    return 1;
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
            *p += rules_item_len(*p);
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
        p += rules_item_len(p);
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
        size_t len = rules_item_len(p);
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

int rules_compile(struct rules_side *s, const char *shown, char *why,
                  size_t size)
{
    const char *p = s->name;
    char words[SHOWN];
    int r;

    if (written_out(&p) > ITEMS_MAX) {
        rules_say(why, size, shown, "at most 5000",
                  "all that it repeats, written "
                  "out, is more than 5000 characters");
        return -EINVAL;
    }
    r = regcomp(&s->re, s->name, REG_EXTENDED);
    if (r == REG_ESPACE)
        return -ENOMEM;
    if (r != 0) {
        regerror(r, &s->re, words, sizeof(words));
        rules_say(why, size, shown, "a POSIX extended regex between slashes",
                  "%s", words);
        return -EINVAL;
    }
    s->starts = malloc(strlen(s->name) + 1);
    s->ends = malloc(strlen(s->name) + 1);
    if (!s->starts || !s->ends) {
        if (!s->starts) /* what rules_uncompile() goes by */
            regfree(&s->re);
        return -ENOMEM;
    }
    find_literals(s->name, s->starts, s->ends);
    return 0;
}

/*
 * Where a pattern's one colon is, if all of it is what stands before, the colon
 * and what stands after: no other one, no '|' around it, nothing that looks
 * beyond the place where it stands. Else NULL.
 */
static const char *only_colon(const char *pattern)
{
    const char *colon = NULL;
    int depth = 0;

    for (const char *p = pattern; *p; p += rules_item_len(p)) {
        depth += (*p == '(') - (*p == ')');
        if (*p == '\\' && (!literal(p) || p[1] == ':'))
            return NULL;
        if ((*p == '^' && p != pattern) || (*p == '$' && p[1]) ||
            (*p == '|' && depth == 0))
            return NULL;
        if (*p != ':')
            continue;
        if (colon || depth > 0 || repeated(p[1]))
            return NULL;
        colon = p;
    }
    return colon;
}

int rules_split(struct rules_side *s)
{
    const char *colon = only_colon(s->name);
    char *client;
    int a, b;

    if (!colon)
        return 0;
    client = strndup(s->name, (size_t)(colon - s->name));
    if (!client)
        return -ENOMEM;
    a = regcomp(&s->client_re, client, REG_EXTENDED);
    b = regcomp(&s->port_re, colon + 1, REG_EXTENDED);
    s->split = a == 0 && b == 0;
    if (a == 0 && !s->split)
        regfree(&s->client_re);
    if (b == 0 && !s->split)
        regfree(&s->port_re);
    free(client);
    return a == REG_ESPACE || b == REG_ESPACE ? -ENOMEM : 0;
}

void rules_uncompile(struct rules_side *s)
{
    if (s->regex && s->starts)
        regfree(&s->re);
    if (s->split) {
        regfree(&s->client_re);
        regfree(&s->port_re);
    }
    free(s->starts);
    free(s->ends);
}

/* ---- matching ----------------------------------------------------------- */

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

bool rules_matches_client(const struct rules_side *s, const char *client)
{
    regmatch_t m;

    return regexec(&s->client_re, client, 1, &m, 0) == 0 && m.rm_so == 0 &&
           (size_t)m.rm_eo == strlen(client);
}

bool rules_matches_port(const struct rules_side *s, const char *port)
{
    size_t len = strlen(port), last = strlen(s->ends);
    regmatch_t m;

    if (!strchr(s->ends, ':') &&
        (last > len || memcmp(port + len - last, s->ends, last) != 0))
        return false;
    return regexec(&s->port_re, port, 1, &m, 0) == 0 && m.rm_so == 0 &&
           (size_t)m.rm_eo == len;
}
