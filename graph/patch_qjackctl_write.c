// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * qjackctl's patchbay files, written. All pairs of plugs that lie between the
 * same two clients share one cable, as in those it writes itself. A pair of
 * regexes joins all with all, so rules that join in order are written as the
 * cables that they make. qjackctl always makes a cable again that was pulled.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "graph/patch_priv.h"

/* One pair of plugs. Sides: 0 the output's, 1 the input's. */
struct pair {
    const struct rule *rule;
    char *client[2], *plug[2]; /* PCRE */
    char *name[2];             /* ports' own, where they are no regexes */
    bool midi, exclusive;
    bool done; /* is in a cable */
};

struct socket {
    const struct pair **pair; /* whose plugs it has, in order */
    size_t n;
    char *base, *name; /* base: before it got a number */
};

struct cable {
    size_t socket[2]; /* indices */
    bool midi;
};

struct writer {
    const struct patch_out *out;
    struct pair *pair;
    struct socket *socket[2];
    struct cable *cable;
    size_t n, n_sockets[2], n_cables;
};

/* One more element at the end of an array, zeroed; n counts it. */
static void *grow(void *array, size_t *n, size_t size)
{
    char *grown;

    /* room for a power of two */
    if ((*n & (*n - 1)) == 0) {
        grown = realloc(*(void **)array, (*n ? 2 * *n : 1) * size);
        if (!grown)
            return NULL;
        *(void **)array = grown;
    }
    grown = *(char **)array + (*n)++ * size;
    return memset(grown, 0, size);
}

/* ---- pairs of plugs ----------------------------------------------------- */

/* A port's own name, where `name` is an alias: qjackctl knows no others. */
static const char *own_name(const struct jgraph *g, const char *name)
{
    uint32_t i = JGRAPH_NONE;

    if (g && jgraph_find(g, name) == JGRAPH_NONE)
        i = jgraph_find_alias(g, name);
    return i == JGRAPH_NONE ? name : jgraph_port(g, i)->name;
}

static int set_name(struct pair *p, int side, const char *name)
{
    const char *colon = strchr(name, ':');
    char *client = strndup(name, (size_t)(colon - name));
    int err = client ? 0 : -ENOMEM;

    p->name[side] = strdup(name);
    if (!p->name[side])
        err = -ENOMEM;
    if (err == 0)
        err = patch_regex_quote(PATCH_PCRE, client, &p->client[side]);
    if (err == 0)
        err = patch_regex_quote(PATCH_PCRE, colon + 1, &p->plug[side]);
    free(client);
    return err;
}

static bool can_write(const struct pair *p)
{
    for (int i = 0; i < 2; i++)
        if (!patch_xml_can(p->client[i]) || !patch_xml_can(p->plug[i]))
            return false;
    return true;
}

static void drop_last(struct writer *w)
{
    struct pair *p = &w->pair[--w->n];

    for (int i = 0; i < 2; i++) {
        free(p->client[i]);
        free(p->plug[i]);
        free(p->name[i]);
    }
}

static int add_names_of(struct writer *w, const struct rule *rule,
                        const char *from, const char *to, bool midi)
{
    struct pair *p;
    int err;

    for (size_t i = 0; i < w->n; i++) {
        p = &w->pair[i];
        if (p->name[0] && p->name[1] && p->midi == midi &&
            strcmp(p->name[0], from) == 0 && strcmp(p->name[1], to) == 0)
            return 0;
    }
    p = grow(&w->pair, &w->n, sizeof(*p));
    if (!p)
        return -ENOMEM;
    p->rule = rule;
    p->midi = midi;
    p->exclusive = rule->exclusive;
    err = set_name(p, 0, from);
    if (err == 0)
        err = set_name(p, 1, to);
    if (err == 0 && !can_write(p)) {
        patch_out_warn(w->out, rule,
                       "XML can't write characters of it: left "
                       "out");
        drop_last(w);
    }
    return err;
}

