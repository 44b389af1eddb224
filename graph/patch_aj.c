// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * aj-snapshot's files: <aj-snapshot><jack><client name><port name><connection
 * port="client:port"/>, outputs alone, exact names. Its ALSA half is MIDI
 * outside of JACK.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/patch_priv.h"

/* ---- reading ------------------------------------------------------------ */

enum level { ROOT, SYSTEM, CLIENT, PORT, CONNECTION, LEVELS };

static const char *const tag_at[LEVELS] = {
    "aj-snapshot", "jack", "client", "port", "connection",
};

struct aj {
    const struct patch_in *in;
    int depth;
    int ignored;     /* depth of the element that is not read; 0: none */
    bool alsa;       /* that element is <alsa> */
    unsigned n_alsa; /* connections in it */
    char *client, *port;
};

static int take(char **name, const char *attr)
{
    free(*name);
    *name = strdup(attr);
    return *name ? 0 : -ENOMEM;
}

static int take_connection(struct aj *aj, unsigned long line, const char *to)
{
    size_t size = strlen(aj->client) + strlen(aj->port) + 2;
    const char *colon = strchr(to, ':');
    char *from;
    int err = 0;

    if (!*aj->client || strchr(aj->client, ':') || !*aj->port || !colon ||
        colon == to || !colon[1]) {
        patch_in_warn(aj->in, line,
                      "'%.80s:%.80s' to '%.80s': not two ports: left out",
                      aj->client, aj->port, to);
        return 0;
    }
    from = malloc(size);
    if (!from)
        return -ENOMEM;
    snprintf(from, size, "%s:%s", aj->client, aj->port);
    err = rules_add_cable(aj->in->r, from, to);
    if (err == -E2BIG)
        err = patch_in_error(aj->in, line,
                             "found more connections; allowed: %d", RULES_MAX);
    else if (err == -EINVAL) {
        patch_in_warn(aj->in, line,
                      "'%.80s' to '%.80s': no names for a rule: left out", from,
                      to);
        err = 0;
    }
    free(from);
    return err;
}

static int open_known(struct aj *aj, unsigned long line, enum level level,
                      const char *const *attrs)
{
    const char *key = level == CONNECTION ? "port" : "name";
    const char *value = patch_xml_attr(attrs, key);

    if (level < CLIENT)
        return 0;
    if (!value)
        return patch_in_error(aj->in, line,
                              "found <%s> without its '%s'; allowed: with it",
                              tag_at[level], key);
    if (level == CLIENT)
        return take(&aj->client, value);
    if (level == PORT)
        return take(&aj->port, value);
    return take_connection(aj, line, value);
}

static int on_open(void *ctx, unsigned long line, const char *tag,
                   const char *const *attrs)
{
    struct aj *aj = ctx;
    int level = aj->depth++;

    if (aj->ignored) {
        aj->n_alsa += aj->alsa && strcmp(tag, "connection") == 0;
        return 0;
    }
    if (level < LEVELS && strcmp(tag, tag_at[level]) == 0)
        return open_known(aj, line, (enum level)level, attrs);
    if (level == ROOT)
        return patch_in_error(aj->in, line, "found <%s>; allowed: <%s>", tag,
                              tag_at[ROOT]);
    aj->ignored = aj->depth;
    aj->alsa = level == SYSTEM && strcmp(tag, "alsa") == 0;
    if (!aj->alsa)
        patch_in_warn(aj->in, line, "<%s> is not known here: left out", tag);
    return 0;
}

static int on_close(void *ctx, unsigned long line, const char *tag,
                    const char *text)
{
    struct aj *aj = ctx;

    (void)tag, (void)text;
    if (aj->ignored == aj->depth) {
        if (aj->alsa && aj->n_alsa > 0)
            patch_in_warn(aj->in, line,
                          "<alsa>: %u connection%s outside of JACK left out",
                          aj->n_alsa, aj->n_alsa == 1 ? "" : "s");
        aj->ignored = 0;
        aj->n_alsa = 0;
    }
    aj->depth--;
    return 0;
}

