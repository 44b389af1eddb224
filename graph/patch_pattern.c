// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "graph/patch_priv.h"

int patch_pattern_read(struct patch_pattern *p, const char *text, bool client,
                       const char **why)
{
    struct patch_regex *re = NULL;
    int err;

    *p = (struct patch_pattern){.text = NULL};
    *why = "nothing";
    if (!*text)
        return -EINVAL;
    err = patch_regex_read(&re, PATCH_PCRE, text, why);
    if (err == 0 && client) {
        *why = "a colon, which clients' names don't have";
        err = patch_regex_without(re, ':');
    }
    if (err == 0)
        err = patch_regex_literal(re, &p->text);
    p->exact = p->text != NULL;
    if (err == 0 && !p->exact)
        err = patch_regex_write(re, PATCH_ERE, &p->text);
    patch_regex_free(&re);
    return err;
}

/* Where in doubt, true. */
static bool matches(const char *ere, const char *name)
{
    regex_t re;
    regmatch_t m;
    bool yes;

    if (regcomp(&re, ere, REG_EXTENDED) != 0)
        return true;
    yes = regexec(&re, name, 1, &m, 0) == 0 && m.rm_so == 0 &&
          (size_t)m.rm_eo == strlen(name);
    regfree(&re);
    return yes;
}

/* Bytes of an ERE that all of what it matches begins with. Alternatives are in
   parentheses. */
static size_t certain(const char *ere)
{
    size_t n = strcspn(ere, "\\^$.|?*+()[{");

    return n > 0 && ere[n] ? n - 1 : n; /* what is repeated may be missing */
}

bool patch_patterns_meet(const struct patch_pattern *a,
                         const struct patch_pattern *b)
{
    size_t n, m;

    if (a->exact && b->exact)
        return strcmp(a->text, b->text) == 0;
    if (a->exact)
        return matches(b->text, a->text);
    if (b->exact)
        return matches(a->text, b->text);
    n = certain(a->text);
    m = certain(b->text);
    return strncmp(a->text, b->text, n < m ? n : m) == 0;
}