/* Two ports of a rule. A socket has a type, which the graph knows. */
static int add_names(void *ctx, const struct rule *rule, const char *from,
                     const char *to)
{
    struct writer *w = ctx;
    const struct jgraph *g = w->out->g;
    const char *a = own_name(g, from), *b = own_name(g, to);
    uint32_t i = g ? jgraph_find(g, a) : JGRAPH_NONE;
    int err = 0;

    if (i == JGRAPH_NONE && g)
        i = jgraph_find(g, b);
    if (i != JGRAPH_NONE)
        return add_names_of(w, rule, a, b, jgraph_port(g, i)->midi);
    if (rule->type == RULES_BOTH)
        patch_out_warn(w->out, rule,
                       "audio or MIDI is not known without its ports: written "
                       "as both");
    if (rule->type != RULES_MIDI)
        err = add_names_of(w, rule, a, b, false);
    if (err == 0 && rule->type != RULES_AUDIO)
        err = add_names_of(w, rule, a, b, true);
    return err;
}

static int set_regex(struct pair *p, int side, const struct rules_side *s)
{
    struct patch_regex *re = NULL, *port = NULL;
    const char *why;
    int err = patch_regex_read(&re, PATCH_ERE, s->name, &why);

    if (err == 0 && !s->client)
        err = patch_regex_split(re, ':', &port);
    if (err == 0)
        err = patch_regex_write(re, PATCH_PCRE, &p->client[side]);
    if (err == 0 && port)
        err = patch_regex_write(port, PATCH_PCRE, &p->plug[side]);
    if (err == 0 && (!*p->client[side] || (port && !*p->plug[side])))
        err = -EINVAL;
    patch_regex_free(&re);
    patch_regex_free(&port);
    return err;
}

/* Errors: -EINVAL, -ENOENT (its regex is none for qjackctl). */
static int set_side(struct pair *p, int side, const struct rules_side *s)
{
    int err = 0;

    if (s->regex)
        err = set_regex(p, side, s);
    else if (!s->client)
        return set_name(p, side, s->name);
    else
        err = patch_regex_quote(PATCH_PCRE, s->name, &p->client[side]);
    if (err == 0 && s->client) {
        p->plug[side] = strdup(".*");
        err = p->plug[side] ? 0 : -ENOMEM;
    }
    return err;
}

static bool is_port(const struct rules_side *s)
{
    return !s->regex && !s->client;
}

/* Whether both sides may be of one client, which qjackctl would join with
   itself and the rule not. Errors: -ENOMEM. */
static int meets_itself(const struct pair *p)
{
    struct patch_pattern client[2] = {{.text = NULL}};
    const char *why;
    int err = 0;

    for (int i = 0; i < 2 && err == 0; i++)
        err = patch_pattern_read(&client[i], p->client[i], true, &why);
    if (err == 0)
        err = patch_patterns_meet(&client[0], &client[1]);
    free(client[0].text);
    free(client[1].text);
    return err;
}

static int add_pattern(struct writer *w, const struct rule *rule, bool midi)
{
    struct pair *p = grow(&w->pair, &w->n, sizeof(*p));
    int err;

    if (!p)
        return -ENOMEM;
    p->rule = rule;
    p->midi = midi;
    p->exclusive = rule->exclusive;
    err = set_side(p, 0, &rule->from);
    if (err == 0)
        err = set_side(p, 1, &rule->to);
    if (err == 0)
        err = meets_itself(p);
    if (err > 0 || (err == 0 && !can_write(p)))
        err = -EINVAL;
    if (err < 0)
        drop_last(w);
    return err;
}

/* A rule that isn't two names: as it is where qjackctl's all with all does what
   it does, else by its cables. */
static int add_rule(struct writer *w, const struct rule *rule)
{
    bool all = rule->fan == RULES_FAN_ALL ||
               (rule->fan == RULES_FAN_AUTO &&
                (is_port(&rule->from) || is_port(&rule->to)));
    int err = -EINVAL;

    if (!all || rule->fallback || rule->to.groups)
        return patch_out_expand(w->out, rule, add_names, w);
    if (rule->type != RULES_MIDI)
        err = add_pattern(w, rule, false);
    else
        err = 0;
    if (err == 0 && rule->type != RULES_AUDIO)
        err = add_pattern(w, rule, true);
    if (err == -EINVAL || err == -ENOENT)
        return patch_out_expand(w->out, rule, add_names, w);
    return err;
}

