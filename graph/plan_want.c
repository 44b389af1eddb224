// SPDX-License-Identifier: GPL-3.0-or-later
/* What each rule wants, and who is missing for it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/plan_priv.h"

static int add_want(struct maker *m, struct want w)
{
    if (m->n_wants == m->wants_room) {
        uint32_t room = m->wants_room ? 2 * m->wants_room : 256;
        struct want *more = realloc(m->want, room * sizeof(*more));
        if (!more)
            return -ENOMEM;
        m->want = more;
        m->wants_room = room;
    }
    m->want[m->n_wants++] = w;
    return 0;
}

/* ---- who is missing ----------------------------------------------------- */

/* One of a rule's sides, with groups filled. */
struct end {
    const struct rules_side *side;
    const struct found *found;
    const char *text; /* lives as long as the plan */
    bool output;
};

static bool of_type(const struct rule *rule, int midi)
{
    return rule->type == RULES_BOTH || (rule->type == RULES_MIDI) == midi;
}

static bool has_type(const struct found *f, int midi)
{
    for (uint32_t i = 0; i < f->n_runs; i++)
        if (f->run[i].n[midi] > 0)
            return true;
    return false;
}

static bool is_there(const struct rule *rule, const struct end *e)
{
    return (of_type(rule, AUDIO) && has_type(e->found, AUDIO)) ||
           (of_type(rule, MIDI) && has_type(e->found, MIDI));
}

/* What stands for an end in a cable that waits. */
static const char *end_name(struct maker *m, const struct end *e)
{
    const struct jgraph_client *c;

    if (e->found->n == 1)
        return jgraph_port(m->g, e->found->port[0])->name;
    if (e->found->n_runs != 1 || !e->side->client)
        return e->text;
    c = jgraph_client(m->g, e->found->run[0].client);
    return texts_keep(&m->plan->texts, strndup(c->name, c->len));
}

/* There is one of the name, which is none such. */
static const char *words(struct maker *m, const struct end *e, const char *type)
{
    char *text = NULL;

    if (asprintf(&text, "%s%s %s %s %s",
                 type[0] == ' ' && type[1] == 'M' ? "a" : "an", type,
                 e->output ? "output" : "input",
                 e->side->client ? "of" : "called", e->text) < 0)
        return NULL;
    return texts_keep(&m->plan->texts, text);
}

/* type: "", " audio" or " MIDI". */
static const char *missing(struct maker *m, const struct end *e,
                           const char *type)
{
    const char *name = e->text, *colon = strchr(name, ':');
    size_t len = colon ? (size_t)(colon - name) : strlen(name);

    if (e->side->regex)
        return name;
    if (!e->side->client && (jgraph_find(m->g, name) != JGRAPH_NONE ||
                             jgraph_find_alias(m->g, name) != JGRAPH_NONE))
        return words(m, e, type);
    if (!jgraph_has_client(m->g, name, (uint32_t)len))
        return e->side->client
                   ? name
                   : texts_keep(&m->plan->texts, strndup(name, len));
    return e->side->client ? words(m, e, type) : name;
}

static const char *type_word(const struct rule *rule)
{
    return rule->type == RULES_AUDIO  ? " audio"
           : rule->type == RULES_MIDI ? " MIDI"
                                      : "";
}

static int add_waiting(struct maker *m, const struct rule *rule,
                       const struct end *from, const struct end *to,
                       const char *who)
{
    struct plan_cable c = {.state = PLAN_WAITING,
                           .from = end_name(m, from),
                           .to = end_name(m, to),
                           .missing = who,
                           .rule = rule};

    return c.from && c.to && c.missing ? plan_add(m, c) : -ENOMEM;
}

/* Both sides are there, and have nothing that can be joined. self: but a client
   with itself, which isn't meant. */
static int add_unequal(struct maker *m, const struct rule *rule,
                       const struct end *from, const struct end *to, bool self)
{
    const char *who;

    if (self)
        who = from->side->regex ? from->text : to->text;
    else
        who = missing(m, to, has_type(to->found, AUDIO) ? " MIDI" : " audio");
    return add_waiting(m, rule, from, to, who);
}

/* ---- what rules want ---------------------------------------------------- */

static int want_pair(struct maker *m, const struct rule *rule, uint32_t from,
                     uint32_t to)
{
    struct want w = {from, to, (uint32_t)(rule - m->rules->rule),
                     rule->fallback && m->joined[from]};

    return add_want(m, w);
}

