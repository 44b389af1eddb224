// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Rules as YAML. A text is written bare where every reader of YAML takes it for
 * a text, in single quotes where it can stand as it is, else in double quotes
 * with escapes.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "graph/rules_priv.h"

/* What YAML 1.1 or 1.2 take for something else than a text. */
static const char *const words[] = {"true", "false", "yes",   "no", "on",
                                    "off",  "null",  "graph", "y",  "n"};

/* Letters and what is harmless after one, with neither a space nor a colon
   where it would end a key. */
static bool bare(const char *s)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(s, words[i]) == 0)
            return false;
    if (!isalpha((uint8_t)s[0]) || (uint8_t)s[0] >= 0x80)
        return false;
    for (; *s; s++) {
        if ((uint8_t)*s >= 0x80 ||
            (!isalnum((uint8_t)*s) && !strchr("_-.+:/() ", *s)))
            return false;
        if (strchr(" :", *s) && (s[1] == ' ' || s[1] == '\0'))
            return false;
    }
    return true;
}

/* Characters that YAML can hold, and that no reader takes for the end of a
   line. */
static bool printable(uint32_t c)
{
    return (c >= 0x20 && c < 0x7f) ||
           (c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff &&
            c != 0xfffe && c != 0xffff);
}

static void write_escaped(const char *s, FILE *f)
{
    uint32_t code;
    size_t len;

    putc('"', f);
    for (; *s; s += len) {
        len = rules_utf8(s, &code);
        if (len == 0) /* no rule has any */
            len = 1;
        else if (code == '"' || code == '\\')
            fprintf(f, "\\%c", (int)code);
        else if (printable(code))
            fwrite(s, 1, len, f);
        else
            fprintf(f, "\\u%04x", code);
    }
    putc('"', f);
}

static void write_text(const char *s, FILE *f)
{
    uint32_t code;
    size_t len;

    if (bare(s)) {
        fputs(s, f);
        return;
    }
    for (const char *p = s; *p; p += len) {
        len = rules_utf8(p, &code);
        if (len == 0 || !printable(code)) {
            write_escaped(s, f);
            return;
        }
    }
    putc('\'', f);
    for (; *s; s++) {
        if (*s == '\'')
            putc('\'', f);
        putc(*s, f);
    }
    putc('\'', f);
}

static bool plain(const struct rule *r)
{
    return r->fan == RULES_FAN_AUTO && r->type == RULES_BOTH && !r->exclusive &&
           !r->fallback && !r->enforce;
}

static void write_rule(const struct rule *r, FILE *f)
{
    bool cable = plain(r);

    fputs(cable ? "  - [" : "  - {from: ", f);
    write_text(r->from.text, f);
    fputs(cable ? ", " : ", to: ", f);
    write_text(r->to.text, f);
    if (r->fan != RULES_FAN_AUTO)
        fprintf(f, ", fan: %s", rules_fan_names[r->fan]);
    if (r->type != RULES_BOTH)
        fprintf(f, ", type: %s", rules_type_names[r->type]);
    if (r->exclusive)
        fputs(", exclusive: true", f);
    if (r->fallback)
        fputs(", fallback: true", f);
    if (r->enforce)
        fputs(", enforce: true", f);
    fputs(cable ? "]\n" : "}\n", f);
}

int rules_write(const struct rules *r, FILE *f)
{
    fputs(r->n ? "connect:\n" : "connect: []\n", f);
    for (uint32_t i = 0; i < r->n; i++)
        write_rule(&r->rule[i], f);
    if (r->all_alone || r->n_alone > 0) {
        fputs(r->all_alone ? "exclusive: [graph" : "exclusive: [", f);
        for (uint32_t i = 0; i < r->n_alone; i++) {
            if (i > 0 || r->all_alone)
                fputs(", ", f);
            write_text(r->alone[i].text, f);
        }
        fputs("]\n", f);
    }
    return fflush(f) == 0 && !ferror(f) ? 0 : -EIO;
}