/* ---- exclusive ---------------------------------------------------------- */

static bool has_port(const struct pair *p, int side, const char *name)
{
    const struct rules_side *s = side ? &p->rule->to : &p->rule->from;
    char client[RULES_TEXT_MAX];

    if (p->name[side])
        return strcmp(p->name[side], name) == 0;
    if (!s->client)
        return rules_matches(s, name, NULL);
    snprintf(client, sizeof(client), "%.*s", (int)strcspn(name, ":"), name);
    return rules_matches(s, client, NULL);
}

/* Of an exclusive port qjackctl leaves the cable alone that it made last. */
static bool shared(const struct writer *w, const struct pair *p)
{
    for (size_t i = 0; i < w->n; i++)
        for (int side = 0; side < 2 && &w->pair[i] != p; side++)
            if (has_port(&w->pair[i], side, p->name[side]))
                return true;
    return false;
}

static void check_exclusive(struct writer *w)
{
    for (size_t i = 0; i < w->n; i++) {
        struct pair *p = &w->pair[i];
        const char *why = NULL;

        if (!p->exclusive)
            continue;
        if (!p->name[0] || !p->name[1])
            why = "a regex that is exclusive";
        else if (shared(w, p))
            why = "exclusive where a port has several cables";
        if (!why)
            continue;
        p->exclusive = false;
        patch_out_warn(w->out, p->rule,
                       "%s can't be said here: written without exclusive", why);
    }
}

/* ---- sockets and cables ------------------------------------------------- */

static bool same_socket(const struct pair *p, const struct pair *q, int side)
{
    return p->midi == q->midi && p->exclusive == q->exclusive &&
           strcmp(p->client[side], q->client[side]) == 0;
}

static bool same_plugs(const struct socket *s, const struct pair **pair,
                       size_t n, int side)
{
    if (s->n != n || !same_socket(s->pair[0], pair[0], side))
        return false;
    for (size_t i = 0; i < n; i++)
        if (strcmp(s->pair[i]->plug[side], pair[i]->plug[side]) != 0)
            return false;
    return true;
}

static bool taken(const struct writer *w, int side, const char *name)
{
    for (size_t i = 0; i + 1 < w->n_sockets[side]; i++)
        if (strcmp(w->socket[side][i].name, name) == 0)
            return true;
    return false;
}

/* "client", "client 2", ...; s is the last. */
static int name_socket(struct writer *w, int side, struct socket *s)
{
    const struct pair *p = s->pair[0];
    const char *client = p->client[side];
    int n = 1, len = p->name[side] ? (int)strcspn(p->name[side], ":") : 0;

    if (len > 0) /* not escaped */
        client = p->name[side];
    else
        len = (int)strlen(client);
    if (asprintf(&s->base, "%.*s%s", len, client, p->midi ? " MIDI" : "") < 0) {
        s->base = NULL;
        return -ENOMEM;
    }
    for (size_t i = 0; i + 1 < w->n_sockets[side]; i++)
        n += strcmp(w->socket[side][i].base, s->base) == 0;
    s->name = strdup(s->base);
    for (; s->name && (n > 1 || taken(w, side, s->name)); n++) {
        free(s->name);
        if (asprintf(&s->name, "%s %d", s->base, n > 1 ? n : 2) < 0)
            s->name = NULL;
        if (s->name && !taken(w, side, s->name))
            break;
    }
    return s->name ? 0 : -ENOMEM;
}

/* A socket of these plugs, one that is there already where there is. */
static int find_socket(struct writer *w, int side, const struct pair **pair,
                       size_t n, size_t *index)
{
    struct socket *s;

    for (*index = 0; *index < w->n_sockets[side]; (*index)++)
        if (same_plugs(&w->socket[side][*index], pair, n, side))
            return 0;
    s = grow(&w->socket[side], &w->n_sockets[side], sizeof(*s));
    if (!s)
        return -ENOMEM;
    s->pair = malloc(n * sizeof(struct pair *));
    if (!s->pair)
        return -ENOMEM;
    memcpy(s->pair, pair, n * sizeof(struct pair *));
    s->n = n;
    return name_socket(w, side, s);
}

