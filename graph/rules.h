// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A patchbay's rules: which ports are to be joined whenever they are there.
 * Pure data. Read from the keys `connect` and `exclusive` of a YAML file:
 *
 *   connect:
 *     - [longwave-gen:mix_L, longwave-master:in_L]   # a cable, exact names
 *     - {from: longwave-gen, to: meterbridge}        # no colon: all the
 *                                                    # client's ports in order
 *     - from: /system:capture_([0-9]+)/  # between slashes: POSIX extended
 *       to: mixer:in_\1                  # regex, of the whole name; \1 to \9
 *       fan: auto        # auto, order or all
 *       exclusive: true  # these ports have no other cables
 *       fallback: true   # only for outputs that no other rule joins now
 *       enforce: true    # made again when it was pulled by hand
 *       type: audio      # audio or midi; both where not said
 *   exclusive: [mixer, '/Zyn.{0,9}/']  # clients, or the word graph
 *
 * What YAML takes for its own ([ { , # and the like within brackets) has to be
 * quoted, as in its files always.
 *
 * Exact names are found among the graph's own first, then among ports' aliases,
 * as JACK does; regexes, and names of clients, only among the graph's own.
 * Pretty names are for people: several ports may have the same.
 *
 * Names are split at their first colon, as JACK does. A regex without a colon
 * outside of brackets is a client's; it is anchored at both ends, and there are
 * no back references within one. What \1 stands for is taken literally and as
 * one piece in a regex of `to`, too; ports whose \1 to \9 come out alike are
 * one side.
 *
 * A side's ports are joined client by client: each client on the one side with
 * each on the other, so that who else is there changes nothing; audio with
 * audio and MIDI with MIDI, in jgraph_settle()'s order. A client is joined with
 * itself only where both names of it are exact, or `to` is one with a group in
 * place of the client (\1:in).
 * Any one thread.
 */
#ifndef GRAPH_RULES_H
#define GRAPH_RULES_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "graph/conf.h"

#define RULES_MAX      4096
#define RULES_TEXT_MAX 1024 /* bytes of a side, with its NUL */
#define RULES_GROUPS   10   /* \0 to \9 */

/* Of two clients, and of each type for itself. */
enum rules_fan {
    RULES_FAN_AUTO,  /* in order; one port on a side is joined with all of the
                        other */
    RULES_FAN_ORDER, /* the first with the first, and so on; the rest with
                        none */
    RULES_FAN_ALL,   /* each with each */
};

enum rules_type { RULES_BOTH, RULES_AUDIO, RULES_MIDI };

/* One side of a rule. */
struct rules_side {
    char *text;  /* as written, the slashes too */
    char *name;  /* exact: the name; of a regex what is between the slashes */
    bool regex;  /* between slashes */
    bool client; /* names a client, not a port; with groups only what they are
                    filled with decides */
    bool groups; /* of `to`: has \1 to \9, to be filled from `from`'s regex */
    regex_t re;  /* of a regex without groups to fill */
    char *starts, *ends; /* of such a one: what all that matches starts and ends
                            with, maybe nothing: compared first */
    bool split;          /* of a port's: a name with one colon matches where
                            these match what is before and after it */
    regex_t client_re, port_re; /* if split */
};

struct rule {
    struct rules_side from, to;
    enum rules_fan fan;
    enum rules_type type;
    bool exclusive, fallback, enforce;
    int line; /* of the file; 0: of none */
};

struct rules {
    struct rule *rule;
    uint32_t n;
    struct rules_side *alone; /* clients that are exclusive */
    uint32_t n_alone;
    bool all_alone; /* the graph is */
};

/*
 * Of a file's two nodes, each NULL where the key is not there. err says file,
 * line, key, what was found and what is allowed (a regex's error in words).
 * Errors: -EINVAL, -ENOMEM.
 */
int rules_read(struct rules **out, const struct conf *c,
               const struct conf_node *connect,
               const struct conf_node *exclusive, char err[CONF_ERROR_MAX]);

/* A whole file's: its other keys may be anything (a station's file will do).
   Errors: those of conf_load(), too. */
int rules_load(struct rules **out, const char *path, char err[CONF_ERROR_MAX]);

int rules_new(struct rules **out); /* none. Errors: -ENOMEM */
void rules_free(struct rules **r); /* accepts NULL */

struct rules_text {
    const char *from, *to;
    enum rules_fan fan;
    enum rules_type type;
    bool exclusive, fallback, enforce;
    int line;
};

/* Adds one, at the end. The texts are as in a file, slashes for a regex, and
   UTF-8; err says what is wrong with which of them. Errors: -EINVAL, -E2BIG,
   -ENOMEM. */
int rules_add(struct rules *r, const struct rules_text *t, char *err,
              size_t err_size);

/* Adds a client (as in a file) that is exclusive, or "graph". Errors: the
   same. */
int rules_add_alone(struct rules *r, const char *client, char *err,
                    size_t err_size);

/* Adds an exact cable of these names, whatever characters they have, if none of
   the same names is there. One that would be read as something else is written
   as a regex that matches it alone, where each byte that is no UTF-8 is a dot.
   Errors: the same; -EINVAL: one is no "client:port". */
int rules_add_cable(struct rules *r, const char *from, const char *to);

/* Writes them as YAML that rules_load() reads back the same, one rule a line.
   Errors: -EIO. */
int rules_write(const struct rules *r, FILE *f);

/* Whether the whole text is what a side without groups to fill stands for; of
   a regex, m (NULL: not wanted) says where its groups matched. */
bool rules_matches(const struct rules_side *s, const char *text,
                   regmatch_t m[RULES_GROUPS]);

/* Of a side that is split. */
bool rules_matches_client(const struct rules_side *s, const char *client);
bool rules_matches_port(const struct rules_side *s, const char *port);

/* What becomes of a side with groups when `from` matched text at m; then
   rules_side_free() it. Errors: -EINVAL (nothing that could be a name),
   -ENOMEM. */
int rules_fill(struct rules_side *out, const struct rules_side *to,
               const char *text, const regmatch_t m[RULES_GROUPS]);
/* As much of it as tells two apart: the text alone. The caller frees it; NULL
   where there is no memory. */
char *rules_fill_text(const struct rules_side *to, const char *text,
                      const regmatch_t m[RULES_GROUPS]);
void rules_side_free(struct rules_side *s); /* a zeroed one, too */

#endif
