// SPDX-License-Identifier: GPL-3.0-or-later
/* A program that is asked how it does: one question at a time, each with a
   deadline. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "netsink/desk_priv.h"

/* The generator takes up to a second to load a preset, and answers nobody
   meanwhile. */
#define WAIT_NS (1500 * NS_PER_MS)
/* Who doesn't answer is asked again: after so long, then twice as long... */
#define AGAIN_NS (250 * NS_PER_MS)
#define OURS_NS  NS_PER_S /* ...up to this, */
#define NONE_NS                                                  \
    (8 * NS_PER_S) /* or this where it is none of ours, it seems \
                    */

#define GENERATOR "longwave-gen"

static int64_t again(struct desk_peer *p)
{
    int64_t most = p->ours ? OURS_NS : NONE_NS;
    int64_t ns = AGAIN_NS << (p->tries < 8 ? p->tries : 8);

    p->tries++;
    return ns < most ? ns : most;
}

/* Nothing came, or what came is none. */
static void give_up(struct desk_peer *p, int err, int64_t now)
{
    tell_ask_end(&p->ask);
    p->asked = DESK_NOTHING;
    p->answers = false;
    p->try_at = now + again(p);
    json_decref(p->levels);
    p->levels = NULL;
    if (err != -ENOENT && err != -ECONNRESET)
        return;
    /* it has ended; another one by that name is another one */
    json_decref(p->told);
    json_decref(p->now);
    p->told = p->now = NULL;
    p->pid = 0;
    p->line = 0;
}

void desk_peer_ask(struct desk_peer *p, const char *server,
                   enum desk_question what, int64_t now)
{
    char question[TELL_QUESTION_MAX] = "";
    int err;

    if (p->ask || now < p->try_at)
        return;
    if (!p->ours || !p->answers) /* it has to say who it is first */
        what = DESK_ALL;
    if (what == DESK_LEVELS)
        snprintf(question, sizeof(question), "levels");
    else if (what == DESK_NOW)
        snprintf(question, sizeof(question), "now");
    else
        snprintf(question, sizeof(question), "log %llu",
                 (unsigned long long)p->line);
    p->asked = what;
    p->since = now;
    err = tell_ask_begin(&p->ask, server, p->name, question);
    if (err)
        give_up(p, err, now);
}

/* Takes over lines that are new, and leaves told without them. */
static void take_log(struct desk_peer *p, json_t *told, struct log_tail *tail)
{
    const json_t *all = json_object_get(told, "log");

    for (size_t i = 0; tail && i < json_array_size(all); i++) {
        const json_t *o = json_array_get(all, i);
        json_int_t n = json_integer_value(json_object_get(o, "n"));
        const char *word = json_string_value(json_object_get(o, "level"));
        enum log_level level = LOG_INFO;

        for (int k = 0; word && log_level_names[k]; k++)
            if (strcmp(word, log_level_names[k]) == 0)
                level = (enum log_level)k;
        if (n <= 0 || (uint64_t)n <= p->line)
            continue;
        p->line = (uint64_t)n;
        log_tail_put(tail, json_integer_value(json_object_get(o, "unix_ms")),
                     level, *p->name ? p->name : "longwave",
                     json_string_value(json_object_get(o, "text")));
    }
    json_object_del(told, "log");
}

static void replace(json_t **at, json_t *value)
{
    json_decref(*at);
    *at = value;
}

void desk_peer_take(struct desk_peer *p, const char *text,
                    enum desk_question asked, struct log_tail *tail)
{
    json_t *told = json_loads(text, 0, NULL), *part;

    if (!json_is_object(told)) {
        json_decref(told);
        return;
    }
    p->ours = p->answers = true;
    p->tries = 0;
    part = json_object_get(told, "levels");
    if (part)
        replace(&p->levels, desk_clean(part));
    part = json_object_get(told, "now");
    if (part)
        replace(&p->now, desk_clean(part));
    if (asked == DESK_ALL) {
        take_log(p, told, tail);
        json_object_del(told, "levels");
        replace(&p->told, desk_clean(told));
    }
    json_decref(told);
}

bool desk_peer_step(struct desk_peer *p, struct log_tail *tail, int64_t now)
{
    char *text = NULL;
    int r;

    if (!p->ask)
        return false;
    r = tell_ask_step(p->ask, &text);
    if (r == 1) {
        pid_t pid = tell_ask_pid(p->ask);
        if (pid != p->pid) /* another process, whose log begins anew */
            p->line = 0;
        p->pid = pid;
        tell_ask_end(&p->ask);
        desk_peer_take(p, text, p->asked, tail);
        free(text);
        return true;
    }
    if (r == 0 && now - p->since < WAIT_NS)
        return false;
    give_up(p, r < 0 ? r : -ETIMEDOUT, now);
    return false;
}

bool desk_peer_is_generator(const struct desk_peer *p)
{
    const char *program =
        json_string_value(json_object_get(p->told, "program"));

    return program && strcmp(program, GENERATOR) == 0;
}

json_t *desk_peer_json(const struct desk_peer *p,
                       const struct desk_procs *procs)
{
    json_t *program = json_object_get(p->told, "program");
    json_t *o = json_pack(
        "{s:o, s:o, s:o, s:b, s:o}", "name", desk_text(p->name), "program",
        json_is_string(program) ? json_incref(program) : json_null(), "pid",
        p->pid > 0 ? json_integer(p->pid) : json_null(), "answers",
        (int)p->answers, "told",
        p->told && p->answers ? json_incref(p->told) : json_null());

    if (o)
        desk_proc_put(o, desk_procs_find(procs, p->pid));
    return o;
}

void desk_peer_put_levels(const struct desk_peer *p, json_t *o)
{
    char name[2 * DESK_NAME_MAX + 2];
    const char *port;
    json_t *level;

    json_object_foreach(p->levels, port, level)
    {
        snprintf(name, sizeof(name), "%s:%s", p->name, port);
        json_object_set(o, name, level);
    }
}

void desk_peer_fini(struct desk_peer *p)
{
    tell_ask_end(&p->ask);
    json_decref(p->told);
    json_decref(p->levels);
    json_decref(p->now);
    *p = (struct desk_peer){.name = ""};
}