/* The cable that pair i begins. group has room for all. */
static int add_cable(struct writer *w, size_t i, const struct pair **group)
{
    struct cable *c = grow(&w->cable, &w->n_cables, sizeof(*c));
    struct pair *first = &w->pair[i];
    size_t n = 0;
    int err;

    if (!c)
        return -ENOMEM;
    for (; i < w->n; i++) {
        struct pair *p = &w->pair[i];

        if (p->done || !same_socket(p, first, 0) || !same_socket(p, first, 1))
            continue;
        p->done = true;
        group[n++] = p;
    }
    c->midi = first->midi;
    err = find_socket(w, 0, group, n, &c->socket[0]);
    if (err == 0)
        err = find_socket(w, 1, group, n, &c->socket[1]);
    return err;
}

static int add_cables(struct writer *w)
{
    const struct pair **group = malloc((w->n + 1) * sizeof(struct pair *));
    int err = group ? 0 : -ENOMEM;

    for (size_t i = 0; i < w->n && err == 0; i++)
        if (!w->pair[i].done)
            err = add_cable(w, i, group);
    free(group);
    return err;
}

/* ---- the file ----------------------------------------------------------- */

static const char *type_name(bool midi)
{
    return midi ? "jack-midi" : "jack-audio";
}

static void put_sockets(const struct writer *w, int side)
{
    const char *tag = side ? "input-sockets" : "output-sockets";
    FILE *f = w->out->f;

    fprintf(f, " <%s>\n", tag);
    for (size_t i = 0; i < w->n_sockets[side]; i++) {
        const struct socket *s = &w->socket[side][i];

        fputs("  <socket", f);
        patch_xml_put_attr(f, "client", s->pair[0]->client[side]);
        fprintf(f, " exclusive=\"%s\"", s->pair[0]->exclusive ? "on" : "off");
        patch_xml_put_attr(f, "name", s->name);
        fprintf(f, " type=\"%s\">\n", type_name(s->pair[0]->midi));
        for (size_t j = 0; j < s->n; j++) {
            fputs("   <plug>", f);
            patch_xml_put(f, s->pair[j]->plug[side]);
            fputs("</plug>\n", f);
        }
        fputs("  </socket>\n", f);
    }
    fprintf(f, " </%s>\n", tag);
}

static void put_file(const struct writer *w)
{
    FILE *f = w->out->f;

    fprintf(f,
            "<!DOCTYPE patchbay>\n"
            "<patchbay name=\"longwave\" version=\"%s\">\n",
            LONGWAVE_VERSION);
    put_sockets(w, 0);
    put_sockets(w, 1);
    fputs(" <slots/>\n <cables>\n", f);
    for (size_t i = 0; i < w->n_cables; i++) {
        const struct cable *c = &w->cable[i];

        fprintf(f, "  <cable type=\"%s\"", type_name(c->midi));
        patch_xml_put_attr(f, "output", w->socket[0][c->socket[0]].name);
        patch_xml_put_attr(f, "input", w->socket[1][c->socket[1]].name);
        fputs("/>\n", f);
    }
    fputs(" </cables>\n</patchbay>\n", f);
}

static void fini(struct writer *w)
{
    while (w->n > 0)
        drop_last(w);
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < w->n_sockets[side]; i++) {
            struct socket *s = &w->socket[side][i];

            free(s->pair);
            free(s->base);
            free(s->name);
        }
        free(w->socket[side]);
    }
    free(w->pair);
    free(w->cable);
}

int patch_write_qjackctl(struct patch_out *out)
{
    struct writer w = {.out = out};
    int err = 0;

    patch_out_alone(out);
    for (uint32_t i = 0; i < out->r->n && err == 0; i++) {
        const struct rule *rule = &out->r->rule[i];

        err = patch_rule_is_cable(rule)
                  ? add_names(&w, rule, rule->from.name, rule->to.name)
                  : add_rule(&w, rule);
    }
    if (err == 0) {
        check_exclusive(&w);
        err = add_cables(&w);
    }
    if (err == 0)
        put_file(&w);
    fini(&w);
    return err;
}