int patch_read_aj(struct patch_in *in)
{
    static const struct patch_xml_ops ops = {on_open, on_close};
    struct aj aj = {.in = in};
    int err = patch_xml_read(in, &ops, &aj);

    free(aj.client);
    free(aj.port);
    return err;
}

/* ---- writing ------------------------------------------------------------ */

struct pair {
    const char *from, *to; /* borrowed of rules and plan */
};

struct pairs {
    const struct patch_out *out;
    struct pair *pair;
    size_t n, room;
};

static int add_pair(void *ctx, const struct rule *rule, const char *from,
                    const char *to)
{
    struct pairs *p = ctx;

    if (!patch_xml_can(from) || !patch_xml_can(to)) {
        patch_out_warn(p->out, rule,
                       "XML can't write characters of it: left out");
        return 0;
    }
    if (p->n == p->room) {
        size_t room = p->room ? 2 * p->room : 64;
        struct pair *grown = realloc(p->pair, room * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        p->pair = grown;
        p->room = room;
    }
    p->pair[p->n++] = (struct pair){from, to};
    return 0;
}

static size_t client_len(const char *name)
{
    return strcspn(name, ":");
}

static bool same_client(const char *a, const char *b)
{
    return client_len(a) == client_len(b) && strncmp(a, b, client_len(a)) == 0;
}

/* The colon sorts before all else, so that a client's ports stay together. */
static int compare_names(const char *a, const char *b)
{
    size_t n = client_len(a), m = client_len(b);
    int c = strncmp(a, b, n < m ? n : m);

    return c ? c : n != m ? (n < m ? -1 : 1) : strcmp(a, b);
}

static int compare(const void *a, const void *b)
{
    const struct pair *p = a, *q = b;
    int c = compare_names(p->from, q->from);

    return c ? c : compare_names(p->to, q->to);
}

static void put_client_open(FILE *f, const char *name)
{
    char client[RULES_TEXT_MAX];

    snprintf(client, sizeof client, "%.*s", (int)client_len(name), name);
    fputs("  <client", f);
    patch_xml_put_attr(f, "name", client);
    fputs(">\n", f);
}

static void put_pair(FILE *f, const struct pair *last, const struct pair *p)
{
    bool client = last && same_client(last->from, p->from);
    bool port = last && strcmp(last->from, p->from) == 0;

    if (port && strcmp(last->to, p->to) == 0)
        return;
    if (last && !port)
        fputs("    </port>\n", f);
    if (last && !client)
        fputs("  </client>\n", f);
    if (!client)
        put_client_open(f, p->from);
    if (!port) {
        fputs("    <port", f);
        patch_xml_put_attr(f, "name", p->from + client_len(p->from) + 1);
        fputs(">\n", f);
    }
    fputs("      <connection", f);
    patch_xml_put_attr(f, "port", p->to);
    fputs(" />\n", f);
}

static void put_pairs(FILE *f, struct pairs *p)
{
    if (p->n > 0)
        qsort(p->pair, p->n, sizeof *p->pair, compare);
    fputs("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<aj-snapshot>\n<jack>\n",
          f);
    for (size_t i = 0; i < p->n; i++)
        put_pair(f, i ? &p->pair[i - 1] : NULL, &p->pair[i]);
    if (p->n > 0)
        fputs("    </port>\n  </client>\n", f);
    fputs("</jack>\n</aj-snapshot>\n", f);
}

static void warn_flags(const struct patch_out *out, const struct rule *rule)
{
    if (rule->exclusive)
        patch_out_warn(out, rule, "exclusive can't be said here");
    if (rule->enforce)
        patch_out_warn(out, rule, "enforce can't be said here");
}

int patch_write_aj(struct patch_out *out)
{
    struct pairs pairs = {.out = out};
    int err = 0;

    patch_out_alone(out);
    for (uint32_t i = 0; i < out->r->n && err == 0; i++) {
        const struct rule *rule = &out->r->rule[i];

        warn_flags(out, rule);
        err = patch_rule_is_cable(rule)
                  ? add_pair(&pairs, rule, rule->from.name, rule->to.name)
                  : patch_out_expand(out, rule, add_pair, &pairs);
    }
    if (err == 0)
        put_pairs(out->f, &pairs);
    free(pairs.pair);
    return err;
}
