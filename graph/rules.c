// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/rules_priv.h"

const char *const rules_fan_names[] = {"auto", "order", "all", NULL};
const char *const rules_type_names[] = {"both", "audio", "midi", NULL};

int rules_new(struct rules **out)
{
    *out = calloc(1, sizeof(**out));
    return *out ? 0 : -ENOMEM;
}

void rules_free(struct rules **rp)
{
    struct rules *r = *rp;

    if (!r)
        return;
    for (uint32_t i = 0; i < r->n; i++) {
        rules_side_free(&r->rule[i].from);
        rules_side_free(&r->rule[i].to);
    }
    for (uint32_t i = 0; i < r->n_alone; i++)
        rules_side_free(&r->alone[i]);
    free(r->rule);
    free(r->alone);
    free(r);
    *rp = NULL;
}

/* Room for one more after n. It doubles at each power of two, so that there
   need be no field for how much there is. */
static void *one_more(void *array, uint32_t n, size_t size)
{
    return (n & (n - 1)) == 0 ? realloc(array, (n ? 2 * n : 1) * size) : array;
}

static int too_many(uint32_t n, const char *what, char *why, size_t size)
{
    if (n < RULES_MAX)
        return 0;
    snprintf(why, size, "found more than %d %s; allowed: %d", RULES_MAX, what,
             RULES_MAX);
    return -E2BIG;
}

int rules_add_keyed(struct rules *r, const struct rules_text *t,
                    const char **key, char *why, size_t size)
{
    struct rule rule = {.fan = t->fan,
                        .type = t->type,
                        .exclusive = t->exclusive,
                        .fallback = t->fallback,
                        .enforce = t->enforce,
                        .line = t->line};
    struct rule *rules;
    int err;

    *key = "connect";
    err = too_many(r->n, "rules", why, size);
    if (err < 0)
        return err;
    rules = one_more(r->rule, r->n, sizeof(*rules));
    if (!rules) {
        snprintf(why, size, "out of memory");
        return -ENOMEM;
    }
    r->rule = rules;
    *key = "from";
    err = rules_side_init(&rule.from, t->from, NULL, why, size);
    if (err < 0)
        return err;
    *key = "to";
    err = rules_side_init(&rule.to, t->to, &rule.from, why, size);
    if (err < 0) {
        rules_side_free(&rule.from);
        return err;
    }
    r->rule[r->n++] = rule;
    return 0;
}

int rules_add(struct rules *r, const struct rules_text *t, char *err,
              size_t err_size)
{
    char why[RULES_WHY];
    const char *key;
    int res = rules_add_keyed(r, t, &key, why, sizeof(why));

    if (res < 0)
        snprintf(err, err_size, "key '%s': %s", key, why);
    return res;
}

int rules_add_alone(struct rules *r, const char *client, char *err,
                    size_t err_size)
{
    struct rules_side side, *alone;
    int res;

    if (strcmp(client, "graph") == 0) {
        r->all_alone = true;
        return 0;
    }
    res = too_many(r->n_alone, "clients", err, err_size);
    if (res == 0)
        res = rules_side_init(&side, client, NULL, err, err_size);
    if (res < 0)
        return res;
    alone = one_more(r->alone, r->n_alone, sizeof(*alone));
    if (alone)
        r->alone = alone;
    if (!alone) {
        res = -ENOMEM;
        snprintf(err, err_size, "out of memory");
    } else if (!side.client) {
        res = -EINVAL;
        snprintf(err, err_size,
                 "found '%.80s' (a port); allowed: clients, regexes of clients "
                 "between slashes, or graph",
                 client);
    } else {
        r->alone[r->n_alone++] = side;
        return 0;
    }
    rules_side_free(&side);
    return res;
}

static bool is_port(const char *name)
{
    const char *colon = strchr(name, ':');

    return colon && colon != name && colon[1];
}

int rules_add_cable(struct rules *r, const char *from, const char *to)
{
    struct rules_text t = {.line = 0};
    char err[RULES_WHY + 32];
    char *f, *g;
    int res = 0;

    if (!is_port(from) || !is_port(to))
        return -EINVAL;
    f = rules_exact_text(from, false);
    g = rules_exact_text(to, true);
    if (!f || !g)
        res = -ENOMEM;
    for (uint32_t i = 0; i < r->n && res == 0; i++)
        if (strcmp(r->rule[i].from.text, f) == 0 &&
            strcmp(r->rule[i].to.text, g) == 0)
            res = -EEXIST;
    t.from = f;
    t.to = g;
    if (res == 0)
        res = rules_add(r, &t, err, sizeof(err));
    free(f);
    free(g);
    return res == -EEXIST ? 0 : res;
}