/* Ports of two clients and of one type. */
static int want_ports(struct maker *m, const struct rule *rule,
                      const uint32_t *from, uint32_t n_from, const uint32_t *to,
                      uint32_t n_to)
{
    bool all = rule->fan == RULES_FAN_ALL ||
               (rule->fan == RULES_FAN_AUTO && (n_from == 1 || n_to == 1));
    int r = 0;

    if (!all) {
        for (uint32_t i = 0; i < n_from && i < n_to && r == 0; i++)
            r = want_pair(m, rule, from[i], to[i]);
        return r;
    }
    for (uint32_t i = 0; i < n_from; i++)
        for (uint32_t k = 0; k < n_to && r == 0; k++)
            r = want_pair(m, rule, from[i], to[k]);
    return r;
}

static int want_clients(struct maker *m, const struct rule *rule,
                        const struct found *from, const struct run *a,
                        const struct found *to, const struct run *b)
{
    const uint32_t *f = from->port + a->first, *t = to->port + b->first;
    int r = 0;

    if (of_type(rule, AUDIO))
        r = want_ports(m, rule, f, a->n[AUDIO], t, b->n[AUDIO]);
    if (r == 0 && of_type(rule, MIDI))
        r = want_ports(m, rule, f + a->n[AUDIO], a->n[MIDI], t + b->n[AUDIO],
                       b->n[MIDI]);
    return r;
}

/* Whether `to` names its client by a group. */
static bool client_by_group(const struct rules_side *to)
{
    for (const char *p = to->name; *p && *p != ':'; p++)
        if (p[0] == '\\' && p[1] >= '1' && p[1] <= '9')
            return true;
    return false;
}

/* Whether a client may be joined with itself. */
static bool self_is_meant(const struct rule *rule)
{
    if (rule->to.groups)
        return !rule->to.regex && client_by_group(&rule->to);
    return !rule->from.regex && !rule->to.regex;
}

static void make_alone(struct maker *m, const struct rule *rule,
                       const struct end *e)
{
    for (uint32_t i = 0; i < e->found->n; i++) {
        uint32_t p = e->found->port[i];
        if (of_type(rule, jgraph_port(m->g, p)->midi) &&
            !(e->output && rule->fallback && m->joined[p]))
            m->alone[p] = true;
    }
}

static int want_ends(struct maker *m, const struct rule *rule,
                     const struct end *from, const struct end *to)
{
    const struct found *f = from->found, *t = to->found;
    bool meant = self_is_meant(rule), self = true;
    uint32_t before = m->n_wants;
    int r = 0;

    if (rule->exclusive) {
        make_alone(m, rule, from);
        make_alone(m, rule, to);
    }
    if (!is_there(rule, from))
        return add_waiting(m, rule, from, to,
                           missing(m, from, type_word(rule)));
    if (!is_there(rule, to))
        return add_waiting(m, rule, from, to, missing(m, to, type_word(rule)));
    for (uint32_t i = 0; i < f->n_runs; i++)
        for (uint32_t k = 0; k < t->n_runs && r == 0; k++) {
            if (f->run[i].client == t->run[k].client && !meant)
                continue;
            self = false;
            r = want_clients(m, rule, f, &f->run[i], t, &t->run[k]);
        }
    if (r == 0 && m->n_wants == before)
        r = add_unequal(m, rule, from, to, self);
    return r;
}

/* Ports whose groups fill `to` alike. */
struct alike {
    const char *to; /* what is filled */
    struct found from;
    regmatch_t m[RULES_GROUPS]; /* of the first of them, */
    const char *matched;        /* where in this they are */
};

struct alikes {
    struct alike *a;
    uint32_t n, room;
    struct names index;
};

static void alikes_fini(struct alikes *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        found_fini(&s->a[i].from);
    free(s->a);
    names_fini(&s->index);
}

/* NULL: no memory. */
static struct alike *alike_of(struct maker *m, struct alikes *s, char *filled)
{
    uint32_t i = filled ? names_get(&s->index, filled, strlen(filled)) : 0;

    if (!filled)
        return NULL;
    if (i != NAMES_NONE) {
        free(filled);
        return &s->a[i];
    }
    filled = texts_keep(&m->plan->texts, filled);
    if (filled && s->n == s->room) {
        uint32_t room = s->room ? 2 * s->room : 8;
        struct alike *more = realloc(s->a, room * sizeof(*more));
        if (!more)
            return NULL;
        s->a = more;
        s->room = room;
    }
    if (!filled || names_put(&s->index, filled, strlen(filled), s->n) < 0)
        return NULL;
    s->a[s->n] = (struct alike){.to = filled};
    return &s->a[s->n++];
}

