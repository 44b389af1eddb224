// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * qjackctl's patchbay files, read. A socket is a client's regex and those of
 * its plugs; a cable joins two sockets, the first plug with the first and so
 * on, and of two plugs whatever matches the one with whatever matches the
 * other. Regexes are PCRE, anchored, client and plug each for itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/patch_priv.h"

#define SOCKETS_MAX 4096
#define PLUGS_MAX   1024            /* of a socket */
#define PAIRS_MAX   (4 * RULES_MAX) /* of plugs, those that come twice, too */
#define WHY_MAX     256

enum socket_type { AUDIO, MIDI, ALSA, UNKNOWN };

struct socket {
    char *name;
    struct patch_pattern client;
    struct patch_pattern *plug;
    unsigned n;
    enum socket_type type;
    bool exclusive, output;
};

enum level { ROOT, SECTION, ITEM, PLUG };

struct qj {
    const struct patch_in *in;
    struct socket **socket;
    unsigned n;
    int depth;
    int ignored; /* depth of the element that is not read; 0: none */
    enum { SOCKETS, SLOTS, CABLES } section;
    bool output; /* of SOCKETS: the outputs' */
    unsigned pairs;
};

/* ---- sockets ------------------------------------------------------------ */

static const char *attr_or(const char *const *attrs, const char *name)
{
    const char *value = patch_xml_attr(attrs, name);

    return value ? value : "";
}

static enum socket_type type_of(const char *text)
{
    if (strcmp(text, "jack-audio") == 0 || strcmp(text, "audio") == 0)
        return AUDIO;
    if (strcmp(text, "jack-midi") == 0)
        return MIDI;
    if (strcmp(text, "alsa-midi") == 0 || strcmp(text, "midi") == 0)
        return ALSA;
    return UNKNOWN;
}

static bool is_on(const char *text)
{
    return strcmp(text, "on") == 0 || strcmp(text, "yes") == 0 ||
           strcmp(text, "1") == 0;
}

static int take_pattern(struct qj *qj, unsigned long line,
                        struct patch_pattern *p, const char *text, bool client)
{
    const struct socket *s = qj->socket[qj->n - 1];
    const char *why = NULL;
    int err = 0;

    if (s->type == AUDIO || s->type == MIDI)
        err = patch_pattern_read(p, text, client, &why);
    if (err != -EINVAL)
        return err;
    patch_in_warn(qj->in, line,
                  "socket '%.80s': %s '%.80s': %s can't be said in a rule: "
                  "left out",
                  s->name, client ? "client" : "plug", text, why);
    return 0;
}

