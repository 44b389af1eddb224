// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/plan_priv.h"

char *texts_keep(struct texts *t, char *text)
{
    /* full at each power of two */
    bool full = (t->n & (t->n - 1)) == 0;
    char **more = t->text;

    if (!text)
        return NULL;
    if (full)
        more = realloc(t->text, (t->n ? 2 * (size_t)t->n : 1) * sizeof(*more));
    if (!more) {
        free(text);
        return NULL;
    }
    t->text = more;
    t->text[t->n++] = text;
    return text;
}

void texts_fini(struct texts *t)
{
    for (uint32_t i = 0; i < t->n; i++)
        free(t->text[i]);
    free(t->text);
    *t = (struct texts){NULL, 0};
}

/* ---- a set of ports ----------------------------------------------------- */

int found_add(struct found *f, uint32_t port)
{
    if (f->n == f->room) {
        uint32_t room = f->room ? 2 * f->room : 8;
        uint32_t *more = realloc(f->port, room * sizeof(*more));
        if (!more)
            return -ENOMEM;
        f->port = more;
        f->room = room;
    }
    f->port[f->n++] = port;
    return 0;
}

/* Puts those of one client that are audio first; spare has room for them. */
static void settle_run(struct found *f, struct run *run, uint32_t n,
                       const struct jgraph *g, uint32_t *spare)
{
    uint32_t *port = f->port + run->first, n_midi = 0, n_audio = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (jgraph_port(g, port[i])->midi)
            spare[n_midi++] = port[i];
        else
            port[n_audio++] = port[i];
    }
    if (n_midi > 0)
        memcpy(port + n_audio, spare, n_midi * sizeof(*port));
    run->n[AUDIO] = n_audio;
    run->n[MIDI] = n_midi;
}

int found_settle(struct found *f, const struct jgraph *g)
{
    uint32_t *spare = malloc((f->n + 1) * sizeof(*spare));
    int r = -ENOMEM;

    f->run = malloc((f->n + 1) * sizeof(*f->run));
    if (!spare || !f->run)
        goto out;
    for (uint32_t i = 0, n; i < f->n; i += n) {
        struct run *run = &f->run[f->n_runs++];
        *run =
            (struct run){.client = jgraph_client_of(g, f->port[i]), .first = i};
        n = 1;
        while (i + n < f->n &&
               jgraph_client_of(g, f->port[i + n]) == run->client)
            n++;
        settle_run(f, run, n, g, spare);
    }
    r = 0;
out:
    free(spare);
    return r;
}

void found_fini(struct found *f)
{
    free(f->port);
    free(f->run);
    *f = (struct found){NULL};
}

/* ---- looking for them --------------------------------------------------- */

/* Numbers what ports are called after the colon. */
static int number_texts(struct sides *s)
{
    struct names seen = {NULL};
    int r = 0;

    for (uint32_t i = 0; i < jgraph_n_ports(s->g) && r == 0; i++) {
        const char *text = jgraph_port(s->g, i)->port;
        s->text[i] = NAMES_NONE;
        if (strchr(text, ':'))
            continue;
        r = names_put(&seen, text, strlen(text), seen.n);
        if (r == -EEXIST)
            r = 0;
        if (r == 0)
            s->text[i] = names_get(&seen, text, strlen(text));
    }
    s->n_texts = seen.n;
    names_fini(&seen);
    return r;
}

int sides_init(struct sides *s, const struct jgraph *g)
{
    uint32_t n = jgraph_n_clients(g), ports = jgraph_n_ports(g);

    *s = (struct sides){.g = g};
    s->client = malloc((n + 1) * sizeof(*s->client));
    s->text = malloc((ports + 1) * sizeof(*s->text));
    s->matches = malloc((ports + 1) * sizeof(*s->matches));
    if (!s->client || !s->text || !s->matches)
        return -ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        const struct jgraph_client *c = jgraph_client(g, i);
        s->client[i] = texts_keep(&s->texts, strndup(c->name, c->len));
        if (!s->client[i])
            return -ENOMEM;
    }
    return number_texts(s);
}

void sides_fini(struct sides *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        found_fini(s->found[i]);
        free(s->found[i]);
    }
    free(s->found);
    for (int i = 0; i < 4; i++)
        names_fini(&s->index[i / 2][i % 2]);
    free(s->matches);
    free(s->text);
    free(s->client);
    texts_fini(&s->texts);
}

