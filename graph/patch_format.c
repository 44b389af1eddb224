// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/patch_format.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "graph/patch_priv.h"
#include "graph/text.h"

const char *const patch_format_names[] = {
    [PATCH_YAML] = "yaml",
    [PATCH_QJACKCTL] = "qjackctl",
    [PATCH_AJ] = "aj-snapshot",
    NULL,
};

#define SIDE_SHOWN 80 /* bytes of a rule's side in a message */

/* ---- messages ----------------------------------------------------------- */

static void say_in(const struct patch_in *in, unsigned long line, char *text,
                   size_t size, const char *fmt, va_list ap)
{
    char words[CONF_ERROR_MAX], whole[2 * CONF_ERROR_MAX];

    vsnprintf(words, sizeof(words), fmt, ap);
    if (line)
        snprintf(whole, sizeof(whole), "%s:%lu: %s", in->name, line, words);
    else
        snprintf(whole, sizeof(whole), "%s: %s", in->name, words);
    text_clean(text, size, whole);
}

void patch_in_warn(const struct patch_in *in, unsigned long line,
                   const char *fmt, ...)
{
    char text[CONF_ERROR_MAX];
    va_list ap;

    va_start(ap, fmt);
    say_in(in, line, text, sizeof(text), fmt, ap);
    va_end(ap);
    in->warn(in->ctx, text);
}

int patch_in_error(const struct patch_in *in, unsigned long line,
                   const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say_in(in, line, in->err, CONF_ERROR_MAX, fmt, ap);
    va_end(ap);
    return -EINVAL;
}

static void say_out(const struct patch_out *out, const char *head,
                    const char *fmt, va_list ap)
{
    char words[CONF_ERROR_MAX], whole[2 * CONF_ERROR_MAX], text[CONF_ERROR_MAX];

    vsnprintf(words, sizeof(words), fmt, ap);
    snprintf(whole, sizeof(whole), "%s%s", head, words);
    text_clean(text, sizeof(text), whole);
    out->warn(out->ctx, text);
}

void patch_out_warn(const struct patch_out *out, const struct rule *rule,
                    const char *fmt, ...)
{
    char head[3 * SIDE_SHOWN], from[SIDE_SHOWN], to[SIDE_SHOWN];
    va_list ap;

    text_clean(from, sizeof(from), rule->from.text);
    text_clean(to, sizeof(to), rule->to.text);
    snprintf(head, sizeof(head), "%s -> %s: ", from, to);
    va_start(ap, fmt);
    say_out(out, head, fmt, ap);
    va_end(ap);
}

void patch_out_say(const struct patch_out *out, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say_out(out, "", fmt, ap);
    va_end(ap);
}

/* ---- reading ------------------------------------------------------------ */

static int read_yaml(struct patch_in *in)
{
    struct conf *c = NULL;
    struct rules *r = NULL;
    const struct conf_node *root, *connect = NULL, *exclusive = NULL;
    int err = conf_parse(&c, in->name, in->text, in->size, in->err);

    if (err < 0)
        return err;
    root = conf_root(c);
    if (conf_kind(root) != CONF_MAP) {
        conf_error(c, root, in->err,
                   "found no mapping; allowed: the keys 'connect' and "
                   "'exclusive'");
        err = -EINVAL;
        goto out;
    }
    for (uint32_t i = 0; i < conf_count(c, root); i++) {
        if (strcmp(conf_key_at(c, root, i), "connect") == 0)
            connect = conf_at(c, root, i);
        if (strcmp(conf_key_at(c, root, i), "exclusive") == 0)
            exclusive = conf_at(c, root, i);
    }
    if (!connect && !exclusive)
        patch_in_warn(in, 0, "no key 'connect' and none 'exclusive': no rules");
    err = rules_read(&r, c, connect, exclusive, in->err);
    if (err == 0) {
        rules_free(&in->r);
        in->r = r;
    }
out:
    conf_free(&c);
    return err;
}

static bool has_rule(const struct rules *r, const struct rule *rule)
{
    for (uint32_t i = 0; i < r->n; i++) {
        const struct rule *q = &r->rule[i];

        if (strcmp(q->from.text, rule->from.text) == 0 &&
            strcmp(q->to.text, rule->to.text) == 0 && q->fan == rule->fan &&
            q->type == rule->type && q->exclusive == rule->exclusive &&
            q->fallback == rule->fallback && q->enforce == rule->enforce)
            return true;
    }
    return false;
}

static bool has_alone(const struct rules *r, const char *client)
{
    for (uint32_t i = 0; i < r->n_alone; i++)
        if (strcmp(r->alone[i].text, client) == 0)
            return true;
    return false;
}

/* Adds what `from` has and r has not. Errors: those of rules_add(); r has some
   of them then. */
