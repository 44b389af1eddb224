// SPDX-License-Identifier: GPL-3.0-or-later
/* Rules from YAML. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "graph/rules_priv.h"

#define A_RULE "[FROM, TO] or {from: FROM, to: TO, ...}"

static const char *const yes_no[] = {"false", "true", NULL};

struct fields {
    const struct conf_node *from, *to;
    int fan, type, exclusive, fallback, enforce;
};

static const struct conf_key keys[] = {
    {"from", CONF_NODE, offsetof(struct fields, from), .required = 1,
     .help = "port, client or regex"},
    {"to", CONF_NODE, offsetof(struct fields, to), .required = 1,
     .help = "port, client or regex"},
    {"fan", CONF_ENUM, offsetof(struct fields, fan),
     .choices = rules_fan_names},
    {"type", CONF_ENUM, offsetof(struct fields, type),
     .choices = rules_type_names},
    {"exclusive", CONF_ENUM, offsetof(struct fields, exclusive),
     .choices = yes_no},
    {"fallback", CONF_ENUM, offsetof(struct fields, fallback),
     .choices = yes_no},
    {"enforce", CONF_ENUM, offsetof(struct fields, enforce), .choices = yes_no},
    {NULL},
};

static const char *kind_word(const struct conf_node *n)
{
    return conf_kind(n) == CONF_LIST  ? "a list"
           : conf_kind(n) == CONF_MAP ? "a mapping"
                                      : "one word";
}

static int not_text(const struct conf *c, const struct conf_node *n,
                    const char *key, const char *allowed,
                    char err[CONF_ERROR_MAX])
{
    conf_error(c, n, err, "key '%s': found %s; allowed: %s", key, kind_word(n),
               allowed);
    return -EINVAL;
}

static int read_fields(const struct conf *c, const struct conf_node *n,
                       struct fields *f, char err[CONF_ERROR_MAX])
{
    int r;

    *f = (struct fields){.from = NULL};
    if (conf_kind(n) == CONF_LIST && conf_count(c, n) == 2) {
        f->from = conf_at(c, n, 0);
        f->to = conf_at(c, n, 1);
    } else if (conf_kind(n) == CONF_MAP) {
        r = conf_read(c, n, keys, f, err);
        if (r < 0)
            return r;
    } else if (conf_kind(n) == CONF_LIST) {
        conf_error(c, n, err, "key 'connect': found a list of %u; allowed: %s",
                   conf_count(c, n), A_RULE);
        return -EINVAL;
    } else {
        return not_text(c, n, "connect", A_RULE, err);
    }
    if (!conf_text(f->from))
        return not_text(c, f->from, "from", "a name or a regex", err);
    if (!conf_text(f->to))
        return not_text(c, f->to, "to", "a name or a regex", err);
    return 0;
}

static int read_rule(struct rules *r, const struct conf *c,
                     const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    struct fields f;
    struct rules_text t;
    char why[RULES_WHY];
    const char *key;
    int res = read_fields(c, n, &f, err);

    if (res < 0)
        return res;
    t = (struct rules_text){.from = conf_text(f.from),
                            .to = conf_text(f.to),
                            .fan = (enum rules_fan)f.fan,
                            .type = (enum rules_type)f.type,
                            .exclusive = f.exclusive,
                            .fallback = f.fallback,
                            .enforce = f.enforce,
                            .line = (int)conf_line(n)};
    res = rules_add_keyed(r, &t, &key, why, sizeof(why));
    if (res == 0)
        return 0;
    conf_error(c,
               strcmp(key, "from") == 0 ? f.from
               : strcmp(key, "to") == 0 ? f.to
                                        : n,
               err, "key '%s': %s", key, why);
    return res == -ENOMEM ? res : -EINVAL;
}

/* A key without a value, as when all below it is a comment. */
static bool nothing(const struct conf_node *n)
{
    return !n || (conf_text(n) && conf_text(n)[0] == '\0');
}

static int read_connect(struct rules *r, const struct conf *c,
                        const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    int res = 0;

    if (nothing(n))
        return 0;
    if (conf_kind(n) != CONF_LIST)
        return not_text(c, n, "connect", "a list of rules, each " A_RULE, err);
    for (uint32_t i = 0; i < conf_count(c, n) && res == 0; i++)
        res = read_rule(r, c, conf_at(c, n, i), err);
    return res;
}

static int read_exclusive(struct rules *r, const struct conf *c,
                          const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    bool list = n && conf_kind(n) == CONF_LIST;
    uint32_t count = list ? conf_count(c, n) : 1;
    char why[RULES_WHY];

    if (nothing(n))
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct conf_node *at = list ? conf_at(c, n, i) : n;
        int res;
        if (!conf_text(at))
            return not_text(c, at, "exclusive", "clients, or graph", err);
        res = rules_add_alone(r, conf_text(at), why, sizeof(why));
        if (res < 0) {
            conf_error(c, at, err, "key 'exclusive': %s", why);
            return res == -ENOMEM ? res : -EINVAL;
        }
    }
    return 0;
}

int rules_read(struct rules **out, const struct conf *c,
               const struct conf_node *connect,
               const struct conf_node *exclusive, char err[CONF_ERROR_MAX])
{
    int res = rules_new(out);

    if (res < 0)
        snprintf(err, CONF_ERROR_MAX, "out of memory");
    if (res == 0)
        res = read_connect(*out, c, connect, err);
    if (res == 0)
        res = read_exclusive(*out, c, exclusive, err);
    if (res < 0)
        rules_free(out);
    return res;
}

int rules_load(struct rules **out, const char *path, char err[CONF_ERROR_MAX])
{
    const struct conf_node *root, *connect = NULL, *exclusive = NULL;
    struct conf *c;
    int res = conf_load(&c, path, err);

    *out = NULL;
    if (res < 0)
        return res;
    root = conf_root(c);
    for (uint32_t i = 0; i < conf_count(c, root); i++) {
        if (strcmp(conf_key_at(c, root, i), "connect") == 0)
            connect = conf_at(c, root, i);
        else if (strcmp(conf_key_at(c, root, i), "exclusive") == 0)
            exclusive = conf_at(c, root, i);
    }
    res = rules_read(out, c, connect, exclusive, err);
    conf_free(&c);
    return res;
}