/* Sorts what `from` matched by what `to` becomes. */
static int find_alikes(struct maker *m, const struct rule *rule,
                       const struct found *from, struct alikes *s)
{
    regmatch_t match[RULES_GROUPS];

    for (uint32_t i = 0; i < from->n; i++) {
        uint32_t p = from->port[i];
        const char *name = rule->from.client
                               ? m->sides.client[jgraph_client_of(m->g, p)]
                               : jgraph_port(m->g, p)->name;
        struct alike *a;
        if (!rules_matches(&rule->from, name, match))
            continue; /* never: it did before */
        a = alike_of(m, s, rules_fill_text(&rule->to, name, match));
        if (!a)
            return -ENOMEM;
        if (a->from.n == 0) {
            memcpy(a->m, match, sizeof(match));
            a->matched = name;
        }
        if (found_add(&a->from, p) < 0)
            return -ENOMEM;
    }
    for (uint32_t i = 0; i < s->n; i++)
        if (found_settle(&s->a[i].from, m->g) < 0)
            return -ENOMEM;
    return 0;
}

static int want_alike(struct maker *m, const struct rule *rule,
                      const struct alike *a)
{
    static const struct found none;
    struct end from = {&rule->from, &a->from, rule->from.text, true};
    struct rules_side filled;
    struct end to = {&filled, NULL, a->to, false};
    int r = rules_fill(&filled, &rule->to, a->matched, a->m);

    if (r == -EINVAL) { /* nothing that could be a name: nobody has it */
        to.side = &rule->to;
        to.text = rule->to.text;
        to.found = &none;
        return add_waiting(m, rule, &from, &to, to.text);
    }
    if (r < 0)
        return r;
    to.found = sides_have(&m->sides, a->to, filled.regex, false);
    if (!to.found) {
        /* what is found is kept by a text that outlives the side */
        char *own = filled.text;
        filled.text = (char *)a->to;
        to.found = sides_find(&m->sides, &filled, false);
        filled.text = own;
    }
    r = to.found ? want_ends(m, rule, &from, &to) : -ENOMEM;
    rules_side_free(&filled);
    return r;
}

static int want_groups(struct maker *m, const struct rule *rule,
                       const struct end *from)
{
    static const struct found none;
    struct end to = {&rule->to, &none, rule->to.text, false};
    struct alikes s = {NULL};
    int r;

    if (from->found->n == 0)
        return add_waiting(m, rule, from, &to,
                           missing(m, from, type_word(rule)));
    r = find_alikes(m, rule, from->found, &s);
    for (uint32_t i = 0; i < s.n && r == 0; i++)
        r = want_alike(m, rule, &s.a[i]);
    alikes_fini(&s);
    return r;
}

static int want_rule(struct maker *m, const struct rule *rule)
{
    struct end from = {&rule->from, NULL, rule->from.text, true};
    struct end to = {&rule->to, NULL, rule->to.text, false};
    uint32_t before = m->n_wants;
    int r;

    from.found = sides_find(&m->sides, from.side, true);
    if (!from.found)
        return -ENOMEM;
    if (rule->to.groups) {
        r = want_groups(m, rule, &from);
    } else {
        to.found = sides_find(&m->sides, to.side, false);
        r = to.found ? want_ends(m, rule, &from, &to) : -ENOMEM;
    }
    for (uint32_t i = before; i < m->n_wants; i++)
        m->joined[m->want[i].from] = true;
    return r;
}

int plan_want(struct maker *m)
{
    const struct rules *rules = m->rules;
    int r = 0;

    for (int fallback = 0; fallback < 2; fallback++)
        for (uint32_t i = 0; i < rules->n && r == 0; i++)
            if (rules->rule[i].fallback == fallback)
                r = want_rule(m, &rules->rule[i]);
    for (uint32_t i = 0; i < 2 * rules->n_alone && r == 0; i++) {
        const struct found *f =
            sides_find(&m->sides, &rules->alone[i / 2], i % 2);
        if (!f)
            return -ENOMEM;
        for (uint32_t k = 0; k < f->n; k++)
            m->alone[f->port[k]] = true;
    }
    return r;
}