static int add_all(struct rules *r, const struct rules *from, char *why,
                   size_t size)
{
    int err = 0;

    for (uint32_t i = 0; i < from->n && err == 0; i++) {
        const struct rule *q = &from->rule[i];
        struct rules_text t = {q->from.text, q->to.text,  q->fan,     q->type,
                               q->exclusive, q->fallback, q->enforce, q->line};

        if (!has_rule(r, q))
            err = rules_add(r, &t, why, size);
    }
    for (uint32_t i = 0; i < from->n_alone && err == 0; i++)
        if (!has_alone(r, from->alone[i].text))
            err = rules_add_alone(r, from->alone[i].text, why, size);
    if (err == 0)
        r->all_alone |= from->all_alone;
    return err;
}

/* The same, but r is as before where it fails. */
static int merge(const struct patch_in *in, struct rules *r)
{
    char why[CONF_ERROR_MAX];
    uint32_t n = r->n, n_alone = r->n_alone;
    int err = add_all(r, in->r, why, sizeof(why));

    if (err < 0 && err != -ENOMEM)
        err = patch_in_error(in, 0, "%s", why);
    while (err < 0 && r->n > n) {
        rules_side_free(&r->rule[--r->n].from);
        rules_side_free(&r->rule[r->n].to);
    }
    while (err < 0 && r->n_alone > n_alone)
        rules_side_free(&r->alone[--r->n_alone]);
    return err;
}

int patch_import(enum patch_format format, struct rules *r, const char *name,
                 const char *text, size_t size, patch_warn *warn, void *ctx,
                 char err[CONF_ERROR_MAX])
{
    struct patch_in in = {.name = name,
                          .text = text,
                          .size = size,
                          .warn = warn,
                          .ctx = ctx,
                          .err = err};
    int e = rules_new(&in.r);

    if (e == 0)
        e = format == PATCH_YAML       ? read_yaml(&in)
            : format == PATCH_QJACKCTL ? patch_read_qjackctl(&in)
                                       : patch_read_aj(&in);
    if (e == 0)
        e = merge(&in, r);
    if (e == -ENOMEM)
        snprintf(err, CONF_ERROR_MAX, "%s: out of memory", name);
    rules_free(&in.r);
    return e;
}

/* ---- writing ------------------------------------------------------------ */

bool patch_rule_is_cable(const struct rule *rule)
{
    const struct rules_side *a = &rule->from, *b = &rule->to;

    return !rule->fallback && !a->regex && !a->client && !b->regex &&
           !b->client && !b->groups;
}

int patch_out_expand(const struct patch_out *out, const struct rule *rule,
                     int (*add)(void *ctx, const struct rule *rule,
                                const char *from, const char *to),
                     void *ctx)
{
    const char *kind = rule->fallback ? "a fallback"
                       : rule->from.regex || rule->to.regex
                           ? "a regex"
                           : "all of a client's ports";
    unsigned n = 0;

    if (!out->plan) {
        patch_out_warn(out, rule,
                       "%s can't be said here, and without a graph its cables "
                       "are not known: left out",
                       kind);
        return 0;
    }
    for (uint32_t i = 0; i < out->plan->n; i++) {
        const struct plan_cable *c = &out->plan->cable[i];

        if (c->rule != rule ||
            (c->state != PLAN_PRESENT && c->state != PLAN_ADD))
            continue;
        int err = add(ctx, rule, c->from, c->to);
        if (err < 0)
            return err;
        n++;
    }
    if (n > 0)
        patch_out_warn(out, rule,
                       "%s can't be said here: written as the %u cable%s it "
                       "makes in the graph as it is",
                       kind, n, n == 1 ? "" : "s");
    else
        patch_out_warn(out, rule,
                       "%s can't be said here, and it makes no cable of its "
                       "own in the graph as it is: left out",
                       kind);
    return 0;
}

void patch_out_alone(const struct patch_out *out)
{
    if (out->r->all_alone)
        patch_out_say(out, "exclusive: graph: can't be said here: left out");
    for (uint32_t i = 0; i < out->r->n_alone; i++)
        patch_out_say(out, "exclusive: %.*s: can't be said here: left out",
                      SIDE_SHOWN, out->r->alone[i].text);
}

int patch_export(enum patch_format format, const struct rules *r,
                 const struct jgraph *g, FILE *f, patch_warn *warn, void *ctx)
{
    struct patch_out out = {.f = f, .r = r, .g = g, .warn = warn, .ctx = ctx};
    int err = 0;

    if (format == PATCH_YAML)
        return rules_write(r, f);
    if (g)
        err = plan_make(&out.plan, g, r, NULL);
    if (err == 0)
        err = format == PATCH_QJACKCTL ? patch_write_qjackctl(&out)
                                       : patch_write_aj(&out);
    plan_free(&out.plan);
    if (err == 0 && (fflush(f) != 0 || ferror(f)))
        err = -EIO;
    return err;
}