static int open_socket(struct qj *qj, unsigned long line,
                       const char *const *attrs)
{
    const char *forward = attr_or(attrs, "forward");
    struct socket **grown, *s;

    if (qj->n == SOCKETS_MAX)
        return patch_in_error(qj->in, line, "found more sockets; allowed: %d",
                              SOCKETS_MAX);
    grown = realloc(qj->socket, (qj->n + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    qj->socket = grown;
    s = calloc(1, sizeof(*s));
    if (!s)
        return -ENOMEM;
    qj->socket[qj->n++] = s;
    s->name = strdup(attr_or(attrs, "name"));
    if (!s->name)
        return -ENOMEM;
    s->output = qj->output;
    s->type = type_of(attr_or(attrs, "type"));
    s->exclusive = is_on(attr_or(attrs, "exclusive"));
    if (*forward)
        patch_in_warn(qj->in, line,
                      "socket '%.80s': forwarding to '%.80s' can't be said in "
                      "a rule: left out",
                      s->name, forward);
    return take_pattern(qj, line, &s->client, attr_or(attrs, "client"), true);
}

static int close_plug(struct qj *qj, unsigned long line, const char *text)
{
    struct socket *s = qj->socket[qj->n - 1];
    struct patch_pattern *grown;

    if (s->n == PLUGS_MAX)
        return patch_in_error(qj->in, line,
                              "found more plugs in a socket; allowed: %d",
                              PLUGS_MAX);
    grown = realloc(s->plug, (s->n + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    s->plug = grown;
    grown[s->n] = (struct patch_pattern){.text = NULL};
    return take_pattern(qj, line, &s->plug[s->n++], text, false);
}

static void free_sockets(struct qj *qj)
{
    for (unsigned i = 0; i < qj->n; i++) {
        struct socket *s = qj->socket[i];

        for (unsigned j = 0; j < s->n; j++)
            free(s->plug[j].text);
        free(s->plug);
        free(s->client.text);
        free(s->name);
        free(s);
    }
    free(qj->socket);
}

/* UNKNOWN: of any type, as qjackctl does. */
static const struct socket *find_socket(const struct qj *qj, bool output,
                                        const char *name, enum socket_type type)
{
    for (unsigned i = 0; i < qj->n; i++) {
        const struct socket *s = qj->socket[i];

        if (s->output == output && strcmp(s->name, name) == 0 &&
            (type == UNKNOWN || s->type == type))
            return s;
    }
    return NULL;
}

/* ---- cables ------------------------------------------------------------- */

/* A rule's text for a plug of a socket, a regex where it isn't two names. */
static int side_text(const struct socket *s, const struct patch_pattern *plug,
                     bool names, char **text)
{
    char *client = NULL, *port = NULL;
    int err = 0;

    *text = NULL;
    if (names)
        return asprintf(text, "%s:%s", s->client.text, plug->text) < 0 ? -ENOMEM
                                                                       : 0;
    if (s->client.exact)
        err = patch_regex_quote(PATCH_ERE, s->client.text, &client);
    if (err == 0 && plug->exact)
        err = patch_regex_quote(PATCH_ERE, plug->text, &port);
    if (err == 0 && asprintf(text, "/%s:%s/", client ? client : s->client.text,
                             port ? port : plug->text) < 0)
        err = -ENOMEM;
    free(client);
    free(port);
    return err;
}

/* Whether a name stands for itself in a rule, beside a regex. */
static bool plain(const struct socket *s, const struct patch_pattern *plug)
{
    return s->client.exact && plug->exact && s->client.text[0] != '/' &&
           !strchr(s->client.text, '\\') && !strchr(plug->text, '\\');
}

/* The same rule is there: where it is the other type's, it is for both now. */
static bool join_twin(struct rules *r, const struct rules_text *t)
{
    for (uint32_t i = 0; i < r->n; i++) {
        struct rule *rule = &r->rule[i];

        if (rule->fan != t->fan || rule->exclusive != t->exclusive ||
            strcmp(rule->from.text, t->from) != 0 ||
            strcmp(rule->to.text, t->to) != 0)
            continue;
        if (rule->type != t->type)
            rule->type = RULES_BOTH;
        return true;
    }
    return false;
}

static int add_regexes(struct qj *qj, unsigned long line,
                       const struct rules_text *t)
{
    char why[WHY_MAX];
    int err;

    if (join_twin(qj->in->r, t))
        return 0;
    err = rules_add(qj->in->r, t, why, sizeof(why));
    if (err == -EINVAL) {
        patch_in_warn(qj->in, line, "'%.80s' to '%.80s': left out: %s", t->from,
                      t->to, why);
        err = 0;
    }
    return err;
}

/* Two names: their ports have the type that they have. */
static int add_names(struct qj *qj, unsigned long line, const char *from,
                     const char *to, bool exclusive)
{
    struct rules *r = qj->in->r;
    uint32_t n = r->n;
    int err = rules_add_cable(r, from, to);

    if (err == -EINVAL) {
        patch_in_warn(qj->in, line,
                      "'%.80s' to '%.80s': no names for a rule: left out", from,
                      to);
        return 0;
    }
    if (r->n > n)
        r->rule[n].exclusive = exclusive;
    for (uint32_t i = 0; r->n == n && exclusive && i < n; i++)
        if (strcmp(r->rule[i].from.text, from) == 0 &&
            strcmp(r->rule[i].to.text, to) == 0)
            r->rule[i].exclusive = true;
    return err;
}

static int add_pair(struct qj *qj, unsigned long line, const struct socket *a,
                    const struct socket *b, unsigned i)
{
    const struct patch_pattern *out = &a->plug[i], *in = &b->plug[i];
    bool from_exact = a->client.exact && out->exact;
    bool to_exact = b->client.exact && in->exact;
    bool names = from_exact && to_exact;
    char *from = NULL, *to = NULL;
    struct rules_text t = {
        .fan = from_exact || to_exact ? RULES_FAN_AUTO : RULES_FAN_ALL,
        .type = a->type == AUDIO ? RULES_AUDIO : RULES_MIDI,
        .exclusive = a->exclusive && b->exclusive,
        .line = (int)line,
    };
    int err;

    if (!out->text || !in->text)
        return 0; /* said when it was read */
    if (++qj->pairs > PAIRS_MAX)
        return patch_in_error(
            qj->in, line, "found more pairs of plugs; allowed: %d", PAIRS_MAX);
    err = side_text(a, out, names || plain(a, out), &from);
    if (err == 0)
        err = side_text(b, in, names || plain(b, in), &to);
    t.from = from;
    t.to = to;
    if (err == 0 && names)
        err = add_names(qj, line, from, to, t.exclusive);
    else if (err == 0)
        err = add_regexes(qj, line, &t);
    free(from);
    free(to);
    if (err == -E2BIG)
        err = patch_in_error(
            qj->in, line, "found more pairs of plugs; allowed: %d", RULES_MAX);
    return err;
}

/* Rules of regexes never join a client with itself. */
static bool may_be_one(const struct socket *a, const struct socket *b)
{
    bool names = a->client.exact && b->client.exact;

    for (unsigned i = 0; names && i < a->n && i < b->n; i++)
        names = a->plug[i].exact && b->plug[i].exact;
    if (names)
        return false;
    return patch_patterns_meet(&a->client, &b->client);
}

static void warn_cable(struct qj *qj, unsigned long line,
                       const struct socket *a, const struct socket *b)
{
    if (a->exclusive != b->exclusive)
        patch_in_warn(qj->in, line,
                      "cable '%.80s' to '%.80s': only '%.80s' is exclusive, a "
                      "rule is so at both ends: left out",
                      a->name, b->name, a->exclusive ? a->name : b->name);
    if (may_be_one(a, b))
        patch_in_warn(qj->in, line,
                      "cable '%.80s' to '%.80s': rules don't join a client "
                      "with itself by regexes",
                      a->name, b->name);
}

static int open_cable(struct qj *qj, unsigned long line,
                      const char *const *attrs)
{
    enum socket_type type = type_of(attr_or(attrs, "type"));
    const char *out = attr_or(attrs, "output"), *in = attr_or(attrs, "input");
    const struct socket *a = find_socket(qj, true, out, type);
    const struct socket *b = find_socket(qj, false, in, type);
    const char *why = !a || !b             ? "there is no such socket"
                      : a->type != b->type ? "they are of two types"
                      : a->type == ALSA    ? "ALSA MIDI is outside of JACK"
                      : a->type == UNKNOWN ? "they are of no known type"
                                           : NULL;
    int err = 0;

    if (why) {
        patch_in_warn(qj->in, line, "cable '%.80s' to '%.80s': %s: left out",
                      out, in, why);
        return 0;
    }
    if (!a->client.text || !b->client.text)
        return 0; /* said when it was read */
    warn_cable(qj, line, a, b);
    for (unsigned i = 0; i < a->n && i < b->n && err == 0; i++)
        err = add_pair(qj, line, a, b, i);
    return err;
}

/* ---- the file ----------------------------------------------------------- */

static bool open_section(struct qj *qj, const char *tag)
{
    qj->output = strcmp(tag, "output-sockets") == 0;
    if (qj->output || strcmp(tag, "input-sockets") == 0)
        qj->section = SOCKETS;
    else if (strcmp(tag, "slots") == 0)
        qj->section = SLOTS;
    else if (strcmp(tag, "cables") == 0)
        qj->section = CABLES;
    else
        return false;
    return true;
}

static int on_open(void *ctx, unsigned long line, const char *tag,
                   const char *const *attrs)
{
    static const char *const item[] = {
        [SOCKETS] = "socket", [SLOTS] = "slot", [CABLES] = "cable"};
    struct qj *qj = ctx;
    int level = qj->depth++;

    if (qj->ignored)
        return 0;
    if (level == ROOT && strcmp(tag, "patchbay") != 0)
        return patch_in_error(qj->in, line, "found <%s>; allowed: <patchbay>",
                              tag);
    if (level == ROOT || (level == SECTION && open_section(qj, tag)))
        return 0;
    if (level == ITEM && strcmp(tag, item[qj->section]) == 0) {
        if (qj->section == SOCKETS)
            return open_socket(qj, line, attrs);
        if (qj->section == CABLES)
            return open_cable(qj, line, attrs);
        patch_in_warn(qj->in, line, "slot '%.80s': left out",
                      attr_or(attrs, "name"));
        return 0;
    }
    if (level == PLUG && qj->section == SOCKETS && strcmp(tag, "plug") == 0)
        return 0;
    qj->ignored = qj->depth;
    patch_in_warn(qj->in, line, "<%.80s> is not known here: left out", tag);
    return 0;
}

static int on_close(void *ctx, unsigned long line, const char *tag,
                    const char *text)
{
    struct qj *qj = ctx;
    int level = --qj->depth;

    (void)tag;
    if (qj->ignored) {
        if (qj->ignored == level + 1)
            qj->ignored = 0;
        return 0;
    }
    return level == PLUG ? close_plug(qj, line, text) : 0;
}

int patch_read_qjackctl(struct patch_in *in)
{
    static const struct patch_xml_ops ops = {on_open, on_close};
    struct qj qj = {.in = in};
    int err = patch_xml_read(in, &ops, &qj);

    free_sockets(&qj);
    return err;
}