static int add_client(struct found *f, const struct jgraph *g, uint32_t i,
                      bool output)
{
    const struct jgraph_client *c = jgraph_client(g, i);
    int r = 0;

    for (uint32_t p = c->first; p < c->first + c->n && r == 0; p++)
        if (jgraph_port(g, p)->output == output)
            r = found_add(f, p);
    return r;
}

static int find_exact(struct found *f, const struct jgraph *g,
                      const struct rules_side *side, bool output)
{
    uint32_t i;

    if (side->client) {
        i = jgraph_find_client(g, side->name, (uint32_t)strlen(side->name));
        return i == JGRAPH_NONE ? 0 : add_client(f, g, i, output);
    }
    i = jgraph_find(g, side->name);
    if (i == JGRAPH_NONE || jgraph_port(g, i)->output != output)
        i = jgraph_find_alias(g, side->name);
    if (i == JGRAPH_NONE || jgraph_port(g, i)->output != output)
        return 0;
    return found_add(f, i);
}

/* Whether a client of this name could have ports that a regex matches: most
   rules name theirs. */
static bool may_match(const struct rules_side *side, const char *client)
{
    for (const char *p = side->starts; *p && *client; p++, client++)
        if (*p != *client)
            return false;
    return true;
}

/* Asks each part after the colon once, and the client only where one does. */
static int find_split(struct found *f, struct sides *s,
                      const struct rules_side *side, uint32_t client,
                      bool output)
{
    const struct jgraph_client *c = jgraph_client(s->g, client);
    int of_client = -1, r = 0; /* -1: not known yet */

    for (uint32_t i = c->first; i < c->first + c->n && r == 0; i++) {
        const struct jgraph_port *p = jgraph_port(s->g, i);
        int8_t *matches;
        if (p->output != output)
            continue;
        if (s->text[i] == NAMES_NONE) {
            if (rules_matches(side, p->name, NULL))
                r = found_add(f, i);
            continue;
        }
        matches = &s->matches[s->text[i]];
        if (*matches < 0)
            *matches = rules_matches_port(side, p->port);
        if (*matches && of_client < 0)
            of_client = rules_matches_client(side, s->client[client]);
        if (*matches && of_client)
            r = found_add(f, i);
    }
    return r;
}

static int find_whole(struct found *f, const struct jgraph *g,
                      const struct rules_side *side, uint32_t client,
                      bool output)
{
    const struct jgraph_client *c = jgraph_client(g, client);
    int r = 0;

    for (uint32_t i = c->first; i < c->first + c->n && r == 0; i++)
        if (jgraph_port(g, i)->output == output &&
            rules_matches(side, jgraph_port(g, i)->name, NULL))
            r = found_add(f, i);
    return r;
}

static int find_regex(struct found *f, struct sides *s,
                      const struct rules_side *side, bool output)
{
    int r = 0;

    memset(s->matches, -1, s->n_texts * sizeof(*s->matches));
    for (uint32_t i = 0; i < jgraph_n_clients(s->g) && r == 0; i++) {
        if (!may_match(side, s->client[i]))
            continue;
        if (side->split)
            r = find_split(f, s, side, i, output);
        else if (!side->client)
            r = find_whole(f, s->g, side, i, output);
        else if (rules_matches(side, s->client[i], NULL))
            r = add_client(f, s->g, i, output);
    }
    return r;
}

const struct found *sides_have(const struct sides *s, const char *text,
                               bool regex, bool output)
{
    uint32_t i = names_get(&s->index[output][regex], text, strlen(text));

    return i == NAMES_NONE ? NULL : s->found[i];
}

/* Room for one more, which doubles at each power of two. */
static int grow(struct sides *s)
{
    struct found **more;

    if ((s->n & (s->n - 1)) != 0)
        return 0;
    more = realloc(s->found, (s->n ? 2 * (size_t)s->n : 1) * sizeof(*more));
    if (!more)
        return -ENOMEM;
    s->found = more;
    return 0;
}

const struct found *sides_find(struct sides *s, const struct rules_side *side,
                               bool output)
{
    const struct found *have = sides_have(s, side->text, side->regex, output);
    struct found *f;
    int r;

    if (have)
        return have;
    f = calloc(1, sizeof(*f));
    if (!f || grow(s) < 0) {
        free(f);
        return NULL;
    }
    s->found[s->n++] = f; /* freed with s from here on */
    r = side->regex ? find_regex(f, s, side, output)
                    : find_exact(f, s->g, side, output);
    if (r == 0)
        r = found_settle(f, s->g);
    if (r == 0)
        r = names_put(&s->index[output][side->regex], side->text,
                      strlen(side->text), s->n - 1);
    return r == 0 ? f : NULL;
}
